//! Writing a backup, beside a running server or without one.

use std::collections::BTreeMap;
use std::io::Write;

use hardie_store::backup::{Column, FileSort, HeldFile, Item, SORTS, TABLES, Table};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::archive::Writer;
use super::manifest::{FORMAT, Head, Manifest};
use super::{Error, KeyFile, Progress, Result, Stores, Tell, fence, files, parts, rows};
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
    /// Leave damaged files out instead of ending with them; each is read once more for it.
    pub skip_damaged: bool,
    /// The program's own version.
    pub version: String,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Names of files that rows name and that were left out.
    pub missing: Vec<String>,
}

/// Writes everything to `out` and gives it back, flushed; whether it is also synced and under which name is the caller's affair.
pub async fn take<W: Write + Send + 'static>(app: &App, out: W, options: Options, tell: Tell) -> Result<(Taken, W)> {
    fence::under(app, options.hold_seconds, write(app, out, options, tell)).await
}

async fn write<W: Write + Send + 'static>(app: &App, out: W, options: Options, tell: Tell) -> Result<(Taken, W)> {
    // Before the moment of the rows, so that nothing that was acknowledged before it is missing.
    let now = app.clock.now().0;
    let mut dump = app.store.begin_dump().await?;
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
    let stores = Stores { packs: app.packs.clone(), lfs: app.lfs.clone() };
    let rest = Rest { stores, tell, skip_damaged: options.skip_damaged, progress: Progress::default(), missing: Vec::new() };
    let manifest = Manifest { parts: Vec::new(), files: BTreeMap::new(), missing: Vec::new(), repositories, rows: counts };
    let keys = options.keys;
    let mut taken =
        Taken { schema, rows: manifest.rows.values().sum(), repositories, files: 0, bytes: 0, keys: keys.len(), missing: Vec::new() };
    let (out, rest) = spawn_blocking(move || rest.write(writer, &counters, &held, &keys, manifest)).await??;
    (taken.files, taken.bytes, taken.missing) = (rest.progress.files, rest.progress.bytes, rest.missing);
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
    stores: Stores,
    tell: Tell,
    skip_damaged: bool,
    progress: Progress,
    missing: Vec<String>,
}

type Held = [(&'static FileSort, Vec<HeldFile>)];

impl Rest {
    fn write<W: Write>(
        mut self,
        mut writer: Writer<W>,
        counters: &[(String, i64)],
        held: &Held,
        keys: &[KeyFile],
        mut manifest: Manifest,
    ) -> Result<(W, Rest)> {
        writer.part(parts::COUNTERS, &json(&counters.iter().cloned().collect::<BTreeMap<String, i64>>())?)?;
        let all = || held.iter().flat_map(|(_, files)| files);
        self.progress.rows = manifest.rows.values().sum();
        self.progress.of_files = Some(all().count() as u64);
        self.progress.of_bytes = Some(all().map(|file| file.bytes).sum());
        for (sort, files) in held {
            let before = self.progress.files;
            for file in files {
                if self.skip_damaged && files::is_damaged(&self.stores, sort, file) {
                    self.missing.push(parts::stem(sort, &file.hash));
                } else {
                    self.copy(&mut writer, sort, file)?;
                }
            }
            manifest.files.insert(sort.name.to_owned(), self.progress.files - before);
        }
        for key in keys {
            writer.part(&parts::key(&key.name), &key.bytes)?;
        }
        manifest.missing.clone_from(&self.missing);
        manifest.parts = writer.parts().to_vec();
        let seal = writer.part(parts::MANIFEST, &json(&manifest)?)?;
        writer.part(parts::SEAL, parts::seal(&seal).as_bytes())?;
        Ok((writer.finish()?, self))
    }

    fn copy<W: Write>(&mut self, writer: &mut Writer<W>, sort: &'static FileSort, held: &HeldFile) -> Result<()> {
        for extension in parts::extensions(sort) {
            let (mut source, size) = files::open(&self.stores, sort, held, extension)?;
            let is_content = files::is_named_by_content(sort, extension);
            let name = parts::file(sort, &held.hash, extension);
            let found = writer.copy(&name, size, &mut source, &mut |bytes| {
                if is_content {
                    self.progress.bytes += bytes;
                    (self.tell)(self.progress);
                }
            })?;
            if is_content && found != held.hash {
                return Err(files::damaged(format!("{name} is damaged, its bytes are not those of its name")));
            }
        }
        self.progress.files += 1;
        (self.tell)(self.progress);
        Ok(())
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::io("writing JSON")(error.into()))
}
