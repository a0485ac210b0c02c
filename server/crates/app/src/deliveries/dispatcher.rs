//! Begins tries: a few at once, one after the other in each repository of an installation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_domain::ids::{DeliveryId, InstallationId};
use hardie_store::deliveries::{Claim, Due};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::room::{OF_ONE, Room};
use super::{commit, fail, gather};
use crate::cancel::Gone;
use crate::{App, Error, Result, webhooks};

/// Deliveries that are looked at to find some that may begin.
const LOOKED_AT: u32 = 500;
/// Deliveries of one repository after which others have their turn, and the time after which they have it.
const IN_A_ROW: usize = 50;
const TURN: Duration = Duration::from_secs(10);
/// For how long a try holds its delivery. Longer than any try lasts; after a crash the next try waits for the rest of it.
const LEASE_SECONDS: i64 = 120;
/// A try that takes longer is let go, while its lease holds and its end can be written.
const LONGEST_TRY: Duration = Duration::from_secs(90);
const _: () = assert!(LONGEST_TRY.as_secs() + 20 < LEASE_SECONDS.unsigned_abs());

/// One for the process. `holder` is different for each process that shares the database.
pub struct Dispatcher {
    app: App,
    holder: Arc<str>,
    plugins: Arc<Room>,
    /// Anybody may have a webhook, and its receiver may take its time: that is no plugin's.
    webhooks: Arc<Room>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Dispatcher {
    /// Nothing begins before [`Dispatcher::round`].
    pub fn new(app: App, holder: &str) -> Dispatcher {
        let (plugins, webhooks) = (Arc::default(), Arc::default());
        Dispatcher { app, holder: Arc::from(holder), plugins, webhooks, tasks: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// Begins what is due, as far as there is room; how many. They go on by themselves.
    pub async fn round(&self) -> Result<u64> {
        let (store, now) = (&self.app.store, self.app.clock.now());
        let mut begun = 0;
        if !self.plugins.is_full() {
            begun += self.begin(&self.plugins, store.list_due_deliveries(now, OF_ONE, LOOKED_AT).await?).await?;
        }
        if !self.webhooks.is_full() {
            begun += self.begin(&self.webhooks, store.list_due_webhooks(now, OF_ONE, LOOKED_AT).await?).await?;
        }
        Ok(begun)
    }

    async fn begin(&self, room: &Arc<Room>, mut due: Vec<Due>) -> Result<u64> {
        let mut begun = 0;
        while let Some((next, place)) = room.take(&mut due) {
            let Some(claim) = claim(&self.app, next.id, next.installation, &self.holder).await? else { continue };
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
    let (mut claimed, began) = (first, Instant::now());
    for left in (0..IN_A_ROW).rev() {
        if let Err(error) = attempt(app, &claimed).await {
            // What cannot be written now is tried again when the lease ran out.
            tracing::warn!(delivery = %claimed.id, attempt = claimed.attempt, error = &error as &dyn std::error::Error, "a try failed");
            return;
        }
        if left == 0 || began.elapsed() >= TURN {
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
    let ended = timeout(LONGEST_TRY, try_once(app, claim)).await;
    match ended.unwrap_or_else(|_| Err(Error::Unavailable(format!("it was not over after {} seconds", LONGEST_TRY.as_secs())))) {
        // If the end was committed after all, this hits no row.
        Err(error) => fail::not_our_day(app, claim, &error).await,
        Ok(()) => Ok(()),
    }
}

async fn try_once(app: &App, claim: &Claim) -> Result<()> {
    // What reads on when the handler is let go ends soon, and gives back its place in the sandbox.
    let gone = Gone::default();
    match gather::gather(app, claim).await? {
        gather::Gathered::Ready(known) if known.installation.is_webhook() => webhooks::deliver(app, &known).await,
        gather::Gathered::Ready(known) => {
            let call = gather::call_for(app, &known, &gone).await?;
            // A web request that writes the same data is over before this begins. If it takes too long, the room is for others.
            let _turn = app.web.turn(gather::state_of(claim)).read().await?;
            let report = gather::call(app, call).await;
            drop(gone);
            commit::settle(app, &known, report).await
        }
        gather::Gathered::Ended(state, why) => fail::end(app, claim, state, why).await,
        gather::Gathered::Gone => Ok(()),
    }
}
