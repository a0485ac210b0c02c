//! The files of a new commit as its answer shows them, from what is at hand: what becomes of the branch next changes nothing of it.

use bytes::Bytes;
use hardie_git::diff::lines::is_binary;
use hardie_git::odb::Odb;

use super::operations::Written;
use crate::Result;
use crate::browse::{CommitInfo, EntryKind, FileView, MAX_SHOWN_BYTES, Revision, explain};

/// As much of a file as tells whether it is text.
const HEAD: u64 = 8000;

/// In the order in which they were written.
pub(super) fn files(odb: &Odb, rev: &Revision, commit: &CommitInfo, written: &[Written<'_>]) -> Result<Vec<FileView>> {
    let mut room = MAX_SHOWN_BYTES;
    let mut files = Vec::new();
    for Written { path, mode, id, content: given } in written {
        let size = match given {
            Some(content) => content.len() as u64,
            None => odb.blob_size(id).map_err(explain)?,
        };
        let shows = size <= room;
        let wanted = if shows { size } else { HEAD };
        let bytes = match given {
            Some(content) => Bytes::copy_from_slice(content.get(..usize::try_from(wanted).unwrap_or(usize::MAX)).unwrap_or(content)),
            None => odb.blob_range(id, 0, wanted).map_err(explain)?,
        };
        room -= if shows { size } else { 0 };
        files.push(FileView {
            rev: rev.clone(),
            path: path.as_bytes().to_vec(),
            kind: EntryKind::of_mode(*mode),
            mode: *mode,
            oid: *id,
            size,
            is_binary: is_binary(&bytes),
            content: shows.then_some(bytes),
            last_commit: Some(commit.clone()),
        });
    }
    Ok(files)
}
