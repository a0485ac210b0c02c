//! Begins tries: a few at once, one after the other in each repository of an installation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_domain::ids::{DeliveryId, InstallationId};
use hardie_store::deliveries::Claim;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{commit, fail, gather};
use crate::{App, Result};

/// Tries at once.
const AT_ONCE: usize = 8;
/// Tries at once of one installation.
const OF_ONE: usize = 4;
/// Deliveries that are looked at to find some that may begin.
const LOOKED_AT: u32 = 500;
/// Deliveries of one repository after which others have their turn.
const IN_A_ROW: usize = 50;
/// For how long a try holds its delivery. Longer than any try lasts; after a crash the next try waits for the rest of it.
const LEASE_SECONDS: i64 = 120;

/// One for the process. `holder` is different for each process that shares the database.
pub struct Dispatcher {
    app: App,
    holder: Arc<str>,
    slots: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<InstallationId, usize>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Dispatcher {
    /// Nothing begins before [`Dispatcher::round`].
    pub fn new(app: App, holder: &str) -> Dispatcher {
        let (slots, holder) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::from(holder));
        Dispatcher { app, holder, slots, running: Arc::default(), tasks: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// Begins what is due, as far as there is room; how many. They go on by themselves.
    pub async fn round(&self) -> Result<u64> {
        let mut begun = 0;
        if self.slots.available_permits() == 0 {
            return Ok(begun);
        }
        for (id, installation) in self.app.store.list_due_deliveries(self.app.clock.now(), LOOKED_AT).await? {
            let place = match self.place(installation) {
                Room::For(place) => place,
                Room::NotForIt => continue,
                Room::None => break,
            };
            let Some(claim) = claim(&self.app, id, installation, &self.holder).await? else { continue };
            begun += 1;
            let (app, holder, stop) = (self.app.clone(), Arc::clone(&self.holder), self.stop.clone());
            self.tasks.spawn(async move {
                stop.run_until_cancelled(in_a_row(&app, claim, &holder)).await;
                drop(place);
                app.wakes.deliveries();
            });
        }
        Ok(begun)
    }

    /// Waits until nothing is under way.
    pub async fn idle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Lets go of what is under way and gives it back, so that nobody waits for the end of its leases.
    pub async fn hand_over(&self) -> Result<()> {
        self.stop.cancel();
        self.idle().await;
        let mut tx = self.app.store.begin().await?;
        tx.release_deliveries(&self.holder, self.app.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    fn place(&self, installation: InstallationId) -> Room {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = running.get(&installation).copied().unwrap_or_default();
        if of_one >= OF_ONE {
            return Room::NotForIt;
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Room::None };
        running.insert(installation, of_one + 1);
        Room::For(Place { installation, running: Arc::clone(&self.running), _slot: slot })
    }
}

/// Whether there is room for a try of an installation.
enum Room {
    For(Place),
    /// It has its share.
    NotForIt,
    /// Nobody has any.
    None,
}

/// Room for a try, given back when dropped.
struct Place {
    installation: InstallationId,
    running: Arc<Mutex<HashMap<InstallationId, usize>>>,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_one) = running.get_mut(&self.installation) {
            *of_one = of_one.saturating_sub(1);
            if *of_one == 0 {
                running.remove(&self.installation);
            }
        }
    }
}

/// Begins a try, if it is this delivery's turn.
pub(super) async fn claim(app: &App, id: DeliveryId, installation: InstallationId, holder: &str) -> Result<Option<Claim>> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let claimed = tx.claim_delivery(id, installation, holder, now, now.plus_seconds(LEASE_SECONDS)).await?;
    if claimed.is_some() {
        tx.commit().await?;
    }
    Ok(claimed)
}

/// A try, and then those of the same repository that wait behind it.
async fn in_a_row(app: &App, first: Claim, holder: &str) {
    let mut claimed = first;
    for left in (0..IN_A_ROW).rev() {
        if let Err(error) = attempt(app, &claimed).await {
            // What cannot be written now is tried again when the lease ran out.
            tracing::warn!(delivery = %claimed.id, attempt = claimed.attempt, error = &error as &dyn std::error::Error, "a try failed");
            return;
        }
        if left == 0 {
            return;
        }
        match behind(app, &claimed, holder).await {
            Ok(Some(next)) => claimed = next,
            // A round finds what is left.
            Ok(None) | Err(_) => return,
        }
    }
}

async fn behind(app: &App, ended: &Claim, holder: &str) -> Result<Option<Claim>> {
    match app.store.next_delivery(ended).await? {
        Some(id) => claim(app, id, ended.installation, holder).await,
        None => Ok(None),
    }
}

/// One try, from its facts to its end.
pub(super) async fn attempt(app: &App, claim: &Claim) -> Result<()> {
    let ended = match gather::gather(app, claim).await {
        Ok(gather::Gathered::Ready(ready)) => {
            let (known, call) = *ready;
            let report = gather::call(app, call).await;
            commit::settle(app, &known, report).await
        }
        Ok(gather::Gathered::Ended(state, why)) => return fail::end(app, claim, state, why).await,
        Ok(gather::Gathered::Gone) => return Ok(()),
        Err(error) => Err(error),
    };
    match ended {
        // If the end was committed after all, this hits no row.
        Err(error) => fail::not_our_day(app, claim, &error).await,
        ended => ended,
    }
}
