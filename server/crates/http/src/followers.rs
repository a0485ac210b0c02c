//! How many follow events at once: each holds a connection, and reads the log whenever something happens.

use std::net::IpAddr;
use std::sync::Arc;

use hardie_app::shares::{Full, Share, Shares};
use hardie_domain::ids::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of all places, those that one network may have: accounts cost nothing where people sign up.
const OF_ONE_NETWORK: usize = 4;

/// The bounds, in all, for each user and for each network.
pub struct Followers {
    all: Arc<Semaphore>,
    each: Shares<AccountId>,
    networks: Shares<IpAddr>,
}

/// One of them; giving it back is dropping it.
pub struct Following {
    _permit: OwnedSemaphorePermit,
    _share: Share<AccountId>,
    _network: Option<Share<IpAddr>>,
}

impl Followers {
    /// So many in all, and of one user.
    pub fn new(all: usize, each: usize) -> Followers {
        let networks = Shares::new(all.div_ceil(OF_ONE_NETWORK).max(each));
        Followers { all: Arc::new(Semaphore::new(all)), each: Shares::new(each), networks }
    }

    /// A place at once, or none. `network` is `None` for a proxy that does not say for whom it asks.
    pub fn enter(&self, user: AccountId, network: Option<IpAddr>) -> Result<Following, Full> {
        let share = self.each.take(user, 1).ok_or(Full::ForClient)?;
        let network = network.map(|network| self.networks.take(network, 1).ok_or(Full::ForClient)).transpose()?;
        let permit = self.all.clone().try_acquire_owned().map_err(|_| Full::Everywhere)?;
        Ok(Following { _permit: permit, _share: share, _network: network })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_leaves_room_for_others_and_all_together_have_a_bound() {
        let followers = Followers::new(3, 2);
        let (ann, bob) = (AccountId(1), AccountId(2));
        let first = followers.enter(ann, None).unwrap();
        let _second = followers.enter(ann, None).unwrap();
        assert_eq!(followers.enter(ann, None).err(), Some(Full::ForClient));
        let _third = followers.enter(bob, None).unwrap();
        assert_eq!(followers.enter(bob, None).err(), Some(Full::Everywhere));
        drop(first);
        assert!(followers.enter(bob, None).is_ok());
    }

    #[test]
    fn one_network_takes_a_part_however_many_accounts_it_has() {
        let followers = Followers::new(16, 2);
        let network = Some(IpAddr::from([192, 0, 2, 1]));
        let places: Vec<_> = (0..5).map(|user| followers.enter(AccountId(user), network)).collect();
        assert_eq!(places.iter().filter(|place| place.is_ok()).count(), 4);
        assert!(
            followers.enter(AccountId(9), Some(IpAddr::from([198, 51, 100, 1]))).is_ok() && followers.enter(AccountId(9), None).is_ok()
        );
    }
}
