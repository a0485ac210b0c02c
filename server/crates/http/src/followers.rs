//! How many follow events at once: each holds a connection, and reads the log whenever something happens.

use std::sync::Arc;

use hardie_app::shares::{Full, Share, Shares};
use hardie_domain::ids::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bounds, in all and for each user.
pub struct Followers {
    all: Arc<Semaphore>,
    each: Shares<AccountId>,
}

/// One of them; giving it back is dropping it.
pub struct Following {
    _permit: OwnedSemaphorePermit,
    _share: Share<AccountId>,
}

impl Followers {
    /// So many in all, and of one user.
    pub fn new(all: usize, each: usize) -> Followers {
        Followers { all: Arc::new(Semaphore::new(all)), each: Shares::new(each) }
    }

    /// A place at once, or none.
    pub fn enter(&self, user: AccountId) -> Result<Following, Full> {
        let share = self.each.take(user, 1).ok_or(Full::ForClient)?;
        let permit = self.all.clone().try_acquire_owned().map_err(|_| Full::Everywhere)?;
        Ok(Following { _permit: permit, _share: share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_leaves_room_for_others_and_all_together_have_a_bound() {
        let followers = Followers::new(3, 2);
        let (ann, bob) = (AccountId(1), AccountId(2));
        let first = followers.enter(ann).unwrap();
        let _second = followers.enter(ann).unwrap();
        assert_eq!(followers.enter(ann).err(), Some(Full::ForClient));
        let _third = followers.enter(bob).unwrap();
        assert_eq!(followers.enter(bob).err(), Some(Full::Everywhere));
        drop(first);
        assert!(followers.enter(bob).is_ok());
    }
}
