//! What an installation was told of events, for those who administer it: to look at, to have again, to let go.

use hardie_domain::attempt::DeliveryState;
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::ids::{DeliveryId, EventSeq, InstallationId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::Mode;
use hardie_domain::scope::Level;
use hardie_store::Tx;
use hardie_store::deliveries::DeliveryFilter;
pub use hardie_store::deliveries::{DeliveryRange, DeliveryRow};
use hardie_store::handlers::HandlerRow;
use hardie_store::plugins::InstallationRow;
use hardie_store::webhooks::MessageRow;

use super::install::{audit, owned, usable};
use super::receiver::Receiver;
use super::rights::{Guarded, Target, administered, require_install};
use super::verdicts::paths_of;
use crate::deliveries::skip_waiting;
use crate::{App, Ctx, Error, Result};

/// Deliveries of one installation that may wait when some are begun anew.
pub const MOST_REDELIVERED: u32 = 1000;

/// What became of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redelivered {
    /// How many were begun anew.
    pub begun: u64,
    /// The place of the first that was not, for want of room; `None` if all were.
    pub next: Option<EventSeq>,
}

/// One event on its way to an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryLine {
    /// Where it stands.
    pub row: DeliveryRow,
    /// `owner/name` as it is now; `None` if there is none, it is deleted, or it was given to another owner than the one who asks.
    pub repo: Option<String>,
    /// What a webhook is sent; `None` for plugins, in lists, and before the first attempt.
    pub message: Option<MessageRow>,
}

/// What an installation is told of, and how that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerView {
    /// Whether deliveries are held because somebody switched the installation off.
    pub off: bool,
    /// Kinds of events, faults in a row, why it rests and until when.
    pub row: HandlerRow,
    /// How many deliveries stand how.
    pub counts: Vec<(DeliveryState, u64)>,
}

/// Deliveries of an installation, the newest event first; only where it was installed.
pub async fn deliveries(
    app: &App,
    ctx: &Ctx,
    target: &Target,
    to: Receiver,
    id: InstallationId,
    state: Option<DeliveryState>,
    page: Page,
) -> Result<Paged<DeliveryLine>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let installation = to.owned(app, &guarded, id).await?;
    let Paged { items, total } = app.store.list_deliveries(installation.id, DeliveryFilter { state, repo: None }, page).await?;
    Ok(Paged { items: with_paths(app, &guarded, items).await?, total })
}

/// One delivery.
pub async fn delivery(
    app: &App,
    ctx: &Ctx,
    target: &Target,
    to: Receiver,
    id: InstallationId,
    delivery: DeliveryId,
) -> Result<DeliveryLine> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let installation = to.owned(app, &guarded, id).await?;
    found(app, &guarded, installation.id, delivery).await
}

/// Delivers an event again that came to its end, under the id that it had.
pub async fn redeliver(
    app: &App,
    ctx: &Ctx,
    target: &Target,
    to: Receiver,
    id: InstallationId,
    delivery: DeliveryId,
) -> Result<DeliveryLine> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = to.owned(app, &guarded, id).await?;
    to.require_send(app, ctx, &installation).await?;
    let before = found(app, &guarded, installation.id, delivery).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_handler(id).await?.ok_or_else(|| no_handler(&installation))?;
    room(&mut tx, &installation).await?;
    if !tx.redeliver(id, delivery, app.clock.now()).await? {
        return Err(match tx.find_event(before.row.seq).await? {
            Some(_) => Error::Conflict(format!("delivery {delivery} has not come to its end: it is tried again by itself")),
            None => Error::Gone(format!("the event of delivery {delivery} is not kept any more")),
        });
    }
    audit(&mut tx, app, ctx, &guarded, to.redelivers(), format!("{}: delivery {delivery}", to.called(&installation))).await?;
    tx.commit().await?;
    app.wakes.deliveries();
    found(app, &guarded, installation.id, delivery).await
}

/// Delivers those of a range again that came to their end and whose events are kept, the oldest first, until [`MOST_REDELIVERED`] wait.
/// A dry run does the same and takes it back: what it says is what would be.
pub async fn redeliver_range(
    app: &App,
    ctx: &Ctx,
    target: &Target,
    to: Receiver,
    id: InstallationId,
    range: DeliveryRange,
    dry_run: bool,
) -> Result<Redelivered> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = to.owned(app, &guarded, id).await?;
    to.require_send(app, ctx, &installation).await?;
    if range == DeliveryRange::default() {
        return Err(Invalid::new("from", "say which: from or to, places in the log of events, or since or until, times").into());
    }
    let mut tx = app.store.begin().await?;
    tx.lock_handler(id).await?.ok_or_else(|| no_handler(&installation))?;
    let room = room(&mut tx, &installation).await?;
    let (begun, next) = tx.redeliver_range(id, range, app.clock.now(), room).await?;
    if dry_run {
        tx.rollback().await?;
        return Ok(Redelivered { begun, next });
    }
    audit(&mut tx, app, ctx, &guarded, to.redelivers(), format!("{}: {begun} deliveries", to.called(&installation))).await?;
    tx.commit().await?;
    app.wakes.deliveries();
    Ok(Redelivered { begun, next })
}

/// How many may be begun anew; an error if none.
async fn room(tx: &mut Tx, installation: &InstallationRow) -> Result<u32> {
    let waiting = u32::try_from(tx.count_open_deliveries(installation.id).await?).unwrap_or(u32::MAX);
    match MOST_REDELIVERED.saturating_sub(waiting) {
        0 => Err(Error::Conflict(format!(
            "{waiting} deliveries to {} wait already: more are delivered again once fewer than {MOST_REDELIVERED} do",
            if installation.is_webhook() { "this webhook" } else { &installation.name }
        ))),
        room => Ok(room),
    }
}

/// What an installation is told of, and how that goes; only where it was installed.
pub async fn handler(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<HandlerView> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let installation = owned(app, &guarded, id).await?;
    view(app, &installation).await
}

/// Sets the kinds of events that it is told of from now on; all if there are none.
pub async fn set_kinds(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, kinds: Vec<String>) -> Result<HandlerView> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = owned(app, &guarded, id).await?;
    require_install(app, ctx, &usable(app, installation.digest).await?).await?;
    let kinds = checked_kinds(kinds)?;
    let mut tx = app.store.begin().await?;
    if !tx.set_handler_kinds(id, &kinds).await? {
        return Err(no_handler(&installation));
    }
    let told = if kinds.is_empty() { "all".to_owned() } else { kinds.join(", ") };
    audit(&mut tx, app, ctx, &guarded, "plugin.edit", format!("{}: told of {told} events", installation.name)).await?;
    tx.commit().await?;
    view(app, &installation).await
}

/// Ends a rest now. With `skip`, what waits is not delivered any more: for after a long time switched off.
pub async fn resume(app: &App, ctx: &Ctx, target: &Target, to: Receiver, id: InstallationId, skip: bool) -> Result<HandlerView> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = to.owned(app, &guarded, id).await?;
    if !skip {
        to.require_send(app, ctx, &installation).await?;
    }
    if skip {
        // Before the rest ends: what is skipped is not tried meanwhile.
        let mut tx = app.store.begin().await?;
        tx.lock_handler(id).await?.ok_or_else(|| no_handler(&installation))?;
        let detail = format!("{}: what waits is skipped", to.called(&installation));
        audit(&mut tx, app, ctx, &guarded, to.resumes(), detail).await?;
        tx.commit().await?;
        skip_waiting(app, id, "somebody decided that it is not needed").await?;
    }
    let mut tx = app.store.begin().await?;
    tx.lock_handler(id).await?.ok_or_else(|| no_handler(&installation))?;
    tx.resume_handler(id).await?;
    if !skip {
        audit(&mut tx, app, ctx, &guarded, to.resumes(), to.called(&installation)).await?;
    }
    tx.commit().await?;
    app.wakes.deliveries();
    view(app, &installation).await
}

fn no_handler(installation: &InstallationRow) -> Error {
    let why = match installation.mode {
        Mode::Off => "its component exports no such world, or it was never switched on",
        Mode::Enforce | Mode::Monitor => "its component exports no such world",
    };
    Error::Conflict(format!("{} handles no events: {why}", installation.name))
}

/// Each once, in the order in which they are listed.
fn checked_kinds(kinds: Vec<String>) -> Result<Vec<String>> {
    if let Some(unknown) = kinds.iter().find(|kind| !event::ALL.contains(&kind.as_str())) {
        return Err(Invalid::new("kinds", format!("{unknown:?} is none of {}", event::ALL.join(", "))).into());
    }
    Ok(event::ALL.iter().filter(|kind| kinds.iter().any(|wanted| wanted == *kind)).map(|kind| (*kind).to_owned()).collect())
}

/// How that goes.
pub(crate) async fn view(app: &App, installation: &InstallationRow) -> Result<HandlerView> {
    let row = app.store.find_handler(installation.id).await?.ok_or_else(|| no_handler(installation))?;
    let counts = app.store.count_deliveries(installation.id).await?;
    Ok(HandlerView { off: installation.mode == Mode::Off, row, counts })
}

async fn found(app: &App, guarded: &Guarded, installation: InstallationId, id: DeliveryId) -> Result<DeliveryLine> {
    let row = app.store.find_delivery(installation, id).await?.ok_or(Error::NotFound("delivery"))?;
    let line = with_paths(app, guarded, vec![row]).await?.pop().ok_or(Error::NotFound("delivery"))?;
    Ok(DeliveryLine { message: app.store.find_message(id).await?, ..line })
}

/// What became of a repository after it left is the affair of those who have it now.
async fn with_paths(app: &App, guarded: &Guarded, rows: Vec<DeliveryRow>) -> Result<Vec<DeliveryLine>> {
    let paths = paths_of(app, rows.iter().filter_map(|row| row.repo), guarded.owner()).await?;
    let path = |row: &DeliveryRow| row.repo.and_then(|repo| paths.get(&repo).cloned().flatten());
    Ok(rows.into_iter().map(|row| DeliveryLine { repo: path(&row), row, message: None }).collect())
}

#[cfg(test)]
mod tests {
    use super::checked_kinds;

    #[test]
    fn kinds_are_known_ones_each_once() {
        let kinds = |list: &[&str]| checked_kinds(list.iter().map(|kind| (*kind).to_owned()).collect());
        assert_eq!(kinds(&["status", "push", "status"]).unwrap(), ["push", "status"]);
        assert!(kinds(&[]).unwrap().is_empty());
        let why = kinds(&["push", "repository.*"]).unwrap_err().to_string();
        assert!(why.contains("\"repository.*\" is none of push, status"), "{why}");
    }
}
