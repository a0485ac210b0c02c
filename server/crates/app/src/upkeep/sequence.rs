//! Giving committed events their place in the one log.

use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::events::SEQUENCER;

use crate::{App, Result};

/// How long a node that died keeps others from taking over.
const LEASE_SECONDS: i64 = 15;
/// Events ordered in one transaction.
pub const BATCH: u32 = 500;

/// Orders what waits, at most [`BATCH`] events; how many. Zero while another node holds the lease. `holder` is different for each
/// process.
pub async fn sequence_events(app: &App, holder: &str) -> Result<u64> {
    // Nearly always nothing waits, and then nothing is written.
    if !app.store.has_outbox().await? {
        return Ok(0);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !take_sequencing(&mut tx, holder, now).await? {
        return Ok(0);
    }
    let ordered = tx.sequence_events(holder, now, BATCH).await?.unwrap_or(0);
    tx.commit().await?;
    Ok(ordered)
}

/// Takes or extends the lease of the one process that orders events and makes deliveries of them.
pub(crate) async fn take_sequencing(tx: &mut Tx, holder: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.take_lease(SEQUENCER, holder, now, now.plus_seconds(LEASE_SECONDS)).await?)
}

/// Gives the lease back, so that another node need not wait for its end.
pub async fn hand_over_sequencing(app: &App, holder: &str) -> Result<()> {
    let mut tx = app.store.begin().await?;
    tx.release_lease(SEQUENCER, holder).await?;
    Ok(tx.commit().await?)
}

/// Ends the leases of processes of this node, which all ended before this one began; nobody waits for them any more. How many tries of
/// deliveries were cut off.
pub async fn take_over(app: &App, node: &str) -> Result<u64> {
    let mut tx = app.store.begin().await?;
    tx.release_leases_of_node(node).await?;
    let now = app.clock.now();
    tx.release_mails_of_node(node, now).await?;
    tx.release_imports_of_node(node, now).await?;
    let cut_off = tx.release_deliveries_of_node(node, now).await?;
    tx.commit().await?;
    if cut_off > 0 {
        tracing::info!(deliveries = cut_off, "deliveries that an earlier run had under way are tried again");
    }
    Ok(cut_off)
}
