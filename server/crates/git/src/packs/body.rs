//! A pack's entries, one behind the other, for sending them as they are.

use gix::odb::pack::data::entry::Header;

use crate::error::Result;
use crate::object::from_gix;
use crate::packs::Pack;

/// Where the first entry of a pack begins (gitformat-pack(5)).
pub(crate) const FIRST_ENTRY: u64 = 12;
/// Bytes that are handed out together.
const RUN: u64 = 256 << 10;

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
            self.index.crc32_at_index(0).is_some() && first == Some(FIRST_ENTRY) && order.iter().all(|at| inside(at) && by_distance(at))
        };
        *self.movable.get_or_init(look)
    }

    /// Hands out all entries, as they are stored, some at a time, once the bytes of each have the checksum that the index gives them.
    pub(crate) fn each_run(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let (mut order, mut start, mut first) = (self.order().iter().peekable(), FIRST_ENTRY, FIRST_ENTRY);
        while let Some(at) = order.next() {
            let end = order.peek().map_or(self.data.pack_end() as u64, |next| self.index.pack_offset_at_index(**next));
            let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
            let is_inside = self.data.entry_slice(start..end).is_some();
            if !is_inside || Some(self.data.entry_crc32(start, length)) != self.index.crc32_at_index(*at) {
                let id = from_gix(self.index.oid_at_index(*at));
                return Err(self.damaged(id, "the pack's bytes have another checksum than its index says"));
            }
            start = end;
            if end - first >= RUN || order.peek().is_none() {
                take(self.data.entry_slice(first..end).unwrap_or_default())?;
                first = end;
            }
        }
        Ok(())
    }
}
