//! For how long events and deliveries are kept.

use hardie_domain::ids::InstallationId;
use hardie_domain::time::Timestamp;

use crate::webhooks::end_removals;
use crate::{App, Result};

/// Events, and deliveries that came to their end, are kept for so many days. What waits for a try that long is given up.
pub const KEPT_DAYS: i64 = 30;
/// Events removed in one go; the rest waits for the next.
const EVENTS: u32 = 10_000;
/// Deliveries changed in one transaction.
const BATCH: u32 = 1000;
/// Deliveries of each installation whose log is kept.
const LOGS: u32 = 200;

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Old {
    /// Events.
    pub events: u64,
    /// Deliveries that came to their end.
    pub deliveries: u64,
    /// Deliveries that waited too long and are skipped.
    pub skipped: u64,
    /// Deliveries whose logs are gone.
    pub logs: u64,
}

/// Why what waits is skipped when nobody is told of it any more.
pub(crate) const UNHEARD: &str = "its component handles no events any more";

/// Forgets what is older, and webhooks whose removal was interrupted. Each installation's deliveries are let go a few at a time, so that nobody waits long for the lock.
pub async fn forget_old(app: &App) -> Result<Old> {
    end_removals(app).await?;
    let mut old = Old::default();
    for id in app.store.list_unheard_installations().await? {
        old.skipped += in_batches(app, id, Step::Skip(UNHEARD)).await?;
    }
    let before = app.clock.now().plus_seconds(-KEPT_DAYS * 24 * 3600);
    for id in app.store.list_installations_with_old_deliveries(before).await? {
        old.skipped += in_batches(app, id, Step::SkipOld(before)).await?;
        old.deliveries += in_batches(app, id, Step::DeleteOld(before)).await?;
    }
    let mut tx = app.store.begin().await?;
    old.events = tx.delete_old_events(before, EVENTS).await?;
    tx.commit().await?;
    for id in app.store.list_installations_with_many_logs(LOGS).await? {
        old.logs += in_batches(app, id, Step::TrimLogs).await?;
    }
    Ok(old)
}

/// Skips all that waits for an installation.
pub(crate) async fn skip_waiting(app: &App, id: InstallationId, why: &str) -> Result<()> {
    in_batches(app, id, Step::Skip(why)).await.map(drop)
}

/// Removes what an installation leaves behind that is on its way out: nobody is told of anything, and nothing begins any more.
pub(crate) async fn clear_out(app: &App, id: InstallationId) -> Result<()> {
    in_batches(app, id, Step::DeleteStates).await?;
    in_batches(app, id, Step::Delete).await.map(drop)
}

/// What is done to an installation's rows.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// Skip what waits.
    Skip(&'a str),
    /// What waits since before this.
    SkipOld(Timestamp),
    /// Remove what came to its end before this.
    DeleteOld(Timestamp),
    /// Forget all but the newest logs.
    TrimLogs,
    /// Forget what it keeps.
    DeleteStates,
    /// Remove its deliveries.
    Delete,
}

/// Does a step until it hits no more rows, each time in a transaction that has the installation's lock; how many rows it was.
async fn in_batches(app: &App, id: InstallationId, step: Step<'_>) -> Result<u64> {
    let mut all = 0;
    loop {
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        tx.lock_handler(id).await?;
        let hit = match step {
            Step::Skip(why) => tx.skip_deliveries(id, why, now, BATCH).await?,
            Step::SkipOld(before) => {
                let why = format!("it waited for more than {KEPT_DAYS} days");
                tx.skip_old_deliveries(id, before, &why, now, BATCH).await?
            }
            Step::DeleteOld(before) => tx.delete_old_deliveries(id, before, BATCH).await?,
            Step::TrimLogs => tx.trim_delivery_logs(id, LOGS, BATCH).await?,
            Step::DeleteStates => tx.delete_states(id, BATCH).await?,
            Step::Delete => tx.delete_deliveries(id, BATCH).await?,
        };
        tx.commit().await?;
        all += hit;
        if hit < u64::from(BATCH) {
            return Ok(all);
        }
    }
}
