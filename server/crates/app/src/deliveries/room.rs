//! Room for tries: so many at once, and of each owner's installations no more than a share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_domain::ids::{AccountId, InstallationId};
use hardie_store::deliveries::Due;

/// Tries at once.
const AT_ONCE: usize = 8;
/// Tries at once of the installations of one owner, and of those of the site.
pub const OF_ONE: u32 = 4;

/// Owners of whom it is known when one of theirs began last.
const REMEMBERED: usize = 4096;

/// Who has how many under way.
#[derive(Default)]
pub struct Room(Mutex<Running>);

#[derive(Default)]
struct Running {
    all: usize,
    of_owner: HashMap<Option<AccountId>, u32>,
    of_installation: HashMap<InstallationId, u32>,
    /// When each owner's last one began, counted in those that began.
    served: HashMap<Option<AccountId>, u64>,
    begun: u64,
}

/// Room for a try, given back when dropped.
pub struct Place {
    room: Arc<Room>,
    owner: Option<AccountId>,
    installation: InstallationId,
}

impl Room {
    /// Whether nothing can begin.
    pub fn is_full(&self) -> bool {
        self.with(|running| running.all >= AT_ONCE)
    }

    /// Takes what is to begin next out of what is due, and room for it: of the owner who has the least under way, then of the one who waits
    /// for longest, so that who has much that is old does not come before others each time; then what comes first in the list.
    pub fn take(self: &Arc<Room>, due: &mut Vec<Due>) -> Option<(Due, Place)> {
        self.with(|running| {
            let has = |due: &Due| {
                let of_owner = running.of_owner.get(&due.owner).copied().unwrap_or_default();
                let served = running.served.get(&due.owner).copied().unwrap_or_default();
                (of_owner, served, running.of_installation.get(&due.installation).copied().unwrap_or_default())
            };
            let open = due.iter().enumerate().map(|(at, due)| (has(due), at)).filter(|((of_owner, ..), _)| *of_owner < OF_ONE);
            let (_, at) = open.min().filter(|_| running.all < AT_ONCE)?;
            let next = due.remove(at);
            running.all += 1;
            running.begun += 1;
            if running.served.len() >= REMEMBERED {
                running.served.clear();
            }
            running.served.insert(next.owner, running.begun);
            *running.of_owner.entry(next.owner).or_default() += 1;
            *running.of_installation.entry(next.installation).or_default() += 1;
            let place = Place { room: Arc::clone(self), owner: next.owner, installation: next.installation };
            Some((next, place))
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Running) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.with(|running| {
            running.all = running.all.saturating_sub(1);
            less(&mut running.of_owner, self.owner);
            less(&mut running.of_installation, self.installation);
        });
    }
}

fn less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use hardie_domain::ids::DeliveryId;

    use super::*;

    fn due(id: i64, installation: i64, owner: i64) -> Due {
        Due { id: DeliveryId(id), installation: InstallationId(installation), owner: (owner > 0).then_some(AccountId(owner)) }
    }

    #[test]
    fn owners_share_the_room_and_their_installations_share_theirs() {
        let room = Arc::new(Room::default());
        // Ten of one installation of the first owner, two of another, one of somebody else and one of the site.
        let mut list: Vec<Due> =
            (1..=10).map(|id| due(id, 1, 1)).chain([due(11, 2, 1), due(12, 2, 1), due(13, 3, 2), due(14, 4, 0)]).collect();
        let mut begun = Vec::new();
        let mut places = Vec::new();
        while let Some((next, place)) = room.take(&mut list) {
            begun.push(next.id.0);
            places.push(place);
        }
        assert_eq!(begun, [1, 13, 14, 11, 2, 12]);
        assert!(!room.is_full());
        places.remove(0);
        let (next, _place) = room.take(&mut list).unwrap();
        assert_eq!(next.id.0, 3, "the owner has room again");
        drop(places);
        assert!(room.with(|running| running.all == 1 && running.of_owner.len() == 1 && running.of_installation.len() == 1));
    }

    #[test]
    fn who_has_much_that_is_old_waits_for_a_turn_like_others() {
        let room = Arc::new(Room::default());
        let mut places: Vec<Place> = Vec::new();
        let begin = |list: &mut Vec<Due>| room.take(list).map(|(next, place)| (next.owner, place)).unwrap();
        let old = |id: i64| due(id, id % 8 + 1, id % 8 + 1);
        let mut list: Vec<Due> = (0..80).map(old).collect();
        for _ in 0..AT_ONCE {
            places.push(begin(&mut list).1);
        }
        // One who comes later is behind all in the list, and is next all the same.
        list.push(due(1000, 99, 99));
        places.pop();
        assert_eq!(begin(&mut list).0, Some(AccountId(99)));
    }

    #[test]
    fn no_more_begin_than_there_is_room() {
        let room = Arc::new(Room::default());
        let mut list: Vec<Due> = (1..=20).map(|id| due(id, id, id)).collect();
        let places: Vec<Place> = std::iter::from_fn(|| room.take(&mut list)).map(|(_, place)| place).collect();
        assert!(places.len() == AT_ONCE && room.is_full());
    }
}
