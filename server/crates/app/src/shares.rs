//! What one client may hold of something that there is only so much of: connections, requests, bytes under way. Without a
//! share of its own, one client takes it all and the others wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts what each client holds; cheap to clone.
pub struct Shares<K>(Arc<Inner<K>>);

struct Inner<K> {
    most: usize,
    held: Mutex<HashMap<K, usize>>,
}

/// What a client holds; giving it back is dropping it.
pub struct Share<K: Eq + Hash> {
    of: Arc<Inner<K>>,
    who: K,
    amount: usize,
}

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Shares(self.0.clone())
    }
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// At most so much for each client.
    pub fn new(most: usize) -> Shares<K> {
        Shares(Arc::new(Inner { most, held: Mutex::default() }))
    }

    /// So much for this client, if that is within its share.
    pub fn take(&self, who: K, amount: usize) -> Option<Share<K>> {
        let mut held = self.0.held();
        let before = held.get(&who).copied().unwrap_or_default();
        let after = before.saturating_add(amount);
        if after > self.0.most {
            return None;
        }
        held.insert(who.clone(), after);
        Some(Share { of: self.0.clone(), who, amount })
    }
}

impl<K> Inner<K> {
    fn held(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        // Counting cannot be left half done by a panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut held = self.of.held();
        if let Some(left) = held.get_mut(&self.who) {
            *left = left.saturating_sub(self.amount);
            if *left == 0 {
                held.remove(&self.who);
            }
        }
    }
}

/// A bound on how many there are at once, in all and for each client.
pub struct Places {
    most: usize,
    all: Arc<Semaphore>,
    shares: Shares<IpAddr>,
}

/// One of them.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share<IpAddr>>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All are taken.
    Everywhere,
    /// This client's share is.
    ForClient,
}

impl Places {
    /// The bounds.
    pub fn new(all: usize, each: usize) -> Places {
        Places { most: all, all: Arc::new(Semaphore::new(all)), shares: Shares::new(each) }
    }

    /// Whether half of them are taken, or more.
    pub fn is_crowded(&self) -> bool {
        self.all.available_permits() <= self.most / 2
    }

    /// A place at once, or none. `None` is a client that cannot be told from others; only the bound on all holds for it.
    pub fn enter(&self, client: Option<IpAddr>) -> Result<Place, Full> {
        let share = client.map(|client| self.shares.take(client, 1).ok_or(Full::ForClient)).transpose()?;
        let permit = self.all.clone().try_acquire_owned().map_err(|_| Full::Everywhere)?;
        Ok(Place { _permit: permit, _share: share })
    }
}

#[cfg(test)]
mod tests {
    use hardie_domain::network::network;

    use super::{Full, Places, Shares};

    #[test]
    fn a_client_holds_no_more_than_its_share_and_leaves_the_rest_to_others() {
        let places = Places::new(3, 2);
        let enter = |address: &str| places.enter(Some(network(address.parse().unwrap())));
        let first = enter("192.0.2.1").unwrap();
        let _mapped = enter("::ffff:192.0.2.1").unwrap();
        assert_eq!(enter("192.0.2.1").err(), Some(Full::ForClient));
        let _other = enter("2001:db8::1").unwrap();
        assert_eq!(enter("2001:db8::2").err(), Some(Full::Everywhere));
        assert_eq!(places.enter(None).err(), Some(Full::Everywhere));
        drop(first);
        let _same_network = enter("2001:db8::2").unwrap();
        assert_eq!(enter("2001:db8::3").err(), Some(Full::ForClient));
    }

    #[test]
    fn it_is_crowded_from_half_of_the_places_on() {
        let places = Places::new(4, 4);
        let _one = places.enter(None).unwrap();
        assert!(!places.is_crowded());
        let two = places.enter(None).unwrap();
        assert!(places.is_crowded());
        drop(two);
        assert!(!places.is_crowded());
    }

    #[test]
    fn amounts_add_up_and_are_given_back() {
        let shares = Shares::new(10);
        let large = shares.take("ann", 7).unwrap();
        assert!(shares.take("ann", 4).is_none() && shares.take("ann", usize::MAX).is_none());
        assert!(shares.take("bob", 10).is_some());
        let _small = shares.take("ann", 3).unwrap();
        drop(large);
        assert!(shares.take("ann", 7).is_some());
    }
}
