//! From entries to objects: deltas are applied, ids computed, bases of a thin pack found in the repository.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use hardie_domain::oid::Oid;

use super::super::delta::patched;
use super::super::scan::Form;
use super::entries::Entry;
use super::{MOST_INFLATED, Objects};
use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::odb::Odb;

/// Objects of the repository that deltas may be against.
const MOST_BASES: usize = 1024;
/// Times that what waits for its base is gone through; git sends bases first.
const MOST_ROUNDS: u32 = 1200;

/// All objects, or `None` if one cannot be made, is there twice, or differs from one that is stored under its id.
pub(super) fn resolve(entries: &mut [Entry], odb: &Odb, gone: &Cancel) -> Result<Option<Objects>> {
    let by_start: HashMap<u64, usize> = entries.iter().enumerate().map(|(at, entry)| (entry.start as u64, at)).collect();
    let mut made: Vec<Option<Oid>> = vec![None; entries.len()];
    let mut by_id: HashMap<Oid, Object> = HashMap::with_capacity(entries.len());
    let mut bases: BTreeMap<Oid, Object> = BTreeMap::new();
    let mut waiting: Vec<usize> = (0..entries.len()).collect();
    let (mut held, mut rounds) = (0u64, 0u32);
    while !waiting.is_empty() {
        rounds += 1;
        if rounds > MOST_ROUNDS || gone.is_cancelled() {
            return Ok(None);
        }
        let before = waiting.len();
        let mut still = Vec::new();
        for at in waiting {
            let Some(entry) = entries.get_mut(at) else { return Ok(None) };
            let base = match &entry.form {
                Form::Whole(_) => None,
                Form::Near(start) => {
                    let Some(base) = by_start.get(start) else { return Ok(None) };
                    made.get(*base).copied().flatten().and_then(|id| by_id.get(&id))
                }
                Form::Far(id) => by_id.get(id).or_else(|| bases.get(id)),
            };
            let object = match (&entry.form, base) {
                (Form::Whole(kind), _) => Some(Object { kind: *kind, data: Bytes::from(std::mem::take(&mut entry.data)) }),
                (_, Some(base)) => apply(base, &entry.data),
                (_, None) => {
                    still.push(at);
                    continue;
                }
            };
            let Some((id, object)) = object.and_then(|object| Some((object.id()?, object))) else { return Ok(None) };
            if by_id.insert(id, object).is_some() {
                return Ok(None);
            }
            if let Some(slot) = made.get_mut(at) {
                *slot = Some(id);
            }
        }
        waiting = still;
        if waiting.len() < before {
            continue;
        }
        // Only now is it sure that what a delta names does not come later in the pack.
        let missing = waiting.iter().filter_map(|at| match entries.get(*at).map(|entry| &entry.form) {
            Some(Form::Far(id)) if !by_id.contains_key(id) && !bases.contains_key(id) => Some(*id),
            _ => None,
        });
        let Some(id) = missing.min() else { return Ok(None) };
        // Looked at before it is inflated: a few bytes of a delta may name a gigabyte.
        match odb.header(&id) {
            Ok((_, size)) => held = held.saturating_add(size),
            Err(Error::NotFound(_)) => return Ok(None),
            Err(other) => return Err(other),
        }
        if held > MOST_INFLATED || bases.len() == MOST_BASES {
            return Ok(None);
        }
        bases.insert(id, odb.find(&id)?);
    }
    for (id, object) in &by_id {
        match odb.find(id) {
            Ok(stored) if stored.kind == object.kind && stored.data == object.data => {}
            Ok(_) => return Ok(None),
            // What is damaged comes whole once more.
            Err(Error::NotFound(_) | Error::Damaged { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    if bases.keys().any(|id| by_id.contains_key(id)) {
        // What a delta named came later after all: a circle, perhaps.
        return Ok(None);
    }
    let ids: Vec<Oid> = made.into_iter().flatten().collect();
    Ok(Some(Objects { ids, by_id, bases: bases.into_iter().collect() }))
}

fn apply(base: &Object, delta: &[u8]) -> Option<Object> {
    let (kind, data) = (base.kind, patched(&base.data, delta)?);
    Some(Object { kind, data: Bytes::from(data) })
}
