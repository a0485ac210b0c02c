//! Web requests that are under way.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hardie_store::plugin_state::StateOf;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::records::Records;
use super::turn::Turn;
use crate::shares::{Share, Shares};
use crate::{Error, Result};

/// Requests of all installations of one owner that run or wait.
const OF_ONE: usize = 64;
/// Of those, from one client. Its others wait without a place of that owner's.
const OF_CLIENT: usize = 16;
/// For so long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names that are remembered before those that nobody uses are forgotten.
const MANY: usize = 1024;

/// One for the process.
pub struct WebCalls {
    owners: Shares<i64>,
    clients: Named<(i64, IpAddr), Semaphore>,
    turns: Named<StateOf, Turn>,
    /// What became of the newest.
    pub(super) records: Records,
}

/// Leave to ask an owner's plugins, given back when dropped.
pub struct WebPlace {
    _of_owner: Share<i64>,
    _of_client: Option<OwnedSemaphorePermit>,
}

impl Default for WebCalls {
    fn default() -> WebCalls {
        let clients = Named::new(|| Semaphore::new(OF_CLIENT));
        WebCalls { owners: Shares::new(OF_ONE), clients, turns: Named::new(Turn::default), records: Records::default() }
    }
}

impl WebCalls {
    /// Waits for a place of this client among those that ask the plugins of an owner, and takes one of the owner's. `None` is a client that
    /// cannot be told from others.
    pub(super) async fn enter(&self, owner: i64, client: Option<IpAddr>) -> Result<WebPlace> {
        let busy = |whose: &str| Error::Unavailable(format!("too many requests {whose} at once"));
        let of_client = match client {
            Some(client) => {
                let places = self.clients.named((owner, client)).acquire_owned();
                let place = timeout(PATIENCE, places).await.map_err(|_| busy("to these plugins from your network"))?;
                Some(place.map_err(Error::internal)?)
            }
            None => None,
        };
        let of_owner = self.owners.take(owner, 1).ok_or_else(|| busy("to these plugins"))?;
        Ok(WebPlace { _of_owner: of_owner, _of_client: of_client })
    }

    /// The turn for an installation's data of one repository. The data is this process's alone: no other serves the same data folder.
    pub(crate) fn turn(&self, of: StateOf) -> Arc<Turn> {
        self.turns.named(of)
    }
}

/// One thing for each name, remembered for as long as somebody uses it.
struct Named<K, V> {
    all: Mutex<HashMap<K, Arc<V>>>,
    new: fn() -> V,
}

impl<K: Eq + Hash, V> Named<K, V> {
    fn new(new: fn() -> V) -> Named<K, V> {
        Named { all: Mutex::default(), new }
    }

    fn named(&self, name: K) -> Arc<V> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MANY {
            all.retain(|_, one| Arc::strong_count(one) > 1);
        }
        Arc::clone(all.entry(name).or_insert_with(|| Arc::new((self.new)())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_uses_is_forgotten() {
        let named: Named<usize, Mutex<()>> = Named::new(Mutex::default);
        let held = named.named(0);
        let _locked = held.lock().unwrap();
        for name in 1..=2 * MANY {
            named.named(name);
        }
        assert!(named.all.lock().unwrap().len() <= MANY);
        assert!(named.named(0).try_lock().is_err(), "one that is used stays the same");
    }

    fn client(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[tokio::test(start_paused = true)]
    async fn one_owner_has_a_share_and_no_client_all_of_it() {
        let calls = WebCalls::default();
        let mut held = Vec::new();
        for of_client in 1..=4 {
            for _ in 0..OF_CLIENT {
                held.push(calls.enter(1, client(of_client)).await.unwrap());
            }
            let refused = calls.enter(1, client(of_client)).await.err().unwrap();
            assert!(refused.to_string().contains("from your network"), "{refused}");
            assert!(calls.enter(2, client(of_client)).await.is_ok(), "other owners' plugins answer it");
        }
        assert_eq!(held.len(), OF_ONE);
        for other in [client(5), None] {
            assert!(calls.enter(1, other).await.is_err() && calls.enter(2, other).await.is_ok());
        }
        held.remove(0);
        assert!(calls.enter(1, client(1)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_much_at_once_waits_for_its_own() {
        let calls = Arc::new(WebCalls::default());
        let mut held = Vec::new();
        for _ in 0..OF_CLIENT {
            held.push(calls.enter(1, client(1)).await.unwrap());
        }
        let waits = tokio::spawn({
            let calls = Arc::clone(&calls);
            async move { calls.enter(1, client(1)).await.map(drop) }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        held.remove(0);
        assert!(waits.await.unwrap().is_ok());
    }
}
