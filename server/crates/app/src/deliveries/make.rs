//! Deliveries are made of the ordered log alone: an event of a transaction that was long open comes behind those that were first.

use crate::upkeep::take_sequencing;
use crate::webhooks::make_webhook_deliveries;
use crate::{App, Result};

/// Events looked at in one transaction.
const BATCH: u32 = 500;

/// Makes deliveries of the next events of the log, at most [`BATCH`] of them; how many events. Zero while another node orders
/// events. `holder` is different for each process.
pub async fn make_deliveries(app: &App, holder: &str) -> Result<u64> {
    app.wakes.hear(app.store.has_handlers().await?);
    if !app.store.has_undelivered().await? {
        return Ok(0);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !take_sequencing(&mut tx, holder, now).await? {
        return Ok(0);
    }
    let Some(made) = tx.make_deliveries(holder, now, BATCH).await? else { return Ok(0) };
    let webhooks = make_webhook_deliveries(&mut tx, &made, now).await?;
    tx.commit().await?;
    if let Some((seq, installation)) = made.dropped.first() {
        let (events, installation) = (made.dropped.len(), installation.map(|id| id.0));
        tracing::warn!(events, first = seq.0, installation, "handlers cause each other's events: nobody is told of these");
    }
    if made.deliveries + webhooks > 0 {
        app.wakes.deliveries();
    }
    Ok(made.events)
}
