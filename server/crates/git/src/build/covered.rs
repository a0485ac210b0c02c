//! Fetches of much, by bitmaps: what stored packs have of it is copied as it is, one pack behind the other, and behind them comes the
//! rest, one by one.
//!
//! Which objects the wants reach and the client has not is known from bitmaps and a short walk. Every stored pack has the base of every
//! delta in it, and those that name it by its distance can be copied wherever the base is.

mod reached;
mod taken;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;

use super::copied::Copied;
use super::forms::{Entry, Form, entries};
use super::plan::Plan;
use super::scope::Scope;
use super::trees::Item;
use crate::bitmaps::{Bits, Index, Part};
use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::packs::{Pack, PackStore};
use crate::upload::PackRequest;
use crate::wire::Refs;
use reached::{Lacking, Reached};

/// Objects that are sent one by one.
const MOST: usize = 8192;
/// Commits and folders looked at: what came since the bitmaps were made.
const STEPS: u64 = 100_000;
/// What looking may take before git has to do it after all.
const TIME: Duration = Duration::from_secs(2);
/// Percent of the copied bytes that may be inflated and deflated again for lack of a base: git would look for another.
const ANEW: u64 = 8;

/// Plans a pack of copied entries; `None` if there are few, or nothing is known.
pub(super) fn plan<'a>(store: &PackStore, odb: &'a Odb, refs: &Refs, request: &PackRequest, cancel: &Cancel) -> Result<Option<Plan<'a>>> {
    let scope = Scope::of(request.filter.as_ref());
    if !is_plain(request) || !scope.is_flat() || odb.is_damaged() {
        return Ok(None);
    }
    let packs: Vec<Arc<Pack>> = odb.members().iter().map(|member| Arc::clone(&member.pack)).collect();
    let Some(index) = Index::load(store, &packs) else { return Ok(None) };
    match find(odb, &index, refs, request, scope, cancel) {
        Err(_) if cancel.is_cancelled() => Err(Error::Stopped("cancelled")),
        Err(error @ Error::Damaged { .. }) => Err(error),
        Err(error) => {
            tracing::debug!(%error, "a fetch is left to git");
            Ok(None)
        }
        found => found,
    }
}

/// Whether histories are whole, here and there.
fn is_plain(request: &PackRequest) -> bool {
    let cuts = [&request.client_shallow, &request.new_shallow, &request.unshallow];
    cuts.iter().all(|ids| ids.is_empty()) && request.ofs_delta
}

fn find<'a>(odb: &'a Odb, index: &Index, refs: &Refs, request: &PackRequest, scope: Scope, cancel: &Cancel) -> Result<Option<Plan<'a>>> {
    let (mut walk, mut clock) = (Budget::new(STEPS, TIME, cancel), Budget::new(u64::MAX, TIME, cancel));
    let (mut reached, mut known) = (Reached::new(odb, index), Reached::new(odb, index));
    reached.from(&request.wants, &mut walk)?;
    known.from(&request.common, &mut walk)?;
    let mut lacking = reached.without(&known);
    filter(odb, index, scope, &mut lacking, &mut clock)?;
    if request.include_tag {
        lacking.add_tags(odb, index, refs, &known, &mut walk)?;
    }
    let Lacking { bits, mut singles } = lacking;
    let mut copied = Vec::new();
    for part in index.parts() {
        let Some((copy, left)) = split(index, part, &bits, MOST - singles.len(), &mut clock)? else { return Ok(None) };
        singles.extend(left);
        copied.extend(copy);
    }
    if copied.is_empty() {
        return Ok(None);
    }
    let (bases, held) = bases(odb, &singles, &copied, request.thin.then_some(&known), &mut clock)?;
    // What is copied may be a base, as if the client had it; it is named by its distance all the same.
    let request = PackRequest { thin: true, ..request.clone() };
    let Some(entries) = entries(odb, singles.into_iter().map(Item::alone).collect(), &held, scope, &request)? else { return Ok(None) };
    Ok(is_small(odb, &entries, &copied, &mut clock)?.then_some(Plan { entries, copied, bases }))
}

/// Leaves out what the filter does not let through.
fn filter(odb: &Odb, index: &Index, scope: Scope, lacking: &mut Lacking, clock: &mut Budget) -> Result<()> {
    let Lacking { bits, singles } = lacking;
    if !scope.takes_depth(0) {
        bits.remove_all(&index.of_kind(Kind::Tree)?);
        bits.remove_all(&index.of_kind(Kind::Blob)?);
    } else if scope.takes_no_blob() {
        bits.remove_all(&index.of_kind(Kind::Blob)?);
    } else if !scope.takes_every_blob() {
        let blobs = index.of_kind(Kind::Blob)?;
        for bit in blobs.within(0..index.len()) {
            // Each size may be at the end of a long chain of deltas.
            clock.step()?;
            if bits.has(bit) && !index.id(bit).map_or(Ok(false), |id| scope.takes_blob(odb, &id))? {
                bits.remove(bit);
            }
        }
    }
    if scope != Scope::of(None) {
        let mut kept = Vec::with_capacity(singles.len());
        for id in singles.drain(..) {
            clock.step()?;
            let is_taken = match odb.header(&id)?.0 {
                Kind::Commit | Kind::Tag => true,
                Kind::Tree => scope.takes_depth(0),
                Kind::Blob => scope.takes_depth(0) && scope.takes_blob(odb, &id)?,
            };
            kept.extend(is_taken.then_some(id));
        }
        *singles = kept;
    }
    Ok(())
}

/// What of a part is copied, and what of it is sent one by one: at most so many, or it is for git.
fn split(index: &Index, part: &Part, bits: &Bits, most: usize, clock: &mut Budget) -> Result<Option<(Option<Copied>, Vec<Oid>)>> {
    let count = bits.within(part.bits.clone()).count();
    if count == part.pack.objects() as usize && part.pack.is_movable() {
        return Ok(Some((Some(Copied::whole(&part.pack)), Vec::new())));
    }
    let (places, left) = if part.pack.has_checksums() { taken::taken(index, part, bits, most, clock)? } else { (Vec::new(), Vec::new()) };
    if places.is_empty() || left.len() > most {
        return Ok((count <= most).then(|| (None, bits.within(part.bits.clone()).filter_map(|bit| index.id(bit)).collect())));
    }
    Ok(Some((Some(Copied::some(&part.pack, places)), left)))
}

/// Copied objects by what tells where each is: of which pack, and its offset there.
type Bases = HashMap<Oid, (usize, u64)>;

/// What single objects are deltas against: what of that is copied, and all that the client has, or gets in front of them. What is `known`
/// counts only if it is given.
fn bases(odb: &Odb, singles: &[Oid], copied: &[Copied], known: Option<&Reached<'_>>, clock: &mut Budget) -> Result<(Bases, HashSet<Oid>)> {
    let (mut bases, mut held) = (HashMap::new(), HashSet::new());
    for id in singles {
        clock.step()?;
        let Some(base) = odb.stored(id)?.base else { continue };
        let place = |(at, copy): (usize, &Copied)| Some((at, copy.pack.offset_of(&base).filter(|offset| copy.takes(*offset))?));
        if let Some(place) = copied.iter().enumerate().find_map(place) {
            bases.insert(base, place);
            held.insert(base);
        } else if known.is_some_and(|known| known.has(&base)) {
            held.insert(base);
        }
    }
    Ok((bases, held))
}

/// Whether what has to be deflated again is a small part.
fn is_small(odb: &Odb, entries: &[Entry<'_>], copied: &[Copied], clock: &mut Budget) -> Result<bool> {
    let mut anew = 0u64;
    for entry in entries.iter().filter(|entry| entry.form == Form::Anew) {
        clock.step()?;
        anew = anew.saturating_add(odb.header(&entry.id)?.1);
    }
    let copied: u64 = copied.iter().map(Copied::bytes).sum();
    Ok(anew <= copied.saturating_mul(ANEW) / 100)
}
