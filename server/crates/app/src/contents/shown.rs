//! The files of a new commit as its answer shows them, from what is at hand: what becomes of the branch next changes nothing of it.

use bytes::Bytes;
use hardie_git::diff::lines::is_binary;

use super::operations::Written;
use crate::Result;
use crate::browse::{CommitInfo, EntryKind, FileView, MAX_SHOWN_BYTES, Reading, Revision, explain};

/// In the order in which they were written. What is not shown is not read either: a file that only moved may be as large as any.
pub(super) fn files(reading: &Reading, rev: &Revision, commit: &CommitInfo, written: &[Written<'_>]) -> Result<Vec<FileView>> {
    let (odb, mut budget, mut room) = (&reading.handle.odb, reading.budget(), MAX_SHOWN_BYTES);
    let mut files = Vec::new();
    for Written { path, mode, id, content: given } in written {
        budget.step().map_err(explain)?;
        let size = match given {
            Some(content) => content.len() as u64,
            None => odb.blob_size(id).map_err(explain)?,
        };
        let shows = size <= room;
        let content = match given {
            _ if !shows => None,
            Some(content) => Some(Bytes::copy_from_slice(content)),
            None => Some(odb.blob(id, room).map_err(explain)?),
        };
        room -= if shows { size } else { 0 };
        files.push(FileView {
            rev: rev.clone(),
            path: path.as_bytes().to_vec(),
            kind: EntryKind::of_mode(*mode),
            mode: *mode,
            oid: *id,
            size,
            is_binary: content.as_deref().is_some_and(is_binary),
            content,
            last_commit: Some(commit.clone()),
        });
    }
    Ok(files)
}
