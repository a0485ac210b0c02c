//! Who may run now: a few invocations per core, no owner's repositories more than half of them, a bounded queue before the door. Events have
//! places of their own, of which no owner's installations have more than half. So have policies that ask others, since what they wait for is as slow
//! as it likes: no owner and no installation has more than half of those. So have web requests, of which no owner's installations have more
//! than half.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use hardie_domain::ids::{AccountId, InstallationId};

use crate::limits::Limits;

/// Invocations that run at once in the background.
pub(crate) const BACKGROUND: usize = 1;

/// Whose turn an invocation counts as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    /// An owner's, for all of their repositories together.
    Of(u64),
    /// Nobody's who waits with a push: one at a time, in a place of its own.
    Background,
    /// A push's for an owner and an installation that asks others about it: in a place apart, so that the others' policies go on.
    Online { owner: u64, installation: i64 },
    /// An event's for the installations of one owner, or one of the site's: nobody waits for it, so it takes no push's place.
    Event(i64),
    /// A web request's for the installations of one owner. How many wait is bounded by whoever lets them in.
    Web(i64),
}

impl Lane {
    /// That of whoever owns `owner/name`. Two owners whose names fall together share one, which is all that comes of it.
    pub(crate) fn of_owner(path: &str) -> Lane {
        Lane::Of(owner(path))
    }

    /// That of whoever owns the installation.
    pub(crate) fn event(owner: Option<AccountId>, installation: InstallationId) -> Lane {
        // No account has a number below zero.
        Lane::Event(owner.map_or(-installation.0, |owner| owner.0))
    }

    /// The same for an installation that asks others.
    pub(crate) fn online(path: &str, installation: i64) -> Lane {
        Lane::Online { owner: owner(path), installation }
    }
}

fn owner(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.split('/').next().hash(&mut hasher);
    hasher.finish()
}

/// The door.
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    background: Arc<Semaphore>,
    online: Arc<Semaphore>,
    events: Arc<Semaphore>,
    owners: Lanes<u64>,
    online_owners: Lanes<u64>,
    online_installations: Lanes<i64>,
    event_owners: Lanes<i64>,
    web: Arc<Semaphore>,
    web_owners: Lanes<i64>,
    web_patience: Duration,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
}

/// What those who share the places may have of them each.
struct Lanes<K> {
    lanes: Mutex<HashMap<K, Arc<Semaphore>>>,
    width: usize,
}

/// Leave to run, given back when dropped.
pub(crate) struct Pass {
    _place: OwnedSemaphorePermit,
    _lanes: Vec<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Gate {
        Gate {
            all: Arc::new(Semaphore::new(limits.running)),
            background: Arc::new(Semaphore::new(BACKGROUND)),
            online: Arc::new(Semaphore::new(limits.online)),
            events: Arc::new(Semaphore::new(limits.events)),
            owners: Lanes::half_of(limits.running),
            online_owners: Lanes::half_of(limits.online),
            online_installations: Lanes::half_of(limits.online),
            event_owners: Lanes::half_of(limits.events),
            web: Arc::new(Semaphore::new(limits.web)),
            web_owners: Lanes::half_of(limits.web),
            web_patience: limits.web_patience,
            waiting: AtomicUsize::new(0),
            most_waiting: limits.waiting,
            patience: limits.patience,
        }
    }

    /// Waits for a place. The error says why there is none.
    pub(crate) async fn enter(&self, lane: Lane) -> Result<Pass, &'static str> {
        match lane {
            Lane::Of(lane) => self.enter_counted(vec![self.owners.lane(lane)], &self.all).await,
            Lane::Online { owner, installation } => {
                let lanes = vec![self.online_installations.lane(installation), self.online_owners.lane(owner)];
                self.enter_counted(lanes, &self.online).await
            }
            Lane::Background => self.enter_aside(Vec::new(), &self.background, self.patience).await,
            // For its own kind, and then for the others.
            Lane::Event(lane) => self.enter_aside(vec![self.event_owners.lane(lane)], &self.events, self.patience * 2).await,
            Lane::Web(lane) => self.enter_aside(vec![self.web_owners.lane(lane)], &self.web, self.web_patience).await,
        }
    }

    async fn enter_aside(&self, lanes: Vec<Arc<Semaphore>>, places: &Arc<Semaphore>, patience: Duration) -> Result<Pass, &'static str> {
        tokio::time::timeout(patience, each(lanes, Arc::clone(places))).await.unwrap_or(Err("no place to run came free in time"))
    }

    /// For those that a push waits for: at once, or counted among those that wait.
    async fn enter_counted(&self, lanes: Vec<Arc<Semaphore>>, places: &Arc<Semaphore>) -> Result<Pass, &'static str> {
        let free = lanes.iter().map(|lane| Arc::clone(lane).try_acquire_owned()).collect::<Result<Vec<_>, _>>();
        if let (Ok(lanes), Ok(place)) = (free, Arc::clone(places).try_acquire_owned()) {
            return Ok(Pass { _place: place, _lanes: lanes });
        }
        let _counted = Counted::enter(&self.waiting, self.most_waiting).ok_or("too many plugin runs are waiting")?;
        self.enter_aside(lanes, places, self.patience).await
    }
}

/// Waits in each lane and then for a place: whoever waits for its own kind must not hold a place meanwhile.
async fn each(lanes: Vec<Arc<Semaphore>>, places: Arc<Semaphore>) -> Result<Pass, &'static str> {
    let stopping = |_| "the server is stopping";
    let mut held = Vec::with_capacity(lanes.len());
    for lane in lanes {
        held.push(lane.acquire_owned().await.map_err(stopping)?);
    }
    Ok(Pass { _place: places.acquire_owned().await.map_err(stopping)?, _lanes: held })
}

impl<K: Eq + Hash> Lanes<K> {
    fn half_of(places: usize) -> Lanes<K> {
        Lanes { lanes: Mutex::default(), width: (places / 2).max(1) }
    }

    fn lane(&self, lane: K) -> Arc<Semaphore> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() > 1024 {
            lanes.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        Arc::clone(lanes.entry(lane).or_insert_with(|| Arc::new(Semaphore::new(self.width))))
    }
}

/// One in the queue; counted down when dropped, whichever way the wait ends.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn enter(count: &'a AtomicUsize, most: usize) -> Option<Counted<'a>> {
        let counted = Counted(count);
        (count.fetch_add(1, Ordering::SeqCst) < most).then_some(counted)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(running: usize, waiting: usize) -> Gate {
        Gate::new(&Limits { running, waiting, patience: Duration::from_millis(30), ..Limits::default() })
    }

    #[tokio::test]
    async fn one_repository_cannot_take_every_place() {
        let gate = gate(4, 10);
        let (_a, _b) = (gate.enter(Lane::Of(1)).await.ok(), gate.enter(Lane::Of(1)).await.ok());
        assert!(gate.enter(Lane::Of(1)).await.is_err(), "half of the places are taken by this one");
        assert!(gate.enter(Lane::Of(2)).await.is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_at_once_and_counts_right() {
        let gate = gate(1, 0);
        let pass = gate.enter(Lane::Of(1)).await.ok();
        assert_eq!(gate.enter(Lane::Of(2)).await.err(), Some("too many plugin runs are waiting"));
        assert_eq!(gate.waiting.load(Ordering::SeqCst), 0);
        drop(pass);
        assert!(gate.enter(Lane::Of(2)).await.is_ok());
    }

    #[tokio::test]
    async fn a_cancelled_wait_gives_everything_back() {
        let gate = gate(2, 5);
        let pass = (gate.enter(Lane::Of(1)).await.ok(), gate.enter(Lane::Of(2)).await.ok());
        assert!(tokio::time::timeout(Duration::from_millis(5), gate.enter(Lane::Of(3))).await.is_err());
        drop(pass);
        assert_eq!((gate.waiting.load(Ordering::SeqCst), gate.all.available_permits()), (0, 2));
    }

    #[tokio::test]
    async fn what_runs_in_the_background_takes_no_place_of_a_push_and_waits_for_none() {
        let gate = gate(1, 0);
        let background = gate.enter(Lane::Background).await.ok();
        assert!(background.is_some() && gate.enter(Lane::Of(1)).await.is_ok());
        let _push = gate.enter(Lane::Of(1)).await.ok();
        assert!(gate.enter(Lane::Background).await.is_err(), "one at a time");
        drop(background);
        assert!(gate.enter(Lane::Background).await.is_ok());
    }

    #[tokio::test]
    async fn all_repositories_of_an_owner_share_one_lane() {
        let gate = gate(4, 0);
        let _half = (gate.enter(Lane::of_owner("ann/a")).await.ok(), gate.enter(Lane::of_owner("ann/b")).await.ok());
        assert!(gate.enter(Lane::of_owner("ann/c")).await.is_err(), "another repository makes no more room");
        assert!(gate.enter(Lane::of_owner("bob/a")).await.is_ok());
    }

    #[tokio::test]
    async fn events_have_places_of_their_own() {
        let gate = Gate::new(&Limits { running: 1, events: 2, patience: Duration::from_millis(30), ..Limits::default() });
        let events = [gate.enter(Lane::Event(1)).await.ok(), gate.enter(Lane::Event(2)).await.ok()];
        assert!(gate.enter(Lane::Event(3)).await.is_err(), "two at a time");
        let push = gate.enter(Lane::Of(1)).await.ok();
        assert!(push.is_some(), "a push waits for no event");
        drop(events);
        assert!(gate.enter(Lane::Event(1)).await.is_ok(), "and an event for no push");
    }

    #[tokio::test]
    async fn those_that_ask_others_have_places_apart_and_no_owner_or_installation_has_them_all() {
        let gate = Gate::new(&Limits { running: 1, waiting: 1, online: 4, patience: Duration::from_millis(15), ..Limits::default() });
        let enter = async |path: &str, installation| gate.enter(Lane::online(path, installation)).await;
        let held = [enter("ann/a", 1).await.ok(), enter("ann/b", 2).await.ok()];
        assert!(held.iter().all(Option::is_some));
        assert!(enter("ann/c", 3).await.is_err(), "two of the four are this owner's");
        assert!(gate.enter(Lane::of_owner("ann/a")).await.is_ok(), "and their other policies go on");
        let other = enter("bob/a", 1).await.ok();
        assert!(other.is_some());
        assert!(enter("eve/a", 1).await.is_err(), "two of the four are this installation's");
        drop(held);
        assert!(enter("eve/a", 1).await.is_ok() && enter("ann/c", 3).await.is_ok());
        assert_eq!(gate.waiting.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn web_requests_have_places_of_their_own_and_no_owner_all_of_them() {
        let wait = Duration::from_millis(15);
        let gate = Gate::new(&Limits { running: 1, events: 1, web: 4, web_patience: wait, patience: wait, ..Limits::default() });
        let mut passes = Vec::new();
        for _ in 0..4 {
            passes.extend(gate.enter(Lane::Web(1)).await.ok());
        }
        assert_eq!(passes.len(), 2, "half of them");
        assert!(gate.enter(Lane::Web(2)).await.is_ok(), "the other half is there for others");
        let _others = (gate.enter(Lane::Web(2)).await.ok(), gate.enter(Lane::Web(3)).await.ok());
        assert!(gate.enter(Lane::Web(4)).await.is_err(), "four at a time");
        assert!(gate.enter(Lane::Of(1)).await.is_ok() && gate.enter(Lane::Event(1)).await.is_ok(), "no push and no event waits for them");
    }

    #[tokio::test]
    async fn one_owner_cannot_take_every_place_of_events() {
        let gate = Gate::new(&Limits { events: 4, patience: Duration::from_millis(15), ..Limits::default() });
        let mut passes = Vec::new();
        let of = |owner: Option<i64>, installation| Lane::event(owner.map(AccountId), InstallationId(installation));
        for installation in 0..4 {
            passes.extend(gate.enter(of(Some(1), installation)).await.ok());
        }
        assert_eq!(passes.len(), 2, "half of them, by however many installations");
        assert!(gate.enter(of(Some(2), 1)).await.is_ok(), "the other half is there for others");
        assert!(gate.enter(of(None, 1)).await.is_ok(), "and for the site's own");
        passes.pop();
        assert!(gate.enter(of(Some(1), 1)).await.is_ok());
    }
}
