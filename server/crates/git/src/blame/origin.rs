//! A file in a commit, and what it was called before.

use std::sync::Arc;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::diff::lines::{is_binary, similarity};
use crate::diff::renames::{LARGEST, LEAST};
use crate::diff::tree_changes;
use crate::error::Result;
use crate::odb::Odb;
use crate::read::entry_at;

/// Files that went away in one commit, compared at most with the one that came.
const MOST_COMPARED: usize = 1_000;
/// And of which it is looked whether they are the same.
const MOST_GONE: usize = 5_000;

/// A file or a symbolic link in one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) path: Arc<[u8]>,
    pub(super) blob: Oid,
    /// The bits of git's mode that tell a link from a file.
    pub(super) kind: u32,
}

/// The file at a path of a tree; `None` if nothing or a folder is there.
pub(super) fn at_path(odb: &Odb, tree: &Oid, path: Arc<[u8]>) -> Result<Option<Origin>> {
    let entry = entry_at(odb, tree, &path)?.filter(|e| e.mode != 0o040_000);
    Ok(entry.map(|e| Origin { path, blob: e.id, kind: e.mode & 0o170_000 }))
}

/// The file of the older tree that became this one: of those that went away the one most alike, if it is alike enough. Of equals,
/// one with the same last name, then the first by path.
pub(super) fn renamed(odb: &Odb, older: &Oid, newer: &Oid, file: &Origin, budget: &mut Budget) -> Result<Option<Origin>> {
    const REGULAR: u32 = 0o100_000;
    let mut gone = Vec::new();
    tree_changes(odb, Some(*older), Some(*newer), budget, &mut |change| {
        if let (Some((mode, blob)), None) = (change.old, change.new) {
            let kind = mode & 0o170_000;
            if kind == file.kind {
                gone.push(Origin { path: change.path.into(), blob, kind });
            }
        }
        gone.len() < MOST_GONE
    })?;
    // Equals come in the order in which they are preferred.
    gone.sort_by_key(|old| last_name(&old.path) != last_name(&file.path));
    if let Some(at) = gone.iter().position(|old| old.blob == file.blob) {
        return Ok(Some(gone.swap_remove(at)));
    }
    let size = odb.blob_size(&file.blob)?;
    if file.kind != REGULAR || gone.is_empty() || size == 0 || size > LARGEST {
        return Ok(None);
    }
    let new = odb.blob(&file.blob, LARGEST)?;
    let mut best: Option<(u8, Origin)> = None;
    for old in gone.into_iter().take(MOST_COMPARED) {
        budget.step()?;
        let other = odb.blob_size(&old.blob)?;
        // Sizes alone rule most out.
        if other > LARGEST || size.min(other) * 100 < size.max(other) * u64::from(LEAST) {
            continue;
        }
        let text = odb.blob(&old.blob, LARGEST)?;
        budget.bytes(text.len().saturating_add(new.len()))?;
        if is_binary(&text) != is_binary(&new) {
            continue;
        }
        let alike = similarity(&text, &new);
        if alike >= LEAST && best.as_ref().is_none_or(|(most, _)| alike > *most) {
            best = Some((alike, old));
        }
    }
    Ok(best.map(|(_, old)| old))
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
