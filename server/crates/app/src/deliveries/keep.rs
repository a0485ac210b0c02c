//! For how long events and deliveries are kept.

use crate::{App, Result};

/// Events, and deliveries that came to their end, are kept for so many days. What waits for a try that long is given up.
pub const KEPT_DAYS: i64 = 30;
/// Events removed in one go; the rest waits for the next.
const BATCH: u32 = 10_000;
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

/// Forgets what is older.
pub async fn forget_old(app: &App) -> Result<Old> {
    let now = app.clock.now();
    let before = now.plus_seconds(-KEPT_DAYS * 24 * 3600);
    let why = format!("it waited for more than {KEPT_DAYS} days");
    let mut tx = app.store.begin().await?;
    let old = Old {
        skipped: tx.skip_old_deliveries(before, &why, now).await?,
        deliveries: tx.delete_old_deliveries(before).await?,
        events: tx.delete_old_events(before, BATCH).await?,
        logs: tx.trim_delivery_logs(LOGS).await?,
    };
    tx.commit().await?;
    Ok(old)
}
