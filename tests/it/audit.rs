//! The audit log: what is in it, and that nobody changes it unseen.

mod chain;
mod killed;
mod lines;
mod pruned;

use hardie_app::App;
use hardie_app::audit::{ChainReport, verify_audit};
use hardie_domain::audit::Link;

use crate::support::eventually;

/// Waits until every line that was written has its place.
async fn sealed(app: &App) {
    eventually("all lines are sealed", async || app.store.count_unsealed_audit().await.unwrap() == 0).await;
}

async fn look(app: &App, noted: Option<Link>) -> ChainReport {
    verify_audit(app, noted).await.unwrap()
}

/// What is wrong.
async fn fault(app: &App, noted: Option<Link>) -> String {
    look(app, noted).await.fault.unwrap_or_else(|| "nothing".to_owned())
}
