//! What the pusher sent, and which part of it a walk has met.

use hardie_domain::oid::Oid;

use crate::ingest::Ingested;

/// Objects that lie in the pack as the client sent it.
pub(super) struct Carried<'a> {
    push: Option<&'a Ingested>,
    /// One bit for each object of the pack, in the order of its index.
    visited: Vec<u64>,
    count: u32,
}

impl<'a> Carried<'a> {
    pub(super) fn new(push: Option<&'a Ingested>) -> Self {
        let objects = push.and_then(Ingested::pack).map_or(0, |pack| pack.objects());
        Carried { push, visited: vec![0; objects as usize / 64 + 1], count: 0 }
    }

    pub(super) fn contains(&self, id: &Oid) -> bool {
        self.position(id).is_some()
    }

    /// Marks a carried object; `true` the first time.
    pub(super) fn visit(&mut self, id: &Oid) -> bool {
        let Some(at) = self.position(id) else { return false };
        let Some(word) = self.visited.get_mut(at as usize / 64) else { return false };
        let bit = 1 << (at % 64);
        let first = *word & bit == 0;
        *word |= bit;
        self.count += u32::from(first);
        first
    }

    pub(super) fn forget(&mut self) {
        self.visited.fill(0);
        self.count = 0;
    }

    pub(super) fn all_visited(&self) -> bool {
        self.push.is_none_or(|push| push.carried_objects() == self.count)
    }

    fn position(&self, id: &Oid) -> Option<u32> {
        self.push?.carried_position(id)
    }
}
