//! The last step of a restore: rows into an empty database, all in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use hardie_domain::time::Timestamp;
use hardie_store::StoreOptions;
use hardie_store::backup::load::Insert;
use hardie_store::backup::{Cell, Column, Load, SORTS};
use tokio::task::spawn_blocking;

use super::archive::printable;
use super::read::{Contents, Spooled};
use super::{Error, Progress, Result, Tell, parts, rows};
use crate::error::with_causes;

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The schema of the backup.
    pub schema: i64,
    /// Rows.
    pub rows: u64,
    /// Repositories.
    pub repositories: u64,
    /// Files that rows name.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
}

/// Writes the rows. `name` is this restore's own: the database tells by it that the restore came to its end.
pub async fn load(contents: &Contents, database: &StoreOptions, name: &str, at: Timestamp, tell: &Tell) -> Result<Restored> {
    let all = || contents.files.values().flatten();
    let restored = Restored {
        schema: contents.schema,
        rows: contents.counts.values().sum(),
        repositories: contents.repositories,
        files: all().count() as u64,
        bytes: all().map(|file| file.bytes).sum(),
    };
    let mut load = Load::begin(database, contents.schema).await?;
    let mut progress =
        Progress { files: restored.files, of_files: Some(restored.files), bytes: restored.bytes, of_bytes: Some(restored.bytes), rows: 0 };
    for part in &contents.rows {
        let columns: Arc<[Column]> = load.columns(part.table).await?.into();
        if columns.is_empty() {
            return Err(Error::refused(format!("{}: schema {} has no such table", printable(&part.part), contents.schema)));
        }
        let insert = Insert::new(part.table, &columns);
        for (line, row) in rows_of(part, columns).await?.into_iter().enumerate() {
            load.insert(&insert, row).await.map_err(|error| match error.is_transient() {
                true => Error::Store(error),
                false => Error::refused(format!("row {} of {} does not fit: {}", line + 1, printable(&part.part), with_causes(&error))),
            })?;
            progress.rows += 1;
            tell(progress);
        }
    }
    for (table, last) in &contents.counters {
        if !load.set_counter(table, *last).await? {
            return Err(Error::refused(format!("the table {} does not count, though the backup says so", table.name)));
        }
    }
    compare(&mut load, contents).await?;
    load.commit(name, at).await?;
    Ok(restored)
}

async fn rows_of(part: &Spooled, columns: Arc<[Column]>) -> Result<Vec<Vec<Cell>>> {
    let (path, name) = (part.path.clone(), printable(&part.part));
    spawn_blocking(move || {
        let bytes = std::fs::read(path).map_err(Error::io(format!("reading {name} again")))?;
        let Some(bytes) = bytes.strip_suffix(b"\n") else {
            return Err(Error::refused(format!("{name} does not end with the end of a row")));
        };
        let row = |(line, text): (usize, &[u8])| {
            rows::decode(text, &columns).map_err(|why| Error::refused(format!("row {} of {name}: {why}", line + 1)))
        };
        bytes.split(|byte| *byte == b'\n').enumerate().map(row).collect()
    })
    .await?
}

/// Every file that a row names must have come, and none that no row names: the sweeper would never find it.
async fn compare(load: &mut Load, contents: &Contents) -> Result<()> {
    for sort in SORTS {
        let named: BTreeMap<[u8; 32], u64> = load.files(sort).await?.into_iter().map(|file| (file.hash, file.bytes)).collect();
        let came = contents.files.get(sort.name).into_iter().flatten();
        let came: BTreeMap<[u8; 32], u64> = came.map(|file| (file.hash, file.bytes)).collect();
        let is_missing = |hash| contents.missing.contains(&parts::stem(sort, hash)) && !came.contains_key(hash);
        let wrong = named.iter().find(|(hash, bytes)| came.get(*hash) != Some(bytes) && !is_missing(hash));
        if let Some((hash, bytes)) = wrong {
            let what = parts::stem(sort, hash);
            return Err(Error::refused(format!("the rows name {what} with {bytes} bytes, and the backup has no such file")));
        }
        if let Some((hash, _)) = came.iter().find(|(hash, _)| !named.contains_key(*hash)) {
            return Err(Error::refused(format!("no row names {}, which the backup has", parts::stem(sort, hash))));
        }
    }
    Ok(())
}
