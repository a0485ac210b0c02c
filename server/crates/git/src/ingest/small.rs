//! Small packs are taken in here, without a child: what most pushes are.
//!
//! Nothing is refused here. A pack in which anything is out of the ordinary is left to `git index-pack --strict`, whose verdict and
//! words stand; so what is accepted here must be a part of what git accepts, and a test compares the two.
//! Start reading at [`take_in`], then `entries`, `resolve`, `clean` and `write`.

mod clean;
mod entries;
mod resolve;
mod write;

use std::collections::HashMap;
use std::path::PathBuf;

use hardie_domain::oid::Oid;

use super::scan::Scan;
use crate::budget::Cancel;
use crate::error::Result;
use crate::object::Object;
use crate::odb::Odb;
use crate::packs::{Files, PackHash, Quarantine};

/// Bytes of a pack that is taken in here at most; it is held in memory.
const MOST_BYTES: u64 = if cfg!(fuzzing) { 1 << 10 } else { 1 << 20 };
/// Its objects.
const MOST_OBJECTS: u32 = 4096;
/// Their bytes, inflated, deltas and results both counted.
const MOST_INFLATED: u64 = 16 << 20;

/// The objects of a pack by their ids, and those of the repository that its deltas are against.
struct Objects {
    /// In the order of the entries.
    ids: Vec<Oid>,
    by_id: HashMap<Oid, Object>,
    bases: Vec<(Oid, Object)>,
}

/// Whether what was seen of a pack lets it be a small one.
pub(crate) fn may_be(scan: &Scan) -> bool {
    scan.offset() <= MOST_BYTES && scan.inflated() <= MOST_INFLATED && scan.objects().is_none_or(|count| count <= MOST_OBJECTS)
}

/// Completes, checks and writes the pack: its path, its index beside it, and its name. `None` leaves it to git.
///
/// `pack` is all of it, and `scan` has seen its end.
pub(crate) fn take_in(
    pack: &[u8],
    scan: &Scan,
    odb: &Odb,
    quarantine: &Quarantine,
    files: &dyn Files,
    gone: &Cancel,
) -> Result<Option<(PathBuf, PackHash)>> {
    let end = usize::try_from(scan.sent_end()).unwrap_or(usize::MAX);
    let Some(mut entries) = entries::parse(pack, end, scan.objects().unwrap_or_default()) else { return Ok(None) };
    let Some(objects) = resolve::resolve(&mut entries, odb, gone)? else { return Ok(None) };
    if !clean::all(&objects, odb, gone)? {
        return Ok(None);
    }
    write::write(pack, end, &entries, &objects, quarantine, files).map(Some)
}
