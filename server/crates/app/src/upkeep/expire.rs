//! Ending what ran out of time: sessions, counted failures, what mails prove, holds on packs, pushes that nobody will end.

use hardie_domain::oauth;
use hardie_domain::throttle;
use hardie_domain::time::Timestamp;

use crate::{App, Result, idempotency};

/// A component that nobody installed within a day of its upload was a try.
const UNUSED_COMPONENT_SECONDS: i64 = 24 * 3600;
/// On top of the longest time that a push may take.
const PUSH_MARGIN_SECONDS: i64 = 3600;

/// For how long the second use of a code is seen, unless its grant is gone before.
const CODE_KEPT_SECONDS: i64 = 24 * 3600;
/// For how long it is known that a mail was given up.
const PARKED_SECONDS: i64 = 30 * 24 * 3600;

/// How much ran out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Browser sessions, and what passkeys answered.
    pub sessions: u64,
    /// Accounts and addresses whose failed sign-ins are forgotten.
    pub failures: u64,
    /// Pushes left open by a crash.
    pub pushes: u64,
    /// Holds on packs.
    pub stages: u64,
    /// Components without an installation.
    pub components: u64,
    /// Proofs in mails, people who wanted an account, invitations, and mails that were given up.
    pub mails: u64,
    /// Answers that were kept for requests that come twice.
    pub answers: u64,
    /// Sign-ins to applications, their codes, and keys that signed for them.
    pub grants: u64,
    /// Runs of plugins whose logs are forgotten.
    pub logs: u64,
}

/// Ends all of it; what nobody may use any more in one transaction.
pub async fn expire(app: &App) -> Result<Expired> {
    let now = app.clock.now();
    let forget_after = i64::from(throttle::ACCOUNT.forget_after.max(throttle::ADDRESS.forget_after));
    let mut tx = app.store.begin().await?;
    let unused = tx.delete_unused_components(now.plus_seconds(-UNUSED_COMPONENT_SECONDS)).await?;
    let mut expired = Expired {
        sessions: tx.delete_expired_sessions(now).await? + tx.delete_expired_challenges(now).await?,
        failures: tx.delete_old_failures(now.plus_seconds(-forget_after)).await?,
        pushes: tx.abandon_pushes(oldest_possible_push(app, now), now).await?,
        stages: tx.delete_expired_stages(now).await?,
        components: unused.len() as u64,
        mails: tx.delete_expired_mail_tokens(now).await?
            + tx.delete_expired_sign_ups(now).await?
            + tx.delete_expired_invitations(now).await?
            + tx.delete_parked_mails(now.plus_seconds(-PARKED_SECONDS)).await?,
        answers: idempotency::forget(&mut tx, now).await?,
        grants: tx.delete_expired_grants(now, now.plus_seconds(-CODE_KEPT_SECONDS)).await?
            + tx.delete_old_oauth_keys(now.plus_seconds(-oauth::KEY_SHOWN_SECONDS)).await?,
        logs: 0,
    };
    tx.commit().await?;
    for digest in unused {
        app.policies.forget(digest).await;
    }
    // Nobody's right depends on it, and it may take long.
    let mut tx = app.store.begin().await?;
    expired.logs = tx.trim_logs().await?;
    tx.commit().await?;
    Ok(expired)
}

/// Whatever began before this was ended by its own deadline, or its process is gone.
fn oldest_possible_push(app: &App, now: Timestamp) -> Timestamp {
    let wall = i64::try_from(app.config.git_limits.wall.as_secs()).unwrap_or(i64::MAX);
    now.plus_seconds(wall.saturating_add(PUSH_MARGIN_SECONDS).saturating_neg())
}
