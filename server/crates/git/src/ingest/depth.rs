//! Bounds delta chains, their length and their bytes: each later read of the last object would follow the whole chain, and hold it.

use std::path::Path;
use std::sync::Arc;

use gix::odb::pack::data::entry::Header;

use super::error::{IngestError, Limit};
use crate::packs::{Pack, PackHash, PackStore};

/// The most that `git pack-objects --depth` makes.
const DEEPEST: u16 = 4095;
const UNKNOWN: u16 = u16::MAX;
/// Bytes of a chain, inflated: its first object and all deltas.
const LARGEST: u64 = 2 << 30;

/// Opens a pack in quarantine if its chains are within bounds. Nothing of it is read before.
pub(super) fn open(packs: &PackStore, path: &Path, hash: PackHash) -> Result<Arc<Pack>, IngestError> {
    let pack = packs.open_unpublished(path, hash)?;
    check(&pack)?;
    Ok(pack)
}

/// Refuses a pack with a longer or larger chain. Reads entry headers only.
fn check(pack: &Pack) -> Result<(), IngestError> {
    let damaged = |what: &str| IngestError::Malformed(what.to_owned());
    let offsets = pack.index.sorted_offsets();
    let mut depths = vec![UNKNOWN; offsets.len()];
    let mut sums = vec![0u64; offsets.len()];
    let mut chain = Vec::new();
    for start in 0..offsets.len() {
        let mut at = start;
        // Down to an object whose depth is known, then up again.
        let mut depth = loop {
            match depths.get(at) {
                Some(&UNKNOWN) => {}
                Some(known) => break *known,
                None => return Err(damaged("a delta's base is not in the index")),
            }
            let offset = offsets.get(at).copied().unwrap_or_default();
            let entry = pack.data.entry(offset).map_err(|e| IngestError::Malformed(e.to_string()))?;
            let base = match entry.header {
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance),
                Header::RefDelta { base_id } => pack.index.lookup(base_id).map(|at| pack.index.pack_offset_at_index(at)),
                _ => {
                    if let (Some(slot), Some(sum)) = (depths.get_mut(at), sums.get_mut(at)) {
                        (*slot, *sum) = (0, entry.decompressed_size);
                    }
                    break 0;
                }
            };
            chain.push((at, entry.decompressed_size));
            if chain.len() > usize::from(DEEPEST) {
                return Err(IngestError::Limit(Limit::DeltaDepth, DEEPEST.into()));
            }
            at = base.and_then(|base| offsets.binary_search(&base).ok()).ok_or_else(|| damaged("a delta's base is not in the pack"))?;
        };
        let mut sum = sums.get(at).copied().unwrap_or_default();
        while let Some((at, size)) = chain.pop() {
            depth += 1;
            sum = sum.saturating_add(size);
            if sum > LARGEST {
                return Err(IngestError::Limit(Limit::DeltaBytes, LARGEST));
            }
            if depth > DEEPEST {
                return Err(IngestError::Limit(Limit::DeltaDepth, DEEPEST.into()));
            }
            if let (Some(slot), Some(known)) = (depths.get_mut(at), sums.get_mut(at)) {
                (*slot, *known) = (depth, sum);
            }
        }
    }
    Ok(())
}
