//! From entries to objects: deltas are applied, ids computed, bases of a thin pack found in the repository.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use hardie_domain::oid::Oid;

use super::super::scan::delta_size;
use super::entries::{Entry, Form};
use super::{MOST_INFLATED, Objects};
use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::object::Object;
use crate::odb::Odb;

/// Bytes of the shortest delta that git takes (its `DELTA_SIZE_MIN`).
const SHORTEST: usize = 4;
/// Objects of the repository that deltas may be against.
const MOST_BASES: usize = 1024;
/// Times that what waits for its base is gone through; git sends bases first.
const MOST_ROUNDS: u32 = 1200;

/// All objects, or `None` if one cannot be made, is there twice, or differs from one that is stored under its id.
pub(super) fn resolve(entries: &mut [Entry], odb: &Odb, gone: &Cancel) -> Result<Option<Objects>> {
    let by_start: HashMap<usize, usize> = entries.iter().enumerate().map(|(at, entry)| (entry.start, at)).collect();
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
            Err(Error::NotFound(_)) => {}
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

/// The result of a delta (gitformat-pack(5), "Deltified representation").
fn patched(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    // git takes no shorter one, and would not read it back.
    if delta.len() < SHORTEST {
        return None;
    }
    let (base_size, used) = delta_size(delta)?;
    let delta = delta.get(used..)?;
    let (size, used) = delta_size(delta)?;
    if base_size != base.len() as u64 {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut rest = delta.get(used..)?.iter();
    let mut out = Vec::with_capacity(size);
    while let Some(op) = rest.next() {
        let part = match op {
            0 => return None,
            insert @ 1..=0x7f => {
                let (part, left) = rest.as_slice().split_at_checked(usize::from(*insert))?;
                rest = left.iter();
                part
            }
            copy => {
                let mut number = |bits: std::ops::Range<u32>| {
                    let (first, mut value) = (bits.start, 0usize);
                    for bit in bits {
                        if copy >> bit & 1 == 1 {
                            value |= usize::from(*rest.next()?) << (8 * (bit - first));
                        }
                    }
                    Some(value)
                };
                let (offset, length) = (number(0..4)?, number(4..7)?);
                let length = if length == 0 { 0x10000 } else { length };
                base.get(offset..offset.checked_add(length)?)?
            }
        };
        if out.len() + part.len() > size {
            return None;
        }
        out.extend_from_slice(part);
    }
    (out.len() == size).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::patched;

    #[test]
    fn deltas_are_applied_and_bad_ones_are_not() {
        let base = b"0123456789";
        // Copy 4 from 2, insert "xy", copy 2 from 0.
        let good = [10, 8, 0b1001_0001, 2, 4, 2, b'x', b'y', 0b1001_0000, 2];
        assert_eq!(patched(base, &good).as_deref(), Some(&b"2345xy01"[..]));
        for cut in 0..good.len() {
            assert_eq!(patched(base, &good[..cut]), None, "{cut}");
        }
        for bad in [&[10, 0][..], &[9, 1, 1, b'x'], &[10, 1, 0], &[10, 1, 0b1001_0001, 9, 2], &[10, 1, 2, b'x', b'y'], &[10, 2, 1, b'x']] {
            assert_eq!(patched(base, bad), None, "{bad:?}");
        }
    }
}
