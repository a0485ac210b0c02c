//! Trees and paths in them.

use hardie_domain::oid::Oid;
use hardie_domain::policy::TreeEntry;

use super::parse::{self, Entry};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Folders in folders, followed at most so far: a walk must fit the stack of any thread.
pub(crate) const MAX_DEPTH: usize = 512;

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
