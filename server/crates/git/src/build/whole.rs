//! Clones of nearly everything: whole packs are sent as they are, one behind the other, and behind them what came since.
//!
//! Which objects the wants reach is known from bitmaps and a short walk. Every stored pack has the base of every delta in it, and those
//! that name it by its distance mean the same anywhere in another pack.

mod reached;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;

use super::forms::entries;
use super::plan::Plan;
use super::scope::Scope;
use super::trees::Item;
use crate::bitmaps::Index;
use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::odb::Odb;
use crate::packs::{Pack, PackStore};
use crate::upload::PackRequest;
use crate::wire::Refs;
use reached::Reached;

/// Objects that are sent one by one.
const MOST: usize = 8192;
/// Commits and folders looked at: what came since the bitmaps were made.
const STEPS: u64 = 100_000;
/// What looking may take before git has to do it after all.
const TIME: Duration = Duration::from_secs(2);

/// Plans a pack of whole packs; `None` if it is none, or nothing is known.
pub(super) fn plan<'a>(store: &PackStore, odb: &'a Odb, refs: &Refs, request: &PackRequest, cancel: &Cancel) -> Result<Option<Plan<'a>>> {
    if !is_clone(request) || odb.is_damaged() {
        return Ok(None);
    }
    let packs: Vec<Arc<Pack>> = odb.members().iter().map(|member| Arc::clone(&member.pack)).collect();
    let Some(index) = Index::load(store, &packs) else { return Ok(None) };
    let mut budget = Budget::new(STEPS, TIME, cancel);
    match find(odb, &index, refs, request, &mut budget) {
        Err(_) if cancel.is_cancelled() => Err(Error::Stopped("cancelled")),
        Err(error @ Error::Damaged { .. }) => Err(error),
        Err(error) => {
            tracing::debug!(%error, "a clone is left to git");
            Ok(None)
        }
        found => found,
    }
}

/// Whether the client has nothing and wants all of what it asks for.
fn is_clone(request: &PackRequest) -> bool {
    let cuts = [&request.common, &request.client_shallow, &request.new_shallow, &request.unshallow];
    cuts.iter().all(|ids| ids.is_empty()) && request.filter.is_none() && request.ofs_delta
}

fn find<'a>(odb: &'a Odb, index: &Index, refs: &Refs, request: &PackRequest, budget: &mut Budget) -> Result<Option<Plan<'a>>> {
    let mut reached = Reached::new(odb, index);
    reached.from(&request.wants, budget)?;
    if request.include_tag {
        reached.add_tags(refs, budget)?;
    }
    let (bits, mut singles) = reached.finish();
    let mut whole = Vec::new();
    for part in index.parts() {
        let range = part.bits.clone();
        let count = bits.within(range.clone()).count();
        if count == part.pack.objects() as usize && part.pack.is_movable() {
            whole.push(Arc::clone(&part.pack));
        } else if singles.len() + count > MOST {
            return Ok(None);
        } else {
            singles.extend(bits.within(range).filter_map(|bit| index.id(bit)));
        }
    }
    if whole.is_empty() {
        return Ok(None);
    }
    let held = bases(odb, &singles, &whole)?;
    let items = singles.into_iter().map(Item::alone).collect();
    // What comes in a whole pack may be a base, as if the client had it; it is named by its distance all the same.
    let request = PackRequest { thin: true, ..request.clone() };
    Ok(entries(odb, items, &held, Scope::of(None), &request)?.map(|entries| Plan { entries, whole }))
}

/// What single objects are deltas against and whole packs have.
fn bases(odb: &Odb, singles: &[Oid], whole: &[Arc<Pack>]) -> Result<HashSet<Oid>> {
    let mut bases = HashSet::new();
    for id in singles {
        bases.extend(odb.stored(id)?.base.filter(|base| whole.iter().any(|pack| pack.contains(base))));
    }
    Ok(bases)
}
