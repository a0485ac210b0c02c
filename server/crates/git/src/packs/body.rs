//! A pack's entries, one behind the other, for sending them as they are.

use gix::odb::pack::data::entry::Header;

use crate::error::Result;
use crate::object::from_gix;
use crate::packs::Pack;

/// Where the first entry of a pack begins (gitformat-pack(5)).
pub(crate) const FIRST_ENTRY: u64 = 12;

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

    /// Hands out every entry, as it is stored, once its bytes have the checksum that the index gives them.
    pub(crate) fn each_entry(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let order = self.order();
        for (at, next) in order.iter().zip(order.iter().skip(1).map(Some).chain([None])) {
            let start = self.index.pack_offset_at_index(*at);
            let end = next.map_or(self.data.pack_end() as u64, |next| self.index.pack_offset_at_index(*next));
            let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
            match self.data.entry_slice(start..end) {
                Some(bytes) if Some(self.data.entry_crc32(start, length)) == self.index.crc32_at_index(*at) => take(bytes)?,
                _ => {
                    let id = from_gix(self.index.oid_at_index(*at));
                    return Err(self.damaged(id, "the pack's bytes have another checksum than its index says"));
                }
            }
        }
        Ok(())
    }
}
