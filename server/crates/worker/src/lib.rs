//! The server's own clockwork: it calls `hardie_app::upkeep` in turn until it is told to stop.
//!
//! Must not know: rows, files, rules. What is done and why is in `app`; here is only when. A round that fails is logged and done
//! again; nothing here ends the server. Any number of nodes may run it at once.
//!
//! Start reading at [`run`].
#![warn(missing_docs)]

mod rounds;

use std::time::Duration;

use hardie_app::deliveries::{Dispatcher, Old, forget_old, make_deliveries};
use hardie_app::{App, Result, upkeep};
use tokio_util::sync::CancellationToken;

use crate::rounds::{Next, rounds, woken_rounds};

/// Events are ordered this long after their commit at most, give or take.
const SEQUENCING: Duration = Duration::from_millis(200);
/// Deliveries that another process made, or that are due again, are begun this long afterwards at most.
const DELIVERING: Duration = Duration::from_millis(250);
/// Events that another process ordered are told to those who follow the log this long afterwards at most.
const TELLING: Duration = Duration::from_millis(500);
/// Mails are sent this long after what causes them at most, if the server of mails takes them.
const MAILING: Duration = Duration::from_secs(1);
/// Repositories are begun to be fetched this long after somebody asked at most.
const IMPORTING: Duration = Duration::from_secs(1);
/// What was refused is written this long afterwards at most.
const DENIALS: Duration = Duration::from_secs(1);
/// Lines of the audit log are sealed this long after their commit at most: each round is a commit, which pushes wait for on SQLite.
const SEALING: Duration = Duration::from_secs(5);
/// Lines that are older than the log is kept are looked for this often.
const PRUNING: Duration = Duration::from_secs(3600);
/// What expired is ended about this long afterwards.
const EXPIRY: Duration = Duration::from_secs(60);
/// What reading found damaged is told and fenced off this long afterwards, if it was not at once.
const DAMAGE: Duration = Duration::from_secs(5);
/// Crowded repositories are looked for this often, and at once where many pushes follow each other.
const FOLDING: Duration = Duration::from_secs(60);
/// Large repositories are looked for this often.
const BITMAPS: Duration = Duration::from_secs(60);
/// The same, for bundles.
const BUNDLES: Duration = Duration::from_secs(60);
/// Repositories that may hold what no ref reaches are looked for this often.
const COLLECTING: Duration = Duration::from_secs(60);
/// What nobody can have back is removed about this long afterwards. It looks at every pack, so not too often.
const SWEEPING: Duration = Duration::from_secs(600);

/// Works until `stop`. A stop may cut off a round anywhere: each is safe to repeat. `node` is the same at each start of this server, of
/// which one runs at a time.
pub async fn run(app: App, node: String, stop: CancellationToken) -> Result<()> {
    let holder = holder(&app, &node);
    if let Err(error) = upkeep::take_over(&app, &node).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "what an earlier run had under way waits until its leases run out");
    }
    let dispatcher = Dispatcher::new(app.clone(), &holder);
    tokio::join!(
        woken_rounds("worker.sequence", SEQUENCING, &stop, || app.wakes.announced(), || sequence(app.clone(), holder.clone())),
        woken_rounds("worker.deliver", DELIVERING, &stop, || app.wakes.made(), || deliver(&dispatcher)),
        woken_rounds("worker.tell", TELLING, &stop, || app.wakes.placed(), || tell(app.clone())),
        rounds("worker.mail", MAILING, &stop, || mails(app.clone(), holder.clone())),
        rounds("worker.import", IMPORTING, &stop, || import(app.clone(), holder.clone())),
        rounds("worker.import", IMPORTING, &stop, || import(app.clone(), holder.clone())),
        rounds("worker.import", IMPORTING, &stop, || import(app.clone(), holder.clone())),
        rounds("worker.denials", DENIALS, &stop, || denials(app.clone())),
        rounds("worker.seal", SEALING, &stop, || seal(app.clone(), holder.clone())),
        rounds("worker.prune", PRUNING, &stop, || prune(app.clone(), holder.clone())),
        rounds("worker.expire", EXPIRY, &stop, || expire(app.clone())),
        rounds("worker.damage", DAMAGE, &stop, || damage(app.clone())),
        woken_rounds("worker.fold", FOLDING, &stop, || app.wakes.crowded(), || fold(app.clone())),
        rounds("worker.bitmaps", BITMAPS, &stop, || bitmaps(app.clone())),
        rounds("worker.bundles", BUNDLES, &stop, || bundles(app.clone())),
        rounds("worker.collect", COLLECTING, &stop, || collect(app.clone())),
        rounds("worker.sweep", SWEEPING, &stop, || sweep(app.clone())),
    );
    if let Err(error) = dispatcher.hand_over().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "deliveries under way are tried again when their leases run out");
    }
    if let Err(error) = hardie_app::audit::write_denials(&app, true).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "what was refused in the last minute is not in the audit log");
    }
    if let Err(error) = upkeep::hand_over_sequencing(&app, &holder).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the sequencer's lease runs out by itself");
    }
    Ok(())
}

async fn sequence(app: App, holder: String) -> Result<Next> {
    let ordered = upkeep::sequence_events(&app, &holder).await?;
    if ordered > 0 {
        tracing::debug!(events = ordered, "events ordered");
        app.wakes.ordered();
    }
    let handed_on = make_deliveries(&app, &holder).await?;
    Ok(if ordered > 0 || handed_on > 0 { Next::AtOnce } else { Next::Later })
}

async fn deliver(dispatcher: &Dispatcher) -> Result<Next> {
    // What is begun goes on by itself, and tells when there is room again.
    dispatcher.round().await?;
    Ok(Next::Later)
}

async fn tell(app: App) -> Result<Next> {
    hardie_app::events::tell_followers(&app).await?;
    Ok(Next::Later)
}

async fn mails(app: App, holder: String) -> Result<Next> {
    Ok(if hardie_app::mail::send_mails(&app, &holder).await?.more { Next::AtOnce } else { Next::Later })
}

async fn import(app: App, holder: String) -> Result<Next> {
    Ok(if hardie_app::imports::run_import(&app, &holder).await? { Next::AtOnce } else { Next::Later })
}

async fn denials(app: App) -> Result<Next> {
    hardie_app::audit::write_denials(&app, false).await?;
    Ok(Next::Later)
}

async fn seal(app: App, holder: String) -> Result<Next> {
    Ok(if hardie_app::audit::seal_audit(&app, &holder).await? >= hardie_app::audit::SEALED_AT_ONCE { Next::AtOnce } else { Next::Later })
}

async fn prune(app: App, holder: String) -> Result<Next> {
    let pruned = hardie_app::audit::prune_audit(&app, &holder).await?;
    if pruned > 0 {
        tracing::info!(lines = pruned, "pruned the audit log");
    }
    Ok(Next::Later)
}

async fn expire(app: App) -> Result<Next> {
    let expired = upkeep::expire(&app).await?;
    if expired != upkeep::Expired::default() {
        tracing::info!(
            sessions = expired.sessions,
            failures = expired.failures,
            pushes = expired.pushes,
            stages = expired.stages,
            components = expired.components,
            mails = expired.mails,
            answers = expired.answers,
            grants = expired.grants,
            logs = expired.logs,
            "ended what ran out of time"
        );
    }
    let old = forget_old(&app).await?;
    if old != Old::default() {
        let Old { events, deliveries, skipped, logs } = old;
        tracing::info!(events, deliveries, skipped, logs, "forgot old events and deliveries");
    }
    Ok(Next::Later)
}

async fn damage(app: App) -> Result<Next> {
    hardie_app::damage::settle(&app).await?;
    hardie_app::plugins::mend_altered(&app).await?;
    Ok(if hardie_app::damage::look_closer(&app).await? { Next::AtOnce } else { Next::Later })
}

async fn fold(app: App) -> Result<Next> {
    let packs = upkeep::fold_packs(&app).await?;
    if packs > 0 {
        tracing::info!(packs, "folded small packs");
    }
    Ok(if packs > 0 { Next::AtOnce } else { Next::Later })
}

async fn bitmaps(app: App) -> Result<Next> {
    let repositories = upkeep::keep_bitmaps(&app).await?;
    if repositories > 0 {
        tracing::info!(repositories, "made bitmaps or commit-graphs");
    }
    Ok(Next::Later)
}

async fn bundles(app: App) -> Result<Next> {
    let packs = upkeep::keep_bundles(&app).await?;
    if packs > 0 {
        tracing::info!(packs, "looked for bundles");
    }
    Ok(Next::Later)
}

async fn collect(app: App) -> Result<Next> {
    // One repository at a time.
    Ok(if upkeep::collect_next(&app).await? { Next::AtOnce } else { Next::Later })
}

async fn sweep(app: App) -> Result<Next> {
    let purged = upkeep::purge_repos(&app).await?;
    let swept = upkeep::sweep_packs(&app).await?;
    let lfs = upkeep::sweep_lfs(&app).await?;
    if purged > 0 || swept != upkeep::Swept::default() || lfs != upkeep::Swept::default() {
        tracing::info!(
            repositories = purged,
            packs = swept.files,
            lfs_objects = lfs.files,
            failed = swept.failed + lfs.failed,
            "removed what nobody can have back"
        );
    }
    // All work in batches: whoever removed something may have left something.
    Ok(if purged > 0 || swept.files > 0 || lfs.files > 0 { Next::AtOnce } else { Next::Later })
}

/// Tells this process from all others that take leases in the same database, those before it on this node too.
fn holder(app: &App, node: &str) -> String {
    format!("{node}/{}", app.entropy.name())
}
