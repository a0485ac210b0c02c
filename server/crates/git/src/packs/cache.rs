//! Decoded objects by their place in a pack, each with the id that it was proven to have: an index may lead two ids to one place.
//! One bounded cache for all repositories of a process, so that a server with many repositories open holds no more than a server
//! with one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hardie_domain::oid::Oid;

use crate::object::{Kind, Object};

/// Bytes of decoded objects kept, over all shards.
const OBJECT_BYTES: usize = 32 << 20;
/// Locks, so that threads seldom wait for each other.
const SHARDS: usize = 8;
/// A blob up to this size is kept between two reads of its ranges.
pub(crate) const KEPT_BLOB: usize = 64 << 20;
/// Inflaters kept for the next object; each is some 40 KiB.
const INFLATERS: usize = 8;

/// The number that an open pack has in this process, and the offset of the entry's data.
pub(crate) type Place = (u32, u64);

/// See the module.
pub(crate) struct ObjectCache {
    shards: Vec<Mutex<Generations>>,
    blob: Mutex<Option<(Place, Oid, Bytes)>>,
    inflaters: Mutex<Vec<gix::zlib::Inflate>>,
}

impl Default for ObjectCache {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(Generations::new(OBJECT_BYTES / SHARDS))).collect();
        ObjectCache { shards, blob: Mutex::default(), inflaters: Mutex::default() }
    }
}

impl ObjectCache {
    /// What is kept of this place, if it has this id.
    pub(crate) fn get(&self, place: Place, id: &Oid) -> Option<Object> {
        self.shard(place)?.get(place).filter(|(kept, _)| kept == id).map(|(_, object)| object)
    }

    /// The same under whatever id: the base of a delta is found by its place alone.
    fn at(&self, place: Place) -> Option<Object> {
        self.shard(place)?.get(place).map(|(_, object)| object)
    }

    /// The kind of what is kept of this place.
    pub(crate) fn kind(&self, place: Place) -> Option<Kind> {
        self.shard(place)?.kind(place)
    }

    /// Keeps an object; whether it is kept.
    pub(crate) fn put(&self, place: Place, id: Oid, object: &Object) -> bool {
        self.shard(place).is_some_and(|mut shard| shard.put(place, (id, object.clone())))
    }

    /// The large blob read last, if it is this one.
    pub(crate) fn last_blob(&self, place: Place, id: &Oid) -> Option<Bytes> {
        lock(&self.blob).as_ref().filter(|(at, kept, _)| *at == place && kept == id).map(|(_, _, data)| data.clone())
    }

    pub(crate) fn keep_blob(&self, place: Place, id: Oid, data: &Bytes) {
        if data.len() <= KEPT_BLOB {
            *lock(&self.blob) = Some((place, id, data.clone()));
        }
    }

    pub(crate) fn take_inflater(&self) -> gix::zlib::Inflate {
        lock(&self.inflaters).pop().unwrap_or_default()
    }

    pub(crate) fn put_inflater(&self, inflater: gix::zlib::Inflate) {
        let mut kept = lock(&self.inflaters);
        if kept.len() < INFLATERS {
            kept.push(inflater);
        }
    }

    fn shard(&self, (pack, offset): Place) -> Option<MutexGuard<'_, Generations>> {
        // Offsets of neighbours differ in their low bits; a prime spreads them.
        let at = (offset.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize ^ pack as usize;
        self.shards.get(at % SHARDS).map(lock)
    }
}

impl std::fmt::Debug for ObjectCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectCache").finish_non_exhaustive()
    }
}

/// What a poisoned lock guards here is a cache: its content is still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An object with the id that its bytes have.
type Named = (Oid, Object);

/// Least recently used in two generations: when the young one is full it becomes the old one, and what was not asked for since
/// is dropped. All operations are constant time.
struct Generations {
    young: HashMap<Place, Named>,
    old: HashMap<Place, Named>,
    weight: usize,
    half: usize,
}

impl Generations {
    fn new(bytes: usize) -> Self {
        Generations { young: HashMap::new(), old: HashMap::new(), weight: 0, half: bytes / 2 }
    }

    fn kind(&self, place: Place) -> Option<Kind> {
        self.young.get(&place).or_else(|| self.old.get(&place)).map(|(_, object)| object.kind)
    }

    fn get(&mut self, place: Place) -> Option<Named> {
        if let Some(named) = self.young.get(&place) {
            return Some(named.clone());
        }
        let named = self.old.remove(&place)?;
        self.put(place, named.clone());
        Some(named)
    }

    fn put(&mut self, place: Place, named: Named) -> bool {
        // The map's own cost is counted too: small objects are many.
        let weight = named.1.data.len() + 128;
        // What fills a quarter alone would only push everything else out.
        if weight > self.half / 4 {
            return false;
        }
        if self.weight + weight > self.half {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        self.young.insert(place, named);
        true
    }
}

/// Lets gix start a delta chain at a result that is kept.
pub(crate) struct Bases<'a>(pub(crate) &'a ObjectCache);

impl gix::odb::pack::cache::DecodeEntry for Bases<'_> {
    // The caller puts the result itself, without a copy.
    fn put(&mut self, _: u32, _: u64, _: &[u8], _: gix::objs::Kind, _: usize) {}

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(gix::objs::Kind, usize)> {
        let object = self.0.at((pack, offset))?;
        out.clear();
        out.extend_from_slice(&object.data);
        let kind = match object.kind {
            Kind::Commit => gix::objs::Kind::Commit,
            Kind::Tree => gix::objs::Kind::Tree,
            Kind::Blob => gix::objs::Kind::Blob,
            Kind::Tag => gix::objs::Kind::Tag,
        };
        // The packed size is used for statistics alone.
        Some((kind, 0))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hardie_domain::oid::Oid;

    use super::Generations;
    use crate::object::{Kind, Object};

    #[test]
    fn what_is_asked_for_stays_and_the_weight_is_bounded() {
        let object = |bytes: usize| (Oid::ZERO, Object { kind: Kind::Blob, data: Bytes::from(vec![0; bytes]) });
        let mut cache = Generations::new(20 * 138);
        cache.put((0, 0), object(10));
        for n in 1..1000 {
            cache.put((0, n), object(10));
            assert!(cache.get((0, 0)).is_some());
            assert!(cache.young.len() + cache.old.len() <= 20);
        }
        cache.put((1, 0), object(2000));
        assert!(cache.get((1, 0)).is_none());
    }
}
