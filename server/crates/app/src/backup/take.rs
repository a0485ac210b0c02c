//! Writing a backup, beside a running server or without one.

use std::collections::BTreeMap;
use std::io::Write;

use hardie_git::packs::PackStore;
use hardie_store::backup::{Column, FileSort, HeldFile, Item, SORTS, TABLES, Table};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::archive::Writer;
use super::manifest::{FORMAT, Head, Manifest};
use super::{Error, KeyFile, Progress, Result, Tell, fence, files, parts, rows};
use crate::App;

/// Rows that are read ahead of the writing; one may hold a whole component.
const AHEAD: usize = 16;
/// Bytes of rows in one part, and the last row.
const PART: usize = 1 << 20;

/// What the operator chose.
#[derive(Clone, Debug)]
pub struct Options {
    /// Key files to carry; none unless they were asked for.
    pub keys: Vec<KeyFile>,
    /// For how long a backup that was killed keeps packs from being swept.
    pub hold_seconds: u32,
    /// The program's own version.
    pub version: String,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The schema's version.
    pub schema: i64,
    /// Rows.
    pub rows: u64,
    /// Repositories.
    pub repositories: u64,
    /// Files that rows name.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Key files.
    pub keys: usize,
}

/// Writes everything to `out` and gives it back, flushed; whether it is also synced and under which name is the caller's affair.
pub async fn take<W: Write + Send + 'static>(app: &App, out: W, options: Options, tell: Tell) -> Result<(Taken, W)> {
    fence::under(app, options.hold_seconds, write(app, out, options, tell)).await
}

async fn write<W: Write + Send + 'static>(app: &App, out: W, options: Options, tell: Tell) -> Result<(Taken, W)> {
    let mut dump = app.store.begin_dump().await?;
    let now = app.clock.now().0;
    let head = Head { format: FORMAT, schema: dump.schema().await?, version: options.version, at: now };
    let schema = head.schema;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let rows = Rows::new(Writer::new(out, u64::try_from(now / 1000).unwrap_or(0)), tell.clone());
    let writing = spawn_blocking(move || rows.write(&head, receiver));
    let mut sent = Ok(true);
    for table in TABLES {
        if !matches!(sent, Ok(true)) {
            break;
        }
        sent = dump.send(table, &sender).await;
    }
    drop(sender);
    // The writer's own failure says more than that nobody listened.
    let (writer, counts) = writing.await??;
    sent?;
    let counters = dump.counters().await?;
    let mut held = Vec::new();
    for sort in SORTS {
        held.push((sort, dump.files(sort).await?));
    }
    let repositories = dump.count_repos().await?;
    dump.end().await?;
    let manifest = Manifest {
        parts: Vec::new(),
        files: held.iter().map(|(sort, files)| (sort.name.to_owned(), files.len() as u64)).collect(),
        repositories,
        rows: counts,
    };
    let (total, keys) = (manifest.rows.values().sum(), options.keys);
    let rest = Rest { packs: app.packs.clone(), tell, rows: total };
    let taken = Taken {
        schema,
        rows: total,
        repositories,
        files: manifest.files.values().sum(),
        bytes: held.iter().flat_map(|(_, files)| files).map(|file| file.bytes).sum(),
        keys: keys.len(),
    };
    let out = spawn_blocking(move || rest.write(writer, &counters, &held, &keys, manifest)).await??;
    Ok((taken, out))
}

/// Rows on their way into parts.
struct Rows<W> {
    writer: Writer<W>,
    tell: Tell,
    table: Option<(&'static Table, Vec<Column>)>,
    buffer: Vec<u8>,
    number: u32,
    counts: BTreeMap<String, u64>,
    progress: Progress,
}

impl<W: Write> Rows<W> {
    fn new(writer: Writer<W>, tell: Tell) -> Rows<W> {
        Rows { writer, tell, table: None, buffer: Vec::new(), number: 0, counts: BTreeMap::new(), progress: Progress::default() }
    }

    fn write(mut self, head: &Head, mut items: mpsc::Receiver<Item>) -> Result<(Writer<W>, BTreeMap<String, u64>)> {
        self.writer.part(parts::HEAD, &json(head)?)?;
        while let Some(item) = items.blocking_recv() {
            match item {
                Item::Table(table, columns) => {
                    self.flush()?;
                    self.counts.insert(table.name.to_owned(), 0);
                    self.table = Some((table, columns));
                }
                Item::Row(row) => {
                    let Some((table, columns)) = &self.table else { continue };
                    rows::encode(&mut self.buffer, columns, row);
                    *self.counts.entry(table.name.to_owned()).or_default() += 1;
                    self.progress.rows += 1;
                    (self.tell)(self.progress);
                    if self.buffer.len() >= PART {
                        self.flush()?;
                    }
                }
            }
        }
        self.flush()?;
        Ok((self.writer, self.counts))
    }

    fn flush(&mut self) -> Result<()> {
        if let (Some((table, _)), false) = (&self.table, self.buffer.is_empty()) {
            self.writer.part(&parts::rows(self.number, table), &self.buffer)?;
            self.number += 1;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// What follows the rows.
struct Rest {
    packs: PackStore,
    tell: Tell,
    rows: u64,
}

type Held = [(&'static FileSort, Vec<HeldFile>)];

impl Rest {
    fn write<W: Write>(
        self,
        mut writer: Writer<W>,
        counters: &[(String, i64)],
        held: &Held,
        keys: &[KeyFile],
        manifest: Manifest,
    ) -> Result<W> {
        writer.part(parts::COUNTERS, &json(&counters.iter().cloned().collect::<BTreeMap<String, i64>>())?)?;
        let all = || held.iter().flat_map(|(_, files)| files);
        let mut progress = Progress {
            rows: self.rows,
            of_files: Some(all().count() as u64),
            of_bytes: Some(all().map(|file| file.bytes).sum()),
            ..Progress::default()
        };
        for (sort, files) in held {
            for file in files {
                self.copy(&mut writer, sort, file, &mut progress)?;
            }
        }
        for key in keys {
            writer.part(&parts::key(&key.name), &key.bytes)?;
        }
        let manifest = Manifest { parts: writer.parts().to_vec(), ..manifest };
        writer.part(parts::MANIFEST, &json(&manifest)?)?;
        writer.finish()
    }

    fn copy<W: Write>(&self, writer: &mut Writer<W>, sort: &'static FileSort, held: &HeldFile, progress: &mut Progress) -> Result<()> {
        for extension in parts::extensions(sort) {
            let (mut source, size) = files::open(&self.packs, sort, held, extension)?;
            let is_content = files::is_named_by_content(sort, extension);
            let found = writer.copy(&parts::file(sort, &held.hash, extension), size, &mut source, &mut |bytes| {
                if is_content {
                    progress.bytes += bytes;
                    (self.tell)(*progress);
                }
            })?;
            if is_content && found != held.hash {
                let name = parts::file(sort, &held.hash, extension);
                let text = format!("{name} is damaged, its bytes are not those of its name");
                return Err(Error::Damaged(format!("{text}: hardie admin verify names the repositories that hold it")));
            }
        }
        progress.files += 1;
        (self.tell)(*progress);
        Ok(())
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::io("writing JSON")(error.into()))
}
