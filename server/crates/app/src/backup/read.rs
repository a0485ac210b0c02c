//! Taking a backup apart: files go to their places once their bytes are proved, rows wait beside them until everything is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use hardie_store::backup::{FileSort, HeldFile, Table, known_schema, tables};

use super::archive::{Entry, Reader, printable};
use super::files::{self, Places};
use super::manifest::{FORMAT, Head, Manifest, Part};
use super::parts::{self, Name};
use super::{Error, KeyFile, Progress, Result, Stores, Tell};

/// Bytes read in one go.
const CHUNK: usize = 256 << 10;
const MAX_HEAD: u64 = 64 << 10;
const MAX_KEY: u64 = 64 << 10;
/// A part of rows is cut after a mebibyte and the row that passes it; the largest row holds a component.
const MAX_ROWS: u64 = 256 << 20;
const MAX_MANIFEST: u64 = 1 << 30;

/// A backup of which everything but the rows is in its place.
#[derive(Debug)]
pub struct Contents {
    /// The schema's version.
    pub schema: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The program that wrote it.
    pub version: String,
    /// Key files, not written yet.
    pub keys: Vec<KeyFile>,
    /// Repositories.
    pub repositories: u64,
    /// Files that rows name and that were damaged when the backup was taken, as `packs/SHA256`.
    pub missing: BTreeSet<String>,
    pub(super) rows: Vec<Spooled>,
    pub(super) counters: Vec<(&'static Table, i64)>,
    pub(super) files: BTreeMap<&'static str, Vec<HeldFile>>,
    pub(super) counts: BTreeMap<String, u64>,
}

/// A part of rows that waits on disk.
#[derive(Debug)]
pub(super) struct Spooled {
    pub table: &'static Table,
    pub part: String,
    pub path: PathBuf,
}

/// Reads all of it. `stores` hold nothing yet, or what an earlier try left; `spool` is an empty folder; `keys` are the key files
/// that there can be. Blocks.
pub fn read(input: impl Read, stores: &Stores, spool: &Path, keys: &[&str], tell: &Tell) -> Result<Contents> {
    let mut reader = Reader::new(input);
    let head = read_head(&mut reader)?;
    let mut taking = Taking::new(Places::new(stores)?, spool, tell, &head);
    while let Some(entry) = reader.next()? {
        taking.take(entry, keys)?;
    }
    taking.finish(reader.parts())
}

fn read_head<R: Read>(reader: &mut Reader<R>) -> Result<Head> {
    let foreign = || Error::refused("this is not a backup: it does not begin as one");
    let mut entry = reader.next()?.ok_or_else(foreign)?;
    if entry.name != parts::HEAD {
        return Err(foreign());
    }
    let bytes = entry.bytes(MAX_HEAD)?;
    entry.finish()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    // The format first: a later one may have another head.
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) => {
            let text = format!("the backup has format {format}, this program knows {FORMAT}: restore it with the hardie that wrote it");
            return Err(Error::refused(text));
        }
        None => return Err(foreign()),
    }
    let head: Head = serde_json::from_value(value).map_err(|error| Error::refused(format!("{} cannot be read: {error}", parts::HEAD)))?;
    if head.schema > known_schema() || head.schema < 1 {
        return Err(Error::refused(format!(
            "the backup was written by hardie {} with schema {}, this program knows {}: restore it with that version or a newer one",
            head.version.chars().take(40).collect::<String>(),
            head.schema,
            known_schema()
        )));
    }
    Ok(head)
}

/// The state between two parts.
struct Taking<'a> {
    places: Places,
    spool: &'a Path,
    tell: &'a Tell,
    progress: Progress,
    /// The stage of the part before.
    stage: u8,
    /// The files of one hash that is not complete: its sort, and how many came.
    open: Option<(&'static FileSort, [u8; 32], usize)>,
    manifest: Option<(Manifest, [u8; 32])>,
    /// Whether the manifest's own hash came and was right.
    sealed: bool,
    contents: Contents,
}

impl<'a> Taking<'a> {
    fn new(places: Places, spool: &'a Path, tell: &'a Tell, head: &Head) -> Taking<'a> {
        let contents = Contents {
            schema: head.schema,
            at: head.at,
            version: head.version.clone(),
            keys: Vec::new(),
            repositories: 0,
            missing: BTreeSet::new(),
            rows: Vec::new(),
            counters: Vec::new(),
            files: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        Taking { places, spool, tell, progress: Progress::default(), stage: 0, open: None, manifest: None, sealed: false, contents }
    }

    fn take<R: Read>(&mut self, mut entry: Entry<'_, R>, keys: &[&str]) -> Result<()> {
        let shown = printable(&entry.name);
        let name = Name::parse(&entry.name, keys);
        let name = name.ok_or_else(|| Error::refused(format!("the backup has a part {shown}, which this program does not know")))?;
        let (stage, before) = (name.stage(), self.stage);
        let repeats = matches!(name, Name::Rows(..) | Name::File { .. } | Name::Key(_));
        if stage < before || (stage == before && !repeats) || (self.open.is_some() && !matches!(name, Name::File { .. })) {
            return Err(Error::refused(format!("the part {shown} is not where it should be")));
        }
        self.stage = stage;
        match name {
            Name::Head => return Err(Error::refused(format!("the part {shown} is there twice"))),
            Name::Rows(number, table) => return self.rows(entry, number, table),
            Name::File { sort, hash, extension } => return self.file(entry, sort, hash, extension),
            Name::Counters => self.contents.counters = counters(&entry.bytes(MAX_HEAD)?)?,
            Name::Key(name) => {
                let bytes = entry.bytes(MAX_KEY)?;
                if self.contents.keys.iter().any(|key| key.name == name) {
                    return Err(Error::refused(format!("the part {shown} is there twice")));
                }
                self.contents.keys.push(KeyFile { name, bytes });
            }
            Name::Manifest => {
                let bytes = entry.bytes(MAX_MANIFEST)?;
                let manifest = serde_json::from_slice(&bytes);
                let manifest = manifest.map_err(|error| Error::refused(format!("{shown} cannot be read: {error}")))?;
                self.manifest = Some((manifest, entry.finish()?));
                return Ok(());
            }
            Name::Seal => {
                let bytes = entry.bytes(MAX_HEAD)?;
                self.sealed = self.manifest.as_ref().is_some_and(|(_, sha256)| bytes == parts::seal(sha256).as_bytes());
                if !self.sealed {
                    return Err(Error::refused(format!("{} is damaged: its hash is not that of {shown}", parts::MANIFEST)));
                }
            }
        }
        entry.finish().map(drop)
    }

    fn rows<R: Read>(&mut self, mut entry: Entry<'_, R>, number: u32, table: &'static Table) -> Result<()> {
        let shown = printable(&entry.name);
        let place = |table: &Table| tables::find(table.name).map_or(0, |(at, _)| at);
        let last = self.contents.rows.last().map_or(0, |before| place(before.table));
        if number as usize != self.contents.rows.len() || place(table) < last {
            return Err(Error::refused(format!("the part {shown} is not where it should be")));
        }
        let bytes = entry.bytes(MAX_ROWS)?;
        let part = entry.name.clone();
        entry.finish()?;
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        let path = self.spool.join(format!("{number:06}"));
        let written = File::create_new(&path).and_then(|mut file| file.write_all(&bytes));
        written.map_err(Error::io(format!("keeping {shown}")))?;
        *self.contents.counts.entry(table.name.to_owned()).or_default() += lines;
        self.contents.rows.push(Spooled { table, part, path });
        self.progress.rows += lines;
        (self.tell)(self.progress);
        Ok(())
    }

    fn file<R: Read>(&mut self, mut entry: Entry<'_, R>, sort: &'static FileSort, hash: [u8; 32], extension: &'static str) -> Result<()> {
        let shown = printable(&entry.name);
        let extensions = parts::extensions(sort);
        let come = match self.open.take() {
            Some((open, name, come)) if open == sort && name == hash => come,
            None => 0,
            Some((open, name, _)) => return Err(Error::refused(format!("{}/{} is not complete", open.name, hex::encode(name)))),
        };
        let known = self.contents.files.entry(sort.name).or_default();
        if extensions.get(come) != Some(&extension) || known.last().is_some_and(|last| last.hash >= hash) {
            return Err(Error::refused(format!("the part {shown} is not where it should be")));
        }
        let mut file = self.places.create(sort, &hash, extension, entry.size)?;
        let is_content = files::is_named_by_content(sort, extension);
        let mut buffer = vec![0; CHUNK];
        loop {
            let piece = entry.piece(&mut buffer)?;
            if piece.is_empty() {
                break;
            }
            file.write_all(piece).map_err(Error::io(format!("writing {shown}")))?;
            if is_content {
                self.progress.bytes += piece.len() as u64;
                (self.tell)(self.progress);
            }
        }
        let found = entry.finish()?;
        if is_content && found != hash {
            return Err(Error::refused(format!("{shown} is damaged: its bytes are not those of its name")));
        }
        if come + 1 < extensions.len() {
            self.open = Some((sort, hash, come + 1));
            return Ok(());
        }
        let published = self.places.publish(sort, &hash)?;
        self.contents.files.entry(sort.name).or_default().push(published);
        self.progress.files += 1;
        (self.tell)(self.progress);
        Ok(())
    }

    /// Compares what came with what the manifest says. `parts` ends with the manifest itself and its hash.
    fn finish(self, parts: &[Part]) -> Result<Contents> {
        let (Some((manifest, _)), true) = (self.manifest, self.sealed) else {
            return Err(Error::refused("the backup has no manifest: it was not written to its end"));
        };
        let came = parts.get(..parts.len().saturating_sub(2)).unwrap_or_default();
        if let Some((came, listed)) = came.iter().zip(&manifest.parts).find(|(came, listed)| came != listed) {
            let name = printable(&came.name);
            return Err(Error::refused(format!("{name} is damaged: it is not what the manifest says of {}", printable(&listed.name))));
        }
        if came.len() != manifest.parts.len() {
            return Err(Error::refused(format!("the manifest lists {} parts, the backup has {}", manifest.parts.len(), came.len())));
        }
        let rows = manifest.rows.iter().filter(|(_, count)| **count > 0).map(|(table, count)| (table.clone(), *count)).collect();
        let files = self.contents.files.iter().map(|(sort, files)| ((*sort).to_owned(), files.len() as u64));
        let listed: BTreeMap<String, u64> = manifest.files.into_iter().filter(|(_, count)| *count > 0).collect();
        if self.contents.counts != rows || files.collect::<BTreeMap<_, _>>() != listed {
            return Err(Error::refused("the manifest counts other rows or files than the backup has"));
        }
        if rows.get("repo").copied().unwrap_or(0) != manifest.repositories {
            return Err(Error::refused("the manifest counts other repositories than the backup has"));
        }
        Ok(Contents { repositories: manifest.repositories, missing: manifest.missing.into_iter().collect(), ..self.contents })
    }
}

fn counters(bytes: &[u8]) -> Result<Vec<(&'static Table, i64)>> {
    let counters: BTreeMap<String, i64> =
        serde_json::from_slice(bytes).map_err(|error| Error::refused(format!("{} cannot be read: {error}", parts::COUNTERS)))?;
    let known = |(table, last): (String, i64)| match tables::find(&table) {
        Some((_, table)) if last > 0 => Ok((table, last)),
        _ => Err(Error::refused(format!("{} speaks of {} and {last}", parts::COUNTERS, printable(&table)))),
    };
    counters.into_iter().map(known).collect()
}
