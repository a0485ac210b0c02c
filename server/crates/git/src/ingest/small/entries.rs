//! The entries of a pack in memory (gitformat-pack(5)).

use flate2::{Crc, Decompress, FlushDecompress, Status};
use hardie_domain::oid::Oid;

use super::super::scan::{base_distance, entry_header};
use crate::object::Kind;

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

/// What an entry holds.
pub(super) enum Form {
    Whole(Kind),
    /// A delta against the entry that begins there.
    Near(usize),
    /// A delta against the object of this id.
    Far(Oid),
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

/// Reads an entry's head and moves behind it.
fn head(pack: &[u8], start: usize, at: &mut usize) -> Option<(Form, u64)> {
    let (kind, size) = entry_header(digits(pack, at)?)?;
    let form = match kind {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        4 => Form::Whole(Kind::Tag),
        6 => Form::Near(start.checked_sub(usize::try_from(base_distance(digits(pack, at)?)?).ok()?)?),
        7 => {
            let id = pack.get(*at..)?.first_chunk::<20>()?;
            *at += id.len();
            Form::Far(Oid(*id))
        }
        _ => return None,
    };
    Some((form, size))
}

/// The bytes of a number of which all but the last have their highest bit set.
fn digits<'a>(pack: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let rest = pack.get(*at..)?;
    let length = rest.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    *at += length;
    rest.get(..length)
}

/// Its checksum; `None` if the bytes were made to collide.
pub(super) fn sha1(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(bytes);
    hasher.try_finalize().ok().map(|id| id.as_bytes().to_vec())
}
