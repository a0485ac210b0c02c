//! Which of the wanted entries of a pack can be copied: those that are no deltas, and deltas whose base is copied.

use gix::odb::pack::data::entry::Header;
use hardie_domain::oid::Oid;

use crate::bitmaps::{Bits, Index, Part};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::to_gix;

/// Places in the order of the pack's entries, and the objects that are left: once these are more than `most`, only some of both.
pub(super) fn taken(index: &Index, part: &Part, bits: &Bits, most: usize, clock: &mut Budget) -> Result<(Vec<u32>, Vec<Oid>)> {
    let pack = &part.pack;
    let starts: Vec<u64> = pack.order().iter().map(|at| pack.index.pack_offset_at_index(*at)).collect();
    let (mut is_taken, mut places, mut left) = (vec![false; starts.len()], Vec::new(), Vec::new());
    let mut order = pack.order().iter().enumerate();
    for bit in bits.within(part.bits.clone()) {
        // Each look at an entry may wait for the disk.
        clock.step()?;
        if left.len() > most {
            break;
        }
        let contradicted = || Error::Git("a multi-pack index contradicts a pack".to_owned());
        let id = index.id(bit).ok_or_else(contradicted)?;
        // Bits come in the order of entries; some entries have none, since another pack has the object too.
        let (place, _) = order.find(|(_, at)| pack.index.oid_at_index(**at) == to_gix(&id)).ok_or_else(contradicted)?;
        let start = starts.get(place).copied().unwrap_or(u64::MAX);
        let can_be_copied = match pack.head_at(start).map(|entry| entry.header) {
            Some(Header::OfsDelta { base_distance }) => {
                let base = start.checked_sub(base_distance).and_then(|base| starts.binary_search(&base).ok());
                base.and_then(|base| is_taken.get(base)).copied().unwrap_or(false)
            }
            // The base may come later, which some clients do not expect.
            Some(Header::RefDelta { .. }) | None => false,
            Some(_) => true,
        };
        match (can_be_copied, is_taken.get_mut(place), u32::try_from(place)) {
            (true, Some(slot), Ok(place)) => {
                *slot = true;
                places.push(place);
            }
            _ => left.push(id),
        }
    }
    Ok((places, left))
}
