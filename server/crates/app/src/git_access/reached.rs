//! What one snapshot is known to reach. Proving it anew means a walk over history; whoever follows a list of commits asks for
//! exactly those that the list has just proven.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use hardie_domain::oid::Oid;

/// 20 bytes and a little more each, for every repository in the cache.
const MOST: usize = 1024;

/// A bounded set of proven ids. It belongs to one generation and is dropped with it.
#[derive(Debug, Default)]
pub struct Reached(Mutex<HashSet<Oid>>);

impl Reached {
    /// Whether this id is proven.
    pub fn contains(&self, id: &Oid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Remembers ids that a walk from visible refs has met.
    pub fn note(&self, ids: impl IntoIterator<Item = Oid>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(id);
        }
    }
}
