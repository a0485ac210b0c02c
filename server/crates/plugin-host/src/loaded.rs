//! Components that are ready to run, by digest; the least recently used make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hardie_domain::plugin::Digest;

use crate::bindings::PolicyPre;
use crate::inspect::Shape;
use crate::state::CallState;

/// One component, linked: an instance is microseconds away.
pub(crate) struct Loaded {
    pub(crate) policy: PolicyPre<CallState>,
    pub(crate) shape: Shape,
}

/// All that are ready.
pub(crate) struct Registry {
    entries: RwLock<HashMap<Digest, Entry>>,
    clock: AtomicU64,
    capacity: usize,
}

struct Entry {
    loaded: Arc<Loaded>,
    used: AtomicU64,
}

impl Registry {
    pub(crate) fn new(capacity: usize) -> Registry {
        Registry { entries: RwLock::default(), clock: AtomicU64::new(0), capacity: capacity.max(1) }
    }

    pub(crate) fn find(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.get(digest)?;
        entry.used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&entry.loaded))
    }

    /// Keeps it; one that was put in meanwhile wins.
    pub(crate) fn insert(&self, digest: Digest, loaded: Loaded) -> Arc<Loaded> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if !entries.contains_key(&digest) && entries.len() >= self.capacity {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed)).map(|(digest, _)| *digest);
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        let used = AtomicU64::new(self.clock.fetch_add(1, Ordering::Relaxed));
        let entry = entries.entry(digest).or_insert_with(|| Entry { loaded: Arc::new(loaded), used });
        Arc::clone(&entry.loaded)
    }
}
