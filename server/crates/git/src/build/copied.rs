//! Entries of a stored pack that are copied into another, all of them or some: nothing is inflated.
//!
//! Deltas name their bases by the distance (gitformat-pack(5)). Where entries between the two are left out, the distance is written anew.

use std::sync::Arc;

use gix::odb::pack::data::entry::Header;

use super::encode::{OFS_DELTA, distance, header};
use super::stream::Stream;
use crate::error::{Error, Result};
use crate::packs::Pack;

/// Bytes that are handed out together.
const RUN: u64 = 256 << 10;

/// What is copied of one pack.
pub(super) struct Copied {
    pub(super) pack: Arc<Pack>,
    /// Places in the order of its entries; `None` for all. The base of every delta is among them.
    places: Option<Vec<u32>>,
}

impl Copied {
    /// All entries.
    pub(super) fn whole(pack: &Arc<Pack>) -> Copied {
        Copied { pack: Arc::clone(pack), places: None }
    }

    /// Those at these places, which come in their order.
    pub(super) fn some(pack: &Arc<Pack>, places: Vec<u32>) -> Copied {
        Copied { pack: Arc::clone(pack), places: Some(places) }
    }

    /// Whether it is all of the pack.
    pub(super) fn is_whole(&self) -> bool {
        self.places.is_none()
    }

    /// How many entries.
    pub(super) fn len(&self) -> usize {
        self.places.as_ref().map_or(self.pack.objects() as usize, Vec::len)
    }

    /// About how many bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.pack.bytes() / u64::from(self.pack.objects()).max(1) * self.len() as u64
    }

    /// Whether the entry that begins at this offset of the pack is copied.
    pub(super) fn takes(&self, offset: u64) -> bool {
        let start = |place: &u32| self.pack.start_of(*place as usize).unwrap_or(u64::MAX);
        self.places.as_ref().is_none_or(|places| places.binary_search_by_key(&offset, start).is_ok())
    }

    /// Writes the entries.
    pub(super) fn write(&self, stream: &mut Stream<'_>) -> Result<Moved> {
        let mut writer = Writer { pack: &self.pack, stream, moved: Moved(Vec::new()), next: 0, first: 0, end: 0 };
        match &self.places {
            None => (0..self.pack.objects()).try_for_each(|place| writer.entry(place, false))?,
            Some(places) => places.iter().try_for_each(|place| writer.entry(*place, true))?,
        }
        writer.flush()?;
        Ok(writer.moved)
    }
}

/// Where copied entries came to lie: offsets in their pack and in the new one, of the first of each run that stayed together.
pub(super) struct Moved(Vec<(u64, u64)>);

impl Moved {
    /// The new offset of a copied entry.
    pub(super) fn to(&self, offset: u64) -> Option<u64> {
        let run = self.0.partition_point(|(from, _)| *from <= offset).checked_sub(1)?;
        self.0.get(run).map(|(from, to)| to + (offset - from))
    }
}

struct Writer<'a, 'b, 'c> {
    pack: &'a Arc<Pack>,
    stream: &'b mut Stream<'c>,
    moved: Moved,
    /// The place of the entry that begins where the last one ended.
    next: u32,
    /// Bytes of the pack that are checked and not written yet.
    first: u64,
    end: u64,
}

impl Writer<'_, '_, '_> {
    fn entry(&mut self, place: u32, may_have_moved: bool) -> Result<()> {
        if place != self.next || self.moved.0.is_empty() {
            self.flush()?;
            let start = self.pack.start_of(place as usize).unwrap_or(u64::MAX);
            self.begin(start, start);
        }
        let start = self.end;
        let end = self.pack.checked(place as usize, start)?;
        if may_have_moved && let Some((size, new, data)) = self.renamed(start)? {
            self.flush()?;
            self.begin(start, data);
            self.stream.put(&header(OFS_DELTA, size))?;
            self.stream.put(&distance(new))?;
            self.end = end;
            self.flush()?;
            // What comes next is moved by more or less than this was.
            self.begin(end, end);
        }
        (self.next, self.end) = (place + 1, end);
        if self.end - self.first >= RUN { self.flush() } else { Ok(()) }
    }

    /// Says that what begins at this offset of the pack comes next, its bytes from `first` on as they are.
    fn begin(&mut self, offset: u64, first: u64) {
        let to = self.stream.offset();
        match self.moved.0.last_mut() {
            Some(last) if last.0 == offset => last.1 = to,
            _ => self.moved.0.push((offset, to)),
        }
        (self.first, self.end) = (first, first);
    }

    /// Of a delta that its base is not as far from any more: its size, the distance, and where its data begins.
    fn renamed(&self, start: u64) -> Result<Option<(u64, u64, u64)>> {
        let lost = || Error::Git("the base of a copied delta is not copied".to_owned());
        let entry = self.pack.head_at(start).ok_or_else(lost)?;
        let Header::OfsDelta { base_distance } = entry.header else { return Ok(None) };
        let here = self.stream.offset() + (start - self.first);
        let base = start.checked_sub(base_distance).and_then(|base| self.moved.to(base)).ok_or_else(lost)?;
        let new = here.checked_sub(base).ok_or_else(lost)?;
        Ok((new != base_distance).then_some((entry.decompressed_size, new, entry.data_offset)))
    }

    fn flush(&mut self) -> Result<()> {
        let bytes = self.pack.shared(self.first..self.end);
        let bytes = bytes.ok_or_else(|| Error::Git("the entries of a pack are not one behind the other".to_owned()))?;
        self.first = self.end;
        self.stream.put_shared(bytes)
    }
}
