//! A pack's entries in the order in which they lie, for sending them as they are.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use gix::odb::pack::data::Entry;
use gix::odb::pack::data::entry::Header;

use crate::error::Result;
use crate::object::from_gix;
use crate::packs::Pack;

/// Where the first entry of a pack begins (gitformat-pack(5)).
const FIRST_ENTRY: u64 = 12;

impl Pack {
    /// Whether its entries mean the same anywhere in another pack, for every client: the index has their checksums, nothing is before
    /// them, and each delta names its base by its distance. One that names it by its id may come before it, which some clients do not
    /// expect: isomorphic-git passes over such objects without a word.
    pub(crate) fn is_movable(&self) -> bool {
        let by_distance = |at: &u32| match self.data.entry(self.index.pack_offset_at_index(*at)) {
            Ok(entry) => !matches!(entry.header, Header::RefDelta { .. }),
            Err(_) => false,
        };
        let look = || {
            let order = self.order();
            let first = order.first().map(|at| self.index.pack_offset_at_index(*at));
            let inside = |at: &u32| self.index.pack_offset_at_index(*at) < self.data.pack_end() as u64;
            self.has_checksums() && first == Some(FIRST_ENTRY) && order.iter().all(|at| inside(at) && by_distance(at))
        };
        *self.movable.get_or_init(look)
    }

    /// Whether the index has checksums of the entries. Without them their bytes cannot be trusted unread.
    pub(crate) fn has_checksums(&self) -> bool {
        self.index.crc32_at_index(0).is_some()
    }

    /// Where the entry at a place in the order of entries begins; `None` behind the last.
    pub(crate) fn start_of(&self, place: usize) -> Option<u64> {
        self.order().get(place).map(|at| self.index.pack_offset_at_index(*at))
    }

    /// Type, size and base of the entry that begins at `start`, unread otherwise; `None` if it cannot be told.
    pub(crate) fn head_at(&self, start: u64) -> Option<Entry> {
        (start < self.data.pack_end() as u64).then(|| self.data.entry(start).ok()).flatten()
    }

    /// Where the entry ends that begins at `start` and has this place in the order of entries, once its bytes have the checksum that the
    /// index gives them.
    pub(crate) fn checked(&self, place: usize, start: u64) -> Result<u64> {
        let end = self.start_of(place + 1).unwrap_or(self.data.pack_end() as u64);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        let at = self.order().get(place).copied().unwrap_or_default();
        let is_inside = self.data.entry_slice(start..end).is_some();
        if is_inside && Some(self.data.entry_crc32(start, length)) == self.index.crc32_at_index(at) {
            return Ok(end);
        }
        Err(self.damaged(from_gix(self.index.oid_at_index(at)), "the pack's bytes have another checksum than its index says"))
    }

    /// Bytes of the file, which stay mapped, with the pack, as long as anybody has them; `None` if it has no such.
    pub(crate) fn shared(self: &Arc<Pack>, range: Range<u64>) -> Option<Bytes> {
        self.data.entry_slice(range.clone())?;
        Some(Bytes::from_owner(Slice { pack: Arc::clone(self), range }))
    }
}

/// Bytes of a pack.
struct Slice {
    pack: Arc<Pack>,
    range: Range<u64>,
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        self.pack.data.entry_slice(self.range.clone()).unwrap_or_default()
    }
}
