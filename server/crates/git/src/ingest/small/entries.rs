//! The entries of a pack in memory (gitformat-pack(5)).

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::super::scan::{Form, head};

const HEADER: usize = 12;

/// One entry, inflated.
pub(super) struct Entry {
    /// Where it begins.
    pub(super) start: usize,
    /// Of its bytes in the pack, for the index.
    pub(super) crc: u32,
    pub(super) form: Form,
    /// The object, or the delta.
    pub(super) data: Vec<u8>,
}

/// All entries, which end at `end`, if the pack's checksum is right.
pub(super) fn parse(pack: &[u8], end: usize, count: u32) -> Option<Vec<Entry>> {
    if sha1(pack.get(..end)?)? != *pack.get(end..)? {
        return None;
    }
    let mut inflate = Decompress::new(true);
    let mut entries = Vec::with_capacity(usize::try_from(count).ok()?);
    let mut at = HEADER;
    for _ in 0..count {
        let start = at;
        let (form, size) = head(pack, start, &mut at)?;
        inflate.reset(true);
        let mut data = Vec::with_capacity(usize::try_from(size).ok()?.checked_add(16)?);
        let status = inflate.decompress_vec(pack.get(at..end)?, &mut data, FlushDecompress::Finish).ok()?;
        if status != Status::StreamEnd || data.len() as u64 != size {
            return None;
        }
        at += usize::try_from(inflate.total_in()).ok()?;
        let mut crc = Crc::new();
        crc.update(pack.get(start..at)?);
        entries.push(Entry { start, crc: crc.sum(), form, data });
    }
    (at == end).then_some(entries)
}

/// Its checksum; `None` if the bytes were made to collide.
pub(super) fn sha1(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().ok().map(|id| id.as_bytes().to_vec())
}
