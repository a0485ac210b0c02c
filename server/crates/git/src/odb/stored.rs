//! An object as it lies in its pack, for sending it without inflating it.

use gix::odb::pack::data::{Entry, entry::Header};
use hardie_domain::oid::Oid;

use super::Odb;
use crate::error::Result;
use crate::object::from_gix;
use crate::packs::Pack;

/// One entry of a pack.
#[derive(Debug)]
pub(crate) struct Stored<'a> {
    pack: &'a Pack,
    entry: Entry,
    offset: u64,
    end: u64,
    crc: Option<u32>,
    /// What it is a delta against; `None` for a whole object.
    pub(crate) base: Option<Oid>,
}

impl Odb {
    /// Where the object is stored and in which form. Reads the entry's header alone.
    pub(crate) fn stored(&self, id: &Oid) -> Result<Stored<'_>> {
        let (pack, at) = self.locate(id).ok_or_else(|| self.absent(id))?;
        let bad = |why: String| pack.damaged(*id, why);
        let offset = pack.index.pack_offset_at_index(at);
        let (_, end) = pack.entry_at(offset).ok_or_else(|| bad("the index contradicts itself".to_owned()))?;
        let entry = pack.data.entry(offset).map_err(|e| bad(e.to_string()))?;
        if end > pack.data.pack_end() as u64 || entry.data_offset >= end {
            return Err(bad("the entry is longer than its room in the pack".to_owned()));
        }
        let base = match entry.header {
            Header::OfsDelta { base_distance } => {
                let found = offset.checked_sub(base_distance).and_then(|base| pack.entry_at(base));
                Some(found.ok_or_else(|| bad("the delta's base is no entry of the pack".to_owned()))?.0)
            }
            Header::RefDelta { base_id } => Some(from_gix(&base_id)),
            _ => None,
        };
        Ok(Stored { pack, offset, end, crc: pack.index.crc32_at_index(at), base, entry })
    }
}

impl<'a> Stored<'a> {
    /// The type of the entry as a number.
    pub(crate) fn kind(&self) -> u8 {
        self.entry.header.as_type_id()
    }

    /// Bytes that the deflated data has.
    pub(crate) fn packed_size(&self) -> u64 {
        self.end - self.entry.data_offset
    }

    /// Bytes that the data has when inflated: of the object, or of the delta.
    pub(crate) fn inflated_size(&self) -> u64 {
        self.entry.decompressed_size
    }

    /// Whether it can be copied without another object.
    pub(crate) fn is_whole(&self) -> bool {
        self.base.is_none() && self.is_checkable()
    }

    /// Whether the index has a checksum of the entry. Without one its bytes cannot be trusted unread.
    pub(crate) fn is_checkable(&self) -> bool {
        self.crc.is_some()
    }

    /// The deflated data, once the whole entry has the checksum that the index gives it.
    pub(crate) fn checked(&self, id: &Oid) -> Result<&'a [u8]> {
        let size = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let data = self.pack.data.entry_slice(self.entry.data_offset..self.end);
        match data {
            Some(data) if Some(self.pack.data.entry_crc32(self.offset, size)) == self.crc => Ok(data),
            _ => Err(self.pack.damaged(*id, "the pack's bytes have another checksum than its index says")),
        }
    }
}
