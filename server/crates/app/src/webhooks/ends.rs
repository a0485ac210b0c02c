//! How an attempt ends. What the receiver refuses is a verdict about that delivery, and the next follows; a receiver that is down holds
//! all that waits, until it answers or three days have passed.

use std::time::Duration;

use hardie_domain::attempt::{DeliveryState, pause_after as pause_of_try};
use hardie_domain::plugin::{Mode, Usage};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::{MOST_REFUSALS, PARKED, pause_after};
use hardie_store::Tx;
use hardie_store::deliveries::{Claim, End};
use hardie_store::handlers::HandlerRow;
use hardie_store::plugins::{InstallationChange, InstallationRow, Scope};

use super::kept::Kept;
use crate::deliveries::{Try, audit, cut, end as finish, rests, tell_owner};
use crate::{App, Result};

/// What came of a request.
#[derive(Debug)]
pub enum Answer {
    /// It was taken, with this status.
    Taken(u16),
    /// It was refused, and why.
    Refused(String),
    /// The receiver wants nothing any more.
    Gone,
    /// The receiver did not answer, or is not able to.
    Down {
        /// In our own words.
        why: String,
        /// How long it asks to wait.
        wish: Option<Duration>,
    },
}

/// Ends an attempt as the answer says, if its lease still holds. `kept` is what it was sent with: if the webhook has got another address
/// since, only that the delivery was taken still means something.
pub async fn end(app: &App, known: &Try, kept: &Kept, answer: Answer) -> Result<()> {
    let now = app.clock.now();
    let (claim, hook) = (&known.claim, &known.installation);
    let mut tx = app.store.begin().await?;
    if let (Answer::Gone, Scope::Repo(repo)) = (&answer, hook.scope) {
        // The repository first: it is the one order in which everybody takes locks.
        tx.lock_repo(repo).await?;
    }
    let Some(before) = tx.lock_handler(claim.installation).await? else { return Ok(()) };
    let moved = !kept.has_address_of(&tx.list_secrets(claim.installation).await?);
    let ended = match answer {
        Answer::Taken(status) if moved => {
            tried(&mut tx, claim, DeliveryState::Done, None, "done", &format!("the address before answered {status}"), now).await?
        }
        _ if moved => {
            let why = "the address was changed during this attempt";
            let ended = tried(&mut tx, claim, DeliveryState::Failed, Some(now), "moved", why, now).await?;
            if ended && claim.is_probe {
                tx.return_turn(claim.installation, now).await?;
            }
            ended
        }
        Answer::Taken(status) => {
            let text = format!("it answered {status}");
            let ended = tried(&mut tx, claim, DeliveryState::Done, None, "done", &text, now).await?;
            works(&mut tx, app, hook, &before, ended).await?
        }
        Answer::Refused(why) => {
            let refusals = tx.note_refusal(claim.id).await?;
            let next_at = if refusals < MOST_REFUSALS { Some(later(app, refusals, now)) } else { None };
            let state = if next_at.is_some() { DeliveryState::Failed } else { DeliveryState::Dead };
            let ended = tried(&mut tx, claim, state, next_at, "refused", &why, now).await?;
            works(&mut tx, app, hook, &before, ended).await?
        }
        Answer::Gone => {
            let ended = tried(&mut tx, claim, DeliveryState::Dead, None, "gone", "it answered 410", now).await?;
            if ended {
                let change = InstallationChange { mode: Some(Mode::Off), ..InstallationChange::default() };
                tx.update_installation(hook.scope, hook.id, &change, None, now).await?;
                tell_owner(&mut tx, app, hook, "its receiver answered 410 Gone, so it was switched off").await?;
                audit(&mut tx, app, hook, "webhook.disable", "its receiver answered 410 Gone").await?;
            }
            ended
        }
        Answer::Down { why, wish } => {
            // It is due again as soon as the webhook is.
            let ended = tried(&mut tx, claim, DeliveryState::Failed, Some(now), "down", &why, now).await?;
            if ended {
                down(&mut tx, app, hook, &why, wish, now).await?;
            }
            ended
        }
    };
    if ended {
        tx.commit().await?;
    }
    Ok(())
}

/// The server itself failed: that says nothing about the receiver.
pub(crate) async fn not_our_day(app: &App, claim: &Claim, why: &str) -> Result<()> {
    unavailable(app, claim, why, true).await
}

/// Nothing was read, since others had all turns: no attempt that went wrong.
pub async fn no_turn(app: &App, known: &Try, why: &str) -> Result<()> {
    unavailable(app, &known.claim, why, false).await
}

async fn unavailable(app: &App, claim: &Claim, why: &str, counts: bool) -> Result<()> {
    let now = app.clock.now();
    // The longest of these pauses is long enough, however often the server fails.
    let next_at = later(app, claim.attempt.min(4), now);
    let mut tx = app.store.begin().await?;
    tx.lock_handler(claim.installation).await?;
    if tried(&mut tx, claim, DeliveryState::Failed, Some(next_at), "unavailable", why, now).await? {
        if claim.is_probe {
            tx.return_turn(claim.installation, now).await?;
        }
        if !counts {
            tx.uncount_attempt(claim.id).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// What it is about is gone for good.
pub async fn nothing_to_say(app: &App, known: &Try) -> Result<()> {
    finish(app, &known.claim, DeliveryState::Skipped, "what it would say is not there any more").await
}

async fn tried(
    tx: &mut Tx,
    claim: &Claim,
    state: DeliveryState,
    next_at: Option<Timestamp>,
    outcome: &str,
    text: &str,
    now: Timestamp,
) -> Result<bool> {
    let end = End { state, next_at, outcome, text: &cut(text), log: "", usage: Usage::default() };
    Ok(tx.end_try(claim, &end, now).await?)
}

/// The receiver answers: earlier silence is forgotten. `ended` is handed on.
async fn works(tx: &mut Tx, app: &App, hook: &InstallationRow, before: &HandlerRow, ended: bool) -> Result<bool> {
    if ended && tx.resume_handler(hook.id).await? && rests(before) {
        audit(tx, app, hook, "webhook.resume", "its receiver answers again").await?;
    }
    Ok(ended)
}

/// Lets all that waits for a webhook wait until its receiver is asked again, or for a person if that has been long enough.
async fn down(tx: &mut Tx, app: &App, hook: &InstallationRow, why: &str, wish: Option<Duration>, now: Timestamp) -> Result<()> {
    // Silence counts from its beginning, however long ago that was.
    let Some(row) = tx.note_fault(hook.id, Timestamp(0), now).await? else { return Ok(()) };
    match pause_after(row.faults, row.faults_since, now, wish, chance(app)) {
        Some(pause) => {
            let reason = format!("its receiver does not answer: {}", cut(why));
            tx.pause_handler(hook.id, plus(now, pause), pause.as_secs(), &reason).await?;
            Ok(())
        }
        None => {
            let reason = format!(
                "its receiver did not answer for three days; what waits is kept for 30 days and sent once somebody resumes it. The last \
                 time: {}",
                cut(why)
            );
            tx.pause_handler(hook.id, PARKED, u64::MAX >> 1, &reason).await?;
            tell_owner(tx, app, hook, &reason).await?;
            audit(tx, app, hook, "webhook.park", &reason).await
        }
    }
}

fn later(app: &App, tries: u32, now: Timestamp) -> Timestamp {
    plus(now, pause_of_try(tries, None, chance(app)).unwrap_or(Duration::from_secs(300)))
}

fn plus(now: Timestamp, pause: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)))
}

fn chance(app: &App) -> u8 {
    let mut chance = [0; 1];
    app.entropy.fill(&mut chance);
    let [chance] = chance;
    chance
}
