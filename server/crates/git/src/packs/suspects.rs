//! Packs that reading found damaged: noted where it happens, taken by whoever can look at them and say so.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hardie_domain::oid::Oid;

use crate::packs::hash::PackHash;

/// Packs noted at a time. What is not noted is met again.
const MOST: usize = 1000;

/// A pack in which something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The pack.
    pub pack: PackHash,
    /// The first object of it that was met; `None` if the pack could not be opened.
    pub object: Option<Oid>,
}

/// See the module. Shared by all packs of a store.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    any: AtomicBool,
    met: Mutex<HashMap<PackHash, Option<Oid>>>,
}

impl Suspects {
    pub(crate) fn note(&self, pack: PackHash, object: Option<Oid>) {
        let mut met = self.lock();
        if met.len() < MOST {
            met.entry(pack).or_insert(object);
        }
        self.any.store(true, Ordering::Relaxed);
    }

    /// All, and forgets them.
    pub(crate) fn take(&self) -> Vec<Suspect> {
        // Nearly always there are none, and it is asked often.
        if !self.any.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut met = self.lock();
        self.any.store(false, Ordering::Relaxed);
        met.drain().map(|(pack, object)| Suspect { pack, object }).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PackHash, Option<Oid>>> {
        // Each change is one call: the map is valid after any panic.
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
