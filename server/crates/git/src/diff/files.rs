//! What a commit or a pair of commits changes, file by file, bounded so that any commit can be shown.

use bytes::Bytes;
use hardie_domain::oid::Oid;
use hardie_domain::policy::Change;

use super::lines::{self, Hunk};
use super::renames;
use super::tree::tree_changes;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::odb::Odb;

/// Bounds and choices of one diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// Unchanged lines around a change.
    pub context: u32,
    /// Files listed at most.
    pub max_files: usize,
    /// A file whose old or new content is larger gets no hunks.
    pub max_file_bytes: u64,
    /// Lines shown of one file at most.
    pub max_file_lines: usize,
    /// Lines shown of all files at most; files after that get no hunks.
    pub max_lines: usize,
    /// Whether to look for renames.
    pub renames: bool,
    /// Bytes of contents that are handed on in [`FileDiff::sides`], in all.
    pub keep_bytes: usize,
}

impl Default for DiffOptions {
    fn default() -> Self {
        DiffOptions {
            context: 3,
            max_files: 300,
            max_file_bytes: 1 << 20,
            max_file_lines: 3_000,
            max_lines: 20_000,
            renames: true,
            keep_bytes: 0,
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// New.
    Added,
    /// Gone.
    Deleted,
    /// Content or mode differ.
    Modified,
    /// Moved, perhaps with changes.
    Renamed,
}

/// One file's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// What became of it.
    pub status: Status,
    /// The path before; the path after for a new file. Bytes.
    pub old_path: Vec<u8>,
    /// The path after; the path before for a file that is gone. Bytes.
    pub path: Vec<u8>,
    /// Mode and id before; `None` for a new file.
    pub old: Option<(u32, Oid)>,
    /// Mode and id after; `None` for a file that is gone.
    pub new: Option<(u32, Oid)>,
    /// Likeness of a renamed file in percent, else 0.
    pub similarity: u8,
    /// Whether one side is binary (never for submodules); there are no hunks then.
    pub binary: bool,
    /// Whether hunks are left out, or cut off, because of a bound.
    pub too_large: bool,
    /// Lines added, counted in full unless the file is too large to read.
    pub additions: u32,
    /// Lines removed, likewise.
    pub deletions: u32,
    /// The changed lines.
    pub hunks: Vec<Hunk>,
    /// The whole contents before and after, for as long as [`DiffOptions::keep_bytes`] lasts.
    pub sides: Option<(Bytes, Bytes)>,
}

/// All files' changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// In path order of the new path.
    pub files: Vec<FileDiff>,
    /// Whether more files changed than are listed.
    pub truncated: bool,
    /// Lines added in the listed files.
    pub additions: u64,
    /// Lines removed in the listed files.
    pub deletions: u64,
}

/// Compares two trees; `None` is the empty tree. For a commit compare its first parent's tree with its own.
pub fn diff(odb: &Odb, old: Option<Oid>, new: Option<Oid>, options: &DiffOptions, budget: &mut Budget) -> Result<Diff> {
    let mut changes = Vec::new();
    let mut truncated = false;
    // Renames pair two changes, so twice as many are collected before the list is cut.
    let most = options.max_files.saturating_mul(2);
    tree_changes(odb, old, new, budget, &mut |change| {
        truncated = changes.len() == most;
        if !truncated {
            changes.push(change);
        }
        !truncated
    })?;
    let mut files = if options.renames { with_renames(odb, changes, budget)? } else { changes.into_iter().map(plain).collect() };
    files.sort_by(|a, b| a.path.cmp(&b.path));
    truncated |= files.len() > options.max_files;
    files.truncate(options.max_files);
    let (mut lines_left, mut bytes_left) = (options.max_lines, options.keep_bytes);
    for file in &mut files {
        budget.step()?;
        fill(odb, file, options, &mut lines_left)?;
        bytes_left = keep(file, bytes_left);
    }
    let additions = files.iter().map(|f| u64::from(f.additions)).sum();
    let deletions = files.iter().map(|f| u64::from(f.deletions)).sum();
    Ok(Diff { files, truncated, additions, deletions })
}

fn plain(change: Change) -> FileDiff {
    let status = match (&change.old, &change.new) {
        (None, _) => Status::Added,
        (_, None) => Status::Deleted,
        _ => Status::Modified,
    };
    FileDiff {
        status,
        old_path: change.path.clone(),
        path: change.path,
        old: change.old,
        new: change.new,
        similarity: 0,
        binary: false,
        too_large: false,
        additions: 0,
        deletions: 0,
        hunks: Vec::new(),
        sides: None,
    }
}

/// Files compared for renames: this many removed with this many added ones at most.
const RENAME_LIMIT: usize = 100;

fn with_renames(odb: &Odb, changes: Vec<Change>, budget: &mut Budget) -> Result<Vec<FileDiff>> {
    let renames = renames::find(odb, &changes, RENAME_LIMIT, budget)?;
    let mut files: Vec<Option<FileDiff>> = changes.into_iter().map(|change| Some(plain(change))).collect();
    for rename in renames {
        let Some(from) = files.get_mut(rename.from).and_then(Option::take) else { continue };
        if let Some(Some(to)) = files.get_mut(rename.to) {
            to.status = Status::Renamed;
            to.old_path = from.path;
            to.old = from.old;
            to.similarity = rename.similarity;
        }
    }
    Ok(files.into_iter().flatten().collect())
}

fn fill(odb: &Odb, file: &mut FileDiff, options: &DiffOptions, lines_left: &mut usize) -> Result<()> {
    if file.old.map(|(_, id)| id) == file.new.map(|(_, id)| id) {
        return Ok(());
    }
    let sides = (content(odb, file.old, options.max_file_bytes)?, content(odb, file.new, options.max_file_bytes)?);
    let (Some(old), Some(new)) = sides else {
        file.too_large = true;
        return Ok(());
    };
    if lines::is_binary(&old) || lines::is_binary(&new) {
        file.binary = true;
        return Ok(());
    }
    let found = lines::compare(&old, &new, options.context);
    file.additions = found.additions;
    file.deletions = found.deletions;
    let mut room = options.max_file_lines.min(*lines_left);
    for hunk in found.hunks {
        if hunk.lines.len() > room {
            file.too_large = true;
            break;
        }
        room -= hunk.lines.len();
        *lines_left -= hunk.lines.len();
        file.hunks.push(hunk);
    }
    file.sides = Some((old, new));
    Ok(())
}

/// Lets go of contents beyond what is left; what is left after that.
fn keep(file: &mut FileDiff, left: usize) -> usize {
    let size = file.sides.as_ref().map_or(0, |(old, new)| old.len().saturating_add(new.len()));
    match left.checked_sub(size) {
        Some(rest) => rest,
        None => {
            file.sides = None;
            left
        }
    }
}

/// A side's bytes; `None` if it is too large. A submodule reads as git shows it, since its commit is not here.
fn content(odb: &Odb, side: Option<(u32, Oid)>, max: u64) -> Result<Option<Bytes>> {
    match side {
        None => Ok(Some(Bytes::new())),
        Some((0o160_000, id)) => Ok(Some(format!("Subproject commit {id}\n").into())),
        Some((_, id)) => match odb.blob(&id, max) {
            Ok(data) => Ok(Some(data)),
            Err(Error::TooLarge(_)) => Ok(None),
            Err(other) => Err(other),
        },
    }
}
