//! Trees and paths in them.

use hardie_domain::oid::Oid;
use hardie_domain::policy::TreeEntry;

use super::parse::{self, Entry};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Folders in folders, followed at most so far: a walk must fit the stack of any thread.
pub(crate) const MAX_DEPTH: usize = 512;
/// Bytes of a path that a walk goes down to: what a Linux client can check out. A few trees may name paths of megabytes.
pub(crate) const MAX_PATH: usize = 4096;
/// Bytes of the folders that a walk has open at once.
pub(crate) const MAX_OPEN: usize = 32 << 20;

/// The same for walks that hold much at each level. What is deeper is left to git.
pub(crate) const MAX_BROAD_DEPTH: usize = 200;

/// How deep a walk is, in every sense.
#[derive(Debug)]
pub(crate) struct Down {
    open: usize,
    deepest: usize,
}

impl Default for Down {
    fn default() -> Down {
        Down { open: 0, deepest: MAX_DEPTH }
    }
}

impl Down {
    /// For a walk that holds much at each level.
    pub(crate) fn broad() -> Down {
        Down { open: 0, deepest: MAX_BROAD_DEPTH }
    }

    /// Opens a folder of so many bytes at this path, or says why not.
    pub(crate) fn open(&mut self, bytes: usize, path: &[u8], depth: usize) -> Result<()> {
        if depth > self.deepest {
            return Err(Error::TooLarge(format!("folders are nested more than {} deep", self.deepest)));
        }
        if path.len() > MAX_PATH {
            return Err(Error::TooLarge(format!("a path is longer than {MAX_PATH} bytes")));
        }
        self.open = self.open.saturating_add(bytes);
        match self.open > MAX_OPEN {
            true => Err(Error::TooLarge(format!("folders in folders are larger than {MAX_OPEN} bytes"))),
            false => Ok(()),
        }
    }

    /// Closes it again.
    pub(crate) fn close(&mut self, bytes: usize) {
        self.open = self.open.saturating_sub(bytes);
    }
}

/// All entries of a tree, in git's order.
pub fn tree(odb: &Odb, id: &Oid) -> Result<Vec<TreeEntry>> {
    let data = odb.find_kind(id, Kind::Tree)?;
    decode(id, &data)?.into_iter().map(|entry| Ok(owned(&entry))).collect()
}

/// A part of a tree's entries, and how many there are in all.
pub fn tree_page(odb: &Odb, id: &Oid, start: usize, limit: usize) -> Result<(Vec<TreeEntry>, usize)> {
    let data = odb.find_kind(id, Kind::Tree)?;
    let entries = decode(id, &data)?;
    Ok((entries.iter().skip(start).take(limit).map(owned).collect(), entries.len()))
}

/// What lies at `path` below a tree; the tree itself for the empty path. `None` if nothing does.
///
/// `path` is bytes with `/` between names; empty parts, as in `a//b` or a leading slash, match nothing.
pub fn entry_at(odb: &Odb, tree: &Oid, path: &[u8]) -> Result<Option<TreeEntry>> {
    let mut found = TreeEntry { name: Vec::new(), mode: 0o040_000, id: *tree };
    if path.is_empty() {
        return Ok(Some(found));
    }
    for (depth, name) in path.split(|b| *b == b'/').enumerate() {
        if found.mode != 0o040_000 || depth > MAX_DEPTH {
            return Ok(None);
        }
        let data = odb.find_kind(&found.id, Kind::Tree)?;
        match find(&found.id, &data, name)? {
            Some(entry) => found = owned(&entry),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The entries of a tree's bytes.
pub(crate) fn decode<'a>(id: &Oid, data: &'a [u8]) -> Result<Vec<Entry<'a>>> {
    parse::entries(data).collect::<Result<_, _>>().map_err(|why| Error::corrupt(*id, why))
}

/// One name in a tree's bytes.
pub(crate) fn find<'a>(id: &Oid, data: &'a [u8], name: &[u8]) -> Result<Option<Entry<'a>>> {
    for entry in parse::entries(data) {
        let entry = entry.map_err(|why| Error::corrupt(*id, why))?;
        if entry.name == name {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

fn owned(entry: &Entry<'_>) -> TreeEntry {
    TreeEntry { name: entry.name.to_vec(), mode: mode(entry), id: entry.id }
}

/// The mode in one of git's five forms: old histories hold group-writable files and the like.
pub(crate) fn mode(entry: &Entry<'_>) -> u32 {
    match entry.mode & 0o170_000 {
        0o040_000 => 0o040_000,
        0o120_000 => 0o120_000,
        0o160_000 => 0o160_000,
        _ if entry.mode & 0o100 != 0 => 0o100_755,
        _ => 0o100_644,
    }
}

#[cfg(test)]
mod bounds {
    use super::{Down, MAX_BROAD_DEPTH, MAX_DEPTH, MAX_OPEN, MAX_PATH};

    #[test]
    fn folders_are_bounded_in_every_sense() {
        assert!(Down::broad().open(0, b"", MAX_BROAD_DEPTH).is_ok() && Down::broad().open(0, b"", MAX_BROAD_DEPTH + 1).is_err());
        let mut down = Down::default();
        assert!(down.open(0, b"", MAX_DEPTH + 1).is_err() && down.open(0, &[b'x'; MAX_PATH + 1], 0).is_err());
        assert!(down.open(MAX_OPEN, b"a", 1).is_ok() && down.open(1, b"a/b", 2).is_err());
        down.close(MAX_OPEN);
        down.close(1);
        assert!(down.open(MAX_OPEN, b"b", 1).is_ok());
    }
}
