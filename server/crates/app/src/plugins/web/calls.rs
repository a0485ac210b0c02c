//! Web requests that are under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_store::plugin_state::StateOf;
use tokio::sync::RwLock;

use super::records::Records;
use crate::shares::{Share, Shares};

/// Requests of all installations of one owner that run or wait.
const OF_ONE: usize = 64;
/// Turns that are remembered before those that nobody takes are forgotten.
const MANY: usize = 1024;

/// One for the process.
pub struct WebCalls {
    shares: Shares<i64>,
    turns: Mutex<HashMap<StateOf, Arc<RwLock<()>>>>,
    /// What became of the newest.
    pub(super) records: Records,
}

impl Default for WebCalls {
    fn default() -> WebCalls {
        WebCalls { shares: Shares::new(OF_ONE), turns: Mutex::default(), records: Records::default() }
    }
}

impl WebCalls {
    /// A place in this owner's queue, if there is one.
    pub(super) fn enter(&self, owner: i64) -> Option<Share<i64>> {
        self.shares.take(owner, 1)
    }

    /// The turn of whoever writes an installation's data of one repository: to be written by a web request that may, and read by a try of a
    /// delivery. Tries keep each other off by their leases. The data is this process's alone: no other serves the same data folder.
    pub(crate) fn turn(&self, of: StateOf) -> Arc<RwLock<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= MANY {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        Arc::clone(turns.entry(of).or_default())
    }
}

#[cfg(test)]
mod tests {
    use hardie_domain::ids::InstallationId;

    use super::*;

    #[test]
    fn turns_are_forgotten_when_nobody_takes_them() {
        let calls = WebCalls::default();
        let of = |id| StateOf { installation: InstallationId(id), repo: None };
        let held = calls.turn(of(0));
        let _writing = held.try_write().unwrap();
        for id in 1..=2 * MANY as i64 {
            calls.turn(of(id));
        }
        assert!(calls.turns.lock().unwrap().len() <= MANY);
        assert!(calls.turn(of(0)).try_read().is_err(), "one that is taken stays the same");
    }

    #[test]
    fn one_owner_has_a_share() {
        let calls = WebCalls::default();
        let held: Vec<_> = (0..OF_ONE).map(|_| calls.enter(1).unwrap()).collect();
        assert!(calls.enter(1).is_none() && calls.enter(2).is_some());
        drop(held);
        assert!(calls.enter(1).is_some());
    }
}
