//! How a try ends otherwise: another follows after a pause, or the delivery is given up. An installation that keeps failing rests.

use std::time::Duration;

use hardie_domain::attempt::{DeliveryState, FAULT_WINDOW, FIRST_REST, MOST_OUT_OF_FUEL, pause_after, rest_after, wait_after};
use hardie_domain::plugin::{FailureClass, Usage};
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::deliveries::{Claim, End};
use hardie_store::handlers::HandlerRow;
use hardie_store::plugins::{InstallationRow, Scope};

use super::Try;
use crate::audit::entry;
use crate::error::with_causes;
use crate::{App, Ctx, Result, webhooks};

/// Characters of a reason that are kept.
const MOST_TEXT: usize = 4096;
/// And of one in the audit log.
const MOST_AUDITED: usize = 200;

/// What a try left behind for the people who look at it.
pub struct Told<'a> {
    /// Lines.
    pub log: &'a str,
    /// What it used.
    pub usage: Usage,
}

const NOTHING: Told<'_> = Told { log: "", usage: Usage { fuel: 0, memory: 0, host_calls: 0, host_bytes: 0, wall_micros: 0 } };

/// What an end means for the installation.
enum Means {
    /// Its handler answers.
    Works,
    /// Its handler failed.
    Fault,
    /// Its handler could not be called.
    NotCalled,
    /// Nothing.
    Nothing,
}

/// The handler asks for another try.
pub async fn again(app: &App, known: &Try, pause: Option<Duration>, why: &str, told: &Told<'_>) -> Result<()> {
    ended(app, &known.claim, Some(known), Means::Works, "retry", why, next(app, &known.claim, pause), told).await
}

/// The handler gives up, or what it wants written is refused each time.
pub async fn give_up(app: &App, known: &Try, why: &str, told: &Told<'_>) -> Result<()> {
    ended(app, &known.claim, Some(known), Means::Works, "failed", why, None, told).await
}

/// The handler did not answer.
pub async fn fault(app: &App, known: &Try, class: FailureClass, why: &str, told: &Told<'_>) -> Result<()> {
    let next_at = match class {
        // The same instructions come to the same end.
        FailureClass::OutOfFuel if known.claim.attempt >= MOST_OUT_OF_FUEL => None,
        _ => next(app, &known.claim, None),
    };
    ended(app, &known.claim, Some(known), Means::Fault, class.as_str(), why, next_at, told).await
}

/// It was not the handler's doing; the try counts all the same, so that nothing is tried for ever, and its installation waits a little.
pub async fn unavailable(app: &App, claim: &Claim, why: &str) -> Result<()> {
    ended(app, claim, None, Means::NotCalled, FailureClass::Unavailable.as_str(), why, next(app, claim, None), &NOTHING).await
}

/// The server failed.
pub async fn not_our_day(app: &App, claim: &Claim, error: &crate::Error) -> Result<()> {
    tracing::warn!(delivery = %claim.id, attempt = claim.attempt, error = %with_causes(error), "a try failed");
    let (outcome, why) = (FailureClass::Unavailable.as_str(), error.to_string());
    if app.store.find_installation(claim.installation).await?.is_some_and(|row| row.is_webhook()) {
        return webhooks::not_our_day(app, claim, &why).await;
    }
    ended(app, claim, None, Means::Nothing, outcome, &why, next(app, claim, None), &NOTHING).await
}

/// There is nothing to try.
pub(crate) async fn end(app: &App, claim: &Claim, state: DeliveryState, why: &str) -> Result<()> {
    let now = app.clock.now();
    let end = End { state, next_at: None, outcome: state.as_str(), text: why, log: "", usage: Usage::default() };
    let mut tx = app.store.begin().await?;
    tx.lock_handler(claim.installation).await?;
    if tx.end_try(claim, &end, now).await? && claim.is_probe {
        tx.return_turn(claim.installation, now).await?;
    }
    Ok(tx.commit().await?)
}

/// In the transaction in which a handler answers: earlier faults are forgotten, and a rest is over.
/// `before` is how the installation stood.
pub async fn works(tx: &mut Tx, app: &App, known: &Try, before: Option<&HandlerRow>) -> Result<()> {
    if tx.resume_handler(known.claim.installation).await? && before.is_some_and(rests) {
        audit(tx, app, &known.installation, "plugin.resume", "its handler answers again").await?;
    }
    Ok(())
}

/// Whether it rests after faults. Who could not be called waits for less than that, and nobody is told.
pub(crate) fn rests(handler: &HandlerRow) -> bool {
    handler.pause_seconds >= FIRST_REST.as_secs()
}

/// When the next try is, if there is one.
fn next(app: &App, claim: &Claim, wish: Option<Duration>) -> Option<Timestamp> {
    let mut chance = [0; 1];
    app.entropy.fill(&mut chance);
    let [chance] = chance;
    let pause = pause_after(claim.attempt, wish, chance)?;
    Some(Timestamp(app.clock.now().0.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))))
}

#[expect(clippy::too_many_arguments, reason = "all that is known of an end")]
async fn ended(
    app: &App,
    claim: &Claim,
    known: Option<&Try>,
    means: Means,
    outcome: &str,
    why: &str,
    next_at: Option<Timestamp>,
    told: &Told<'_>,
) -> Result<()> {
    let text = cut(why);
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let before = tx.lock_handler(claim.installation).await?;
    // Nobody is told of events any more: it would wait for ever.
    let next_at = next_at.filter(|_| before.is_some());
    let state = if next_at.is_some() { DeliveryState::Failed } else { DeliveryState::Dead };
    let end = End { state, next_at, outcome, text: &text, log: told.log, usage: told.usage };
    if !tx.end_try(claim, &end, now).await? {
        return Ok(());
    }
    match (means, known) {
        (Means::Works, Some(known)) => works(&mut tx, app, known, before.as_ref()).await?,
        (Means::Fault, Some(known)) => rest(&mut tx, app, known, before, now, &format!("{outcome}: {why}")).await?,
        (Means::NotCalled, _) => wait(&mut tx, claim, before, now, why).await?,
        _ if claim.is_probe => drop(tx.return_turn(claim.installation, now).await?),
        _ => {}
    }
    Ok(tx.commit().await?)
}

/// Counts a fault, and lets the installation rest if there are too many. `before` is how it stood.
async fn rest(tx: &mut Tx, app: &App, known: &Try, before: Option<HandlerRow>, now: Timestamp, why: &str) -> Result<()> {
    let window = i64::try_from(FAULT_WINDOW.as_secs()).unwrap_or(i64::MAX);
    let noted = tx.note_fault(known.claim.installation, now.plus_seconds(-window), now).await?;
    let (Some(before), Some(HandlerRow { faults, .. })) = (before, noted) else { return Ok(()) };
    let rested = match (known.claim.is_probe, before.paused_until) {
        (true, _) if !rests(&before) => Duration::ZERO,
        (true, _) => Duration::from_secs(before.pause_seconds),
        (false, None) => Duration::ZERO,
        // It was under way when the rest began, and says nothing new.
        (false, Some(_)) => return Ok(()),
    };
    let Some(rest) = rest_after(faults, rested) else {
        if known.claim.is_probe {
            // It waited because it could not be called, which it was.
            tx.pause_handler(known.claim.installation, Timestamp(0), 0, "").await?;
        }
        return Ok(());
    };
    let reason = format!("its handler kept failing, the last time with {}", cut_to(why, MOST_AUDITED));
    let until = now.plus_seconds(i64::try_from(rest.as_secs()).unwrap_or(i64::MAX));
    tx.pause_handler(known.claim.installation, until, rest.as_secs(), &reason).await?;
    if rested.is_zero() {
        super::tell_owner(tx, app, &known.installation, "its handler kept failing; its list of deliveries says how").await?;
    }
    audit(tx, app, &known.installation, "plugin.pause", &format!("for {} minutes: {reason}", rest.as_secs() / 60)).await
}

/// Lets an installation wait that could not be called: the next try would ask for the same. `before` is how it stood.
async fn wait(tx: &mut Tx, claim: &Claim, before: Option<HandlerRow>, now: Timestamp, why: &str) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    if !claim.is_probe && before.paused_until.is_some() {
        // It was under way when that began.
        return Ok(());
    }
    let wait = wait_after(Duration::from_secs(before.pause_seconds));
    let reason = match before.pause_seconds {
        0 => format!("it could not be called: {}", cut_to(why, MOST_AUDITED)),
        _ => before.pause_reason,
    };
    let until = now.plus_seconds(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
    // A rest after faults is no shorter for this, when its handler fails again.
    tx.pause_handler(claim.installation, until, before.pause_seconds.max(wait.as_secs()), &reason).await?;
    Ok(())
}

/// Writes down what happened to an installation by itself.
pub(crate) async fn audit(tx: &mut Tx, app: &App, installation: &InstallationRow, action: &'static str, detail: &str) -> Result<()> {
    let mut line = entry(&Ctx::system(), action);
    match installation.scope {
        Scope::Site => {}
        Scope::Account(id) => line.account = Some(id),
        Scope::Repo(id) => line.repo = Some(id),
    }
    let name = match installation.is_webhook() {
        true => format!("webhook {}", installation.id),
        false => installation.name.clone(),
    };
    line.detail = format!("{name}: {detail}");
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}

/// A reason as it is kept.
pub(crate) fn cut(text: &str) -> String {
    cut_to(text, MOST_TEXT)
}

fn cut_to(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).take(most).collect()
}
