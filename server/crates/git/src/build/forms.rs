//! In which form each object goes into the pack. Nothing is inflated here: what is stored decides.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use super::scope::Scope;
use super::trees::Item;
use crate::error::Result;
use crate::odb::{Odb, Stored};
use crate::upload::PackRequest;

/// A larger object is not inflated to be sent in another form than it is stored in.
const LARGEST: u64 = 32 << 20;
/// The same for all of them together.
const LARGEST_SUM: u64 = 128 << 20;
/// Deltas are made of objects up to this size.
pub(super) const LARGEST_DELTA: u64 = 1 << 20;
/// What is stored whole in so few bytes is sent so.
const SMALL: u64 = 64;
/// Deltas on deltas: in chains that are made here, and in those that are copied.
const CHAIN: usize = 50;
const STORED_CHAIN: usize = 4095;

/// An object of the pack.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) id: Oid,
    pub(super) stored: Stored<'a>,
    pub(super) form: Form,
}

/// What a delta refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The entry at this place in the plan.
    Sent(usize),
    /// An object that the client has.
    Held(Oid),
}

/// How an object is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Whole, as it is stored.
    Whole,
    /// As the delta that is stored.
    Delta(Base),
    /// As a new delta, if that turns out clearly smaller than what else could be sent.
    Smaller(Base),
    /// Inflated and deflated again, since the client lacks what the stored delta refers to.
    Anew,
}

impl Form {
    /// The entry that has to come first.
    pub(super) fn first(&self) -> Option<usize> {
        match self {
            Form::Delta(Base::Sent(at)) | Form::Smaller(Base::Sent(at)) => Some(*at),
            _ => None,
        }
    }
}

/// Decides for every object; `None` if too much would have to be deflated again. `held` is what the client is known to have.
pub(super) fn entries<'a>(
    odb: &'a Odb,
    items: Vec<Item>,
    held: &HashSet<Oid>,
    scope: Scope,
    request: &PackRequest,
) -> Result<Option<Vec<Entry<'a>>>> {
    let places: HashMap<Oid, usize> = items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    let mut links = Links::new(items.len());
    let mut entries = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let stored = odb.stored(&item.id)?;
        let thin = request.thin && (scope.keeps_blobs() || scope.keeps(odb.header(&item.id)?.0));
        let form = match stored.base {
            _ if !stored.is_checkable() => Form::Anew,
            None => Form::Whole,
            // A base that is sent must not be taken for held as well: the client would have it twice.
            Some(base) => match places.get(&base) {
                Some(place) if links.join(at, *place, STORED_CHAIN) => Form::Delta(Base::Sent(*place)),
                None if thin && (held.contains(&base) || item.held == Some(base)) => Form::Delta(Base::Held(base)),
                _ => Form::Anew,
            },
        };
        entries.push(Entry { id: item.id, stored, form });
    }
    deltas(odb, &items, &mut entries, &places, &mut links, scope, request.thin)?;
    Ok(affordable(odb, &entries)?.then_some(entries))
}

/// Finds bases for new deltas: first for what cannot be copied, so that what can be copied whole is there to be a base.
fn deltas(
    odb: &Odb,
    items: &[Item],
    entries: &mut [Entry<'_>],
    places: &HashMap<Oid, usize>,
    links: &mut Links,
    scope: Scope,
    thin: bool,
) -> Result<()> {
    let newer: HashMap<Oid, usize> = items.iter().enumerate().filter_map(|(at, item)| Some((item.sent?, at))).collect();
    for form in [Form::Anew, Form::Whole] {
        for (at, (item, entry)) in items.iter().zip(entries.iter_mut()).enumerate() {
            if entry.form != form || form == Form::Whole && !is_worth_a_delta(entry) {
                continue;
            }
            let held = item.held.filter(|id| thin && !places.contains_key(id));
            if let Some(held) = held
                && (scope.keeps_blobs() || scope.keeps(odb.header(&held)?.0))
            {
                entry.form = Form::Smaller(Base::Held(held));
                continue;
            }
            let next = newer.get(&item.id).filter(|_| form == Form::Anew);
            let versions = [item.held, item.sent].into_iter().flatten().filter_map(|id| places.get(&id));
            if let Some(place) = next.into_iter().chain(versions).copied().find(|place| links.join(at, *place, CHAIN)) {
                entry.form = Form::Smaller(Base::Sent(place));
            }
        }
    }
    Ok(())
}

/// Whether something smaller than the whole object as it is stored may be found.
fn is_worth_a_delta(entry: &Entry<'_>) -> bool {
    (SMALL..=LARGEST_DELTA).contains(&entry.stored.inflated_size()) && entry.stored.packed_size() > SMALL
}

/// Whether what may have to be deflated again is little enough.
fn affordable(odb: &Odb, entries: &[Entry<'_>]) -> Result<bool> {
    let mut sum = 0;
    for entry in entries {
        if entry.form == Form::Anew || matches!(entry.form, Form::Smaller(_)) && !entry.stored.is_whole() {
            let size = odb.header(&entry.id)?.1;
            sum += size;
            if size > LARGEST || sum > LARGEST_SUM {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Who is a delta on whom within the pack.
struct Links {
    base: Vec<Option<usize>>,
    /// Deltas in the longest chain on top of each.
    height: Vec<usize>,
}

impl Links {
    fn new(entries: usize) -> Links {
        Links { base: vec![None; entries], height: vec![0; entries] }
    }

    /// Makes `at` a delta on `base`, unless that would close a circle (copies of an object in several packs can) or make a chain
    /// of more than `most`.
    fn join(&mut self, at: usize, base: usize, most: usize) -> bool {
        let above = self.height.get(at).copied().unwrap_or(0);
        let mut chain = 1;
        let mut next = Some(base);
        while let Some(here) = next {
            if here == at || chain + above > most {
                return false;
            }
            chain += 1;
            next = self.base.get(here).copied().flatten();
        }
        if let Some(slot) = self.base.get_mut(at) {
            *slot = Some(base);
        }
        let (mut next, mut height) = (Some(base), above + 1);
        while let Some(here) = next {
            match self.height.get_mut(here) {
                Some(known) if *known < height => *known = height,
                _ => break,
            }
            height += 1;
            next = self.base.get(here).copied().flatten();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Links;

    #[test]
    fn chains_are_bounded_and_never_close() {
        let mut links = Links::new(8);
        assert!(links.join(1, 0, 3) && links.join(2, 1, 3));
        assert!(!links.join(0, 2, 3) && !links.join(0, 0, 3));
        // 3 has 4 on top; below it there is room for one more.
        assert!(links.join(4, 3, 3));
        assert!(!links.join(3, 2, 3));
        assert!(links.join(3, 1, 3));
        assert_eq!(links.height, [3, 2, 0, 1, 0, 0, 0, 0]);
    }
}
