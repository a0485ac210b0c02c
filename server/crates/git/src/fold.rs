//! Many small packs become one: `git pack-objects --stdin-packs`, then proof that the new pack holds and gives back everything.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;

use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::packs::{Pack, PackHash, PackStore};
use crate::repack::{Repack, Repacked};

/// Folds these packs into one, in the quarantine `id`. Blocks; reads and writes each byte of the packs a few times.
pub fn fold(store: &PackStore, id: &str, hashes: &[PackHash], time: Duration, cancel: &Cancel) -> Result<Repacked> {
    let repack = Repack::new(store, hashes, time, cancel)?;
    let names: String = hashes.iter().map(|hash| format!("pack-{hash}.pack\n")).collect();
    let folded = repack.write(id, &["--stdin-packs"], names.as_bytes())?;
    holds_all(&folded.pack, &repack.packs)?;
    Ok(folded)
}

/// Nothing may be superseded by a pack that lacks one of its objects.
fn holds_all(new: &Pack, old: &[Arc<Pack>]) -> Result<()> {
    let mut all: HashSet<Oid> = HashSet::new();
    for (id, _) in old.iter().flat_map(|pack| pack.entries()) {
        if !new.contains(&id) {
            return Err(Error::corrupt(id, "folding packs would have lost it"));
        }
        all.insert(id);
    }
    if all.len() != new.objects() as usize {
        return Err(Error::Git(format!("folding {} objects gave {}", all.len(), new.objects())));
    }
    Ok(())
}
