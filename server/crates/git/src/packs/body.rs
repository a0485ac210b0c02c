//! A pack's entries, one behind the other, for sending them as they are.

use crate::error::Result;
use crate::object::from_gix;
use crate::packs::Pack;

/// Where the first entry of a pack begins (gitformat-pack(5)).
const HEADER: u64 = 12;

impl Pack {
    /// Whether its entries can be sent as they are: the index has their checksums, and nothing is before them.
    pub(crate) fn is_checkable(&self) -> bool {
        self.index.crc32_at_index(0).is_some() && self.order().first().is_some_and(|at| self.index.pack_offset_at_index(*at) == HEADER)
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
