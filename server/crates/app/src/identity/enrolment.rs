//! Getting a second factor, its recovery codes, and giving it up. All but the code that confirms it needs the password again, and the factor once it
//! is there.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::error::Invalid;
use hardie_domain::mail::MailKind;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::accounts::AccountKind;
pub use hardie_store::second_factor::FactorUser;

use super::attempts::{Attempt, Fault};
use super::{confirm_password, factor, passwords, recovery, totp};
use crate::access::{require_admin, require_more_than_public, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, mail};

/// What is not confirmed after so long is begun anew.
const PENDING_SECONDS: i64 = 3600;

/// What an account's authenticator app is like, and its recovery codes. Passkeys are listed for themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FactorState {
    /// Since when codes of an app are taken; `None` if there is no app.
    pub since: Option<Timestamp>,
    /// Recovery codes that are left.
    pub recovery_codes: u64,
}

/// A secret for an app: shown this once.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// In base32, for typing.
    pub secret: Secret,
    /// `otpauth://…`, for apps.
    pub uri: Secret,
}

/// The actor's own second factor.
pub async fn factor_state(app: &App, ctx: &Ctx) -> Result<FactorState> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    require_more_than_public(ctx)?;
    let since = app.store.find_factor(actor.id).await?.and_then(|row| row.confirmed_at);
    Ok(FactorState { since, recovery_codes: app.store.count_recovery_codes(actor.id).await? })
}

/// Makes a secret for the actor's app. Nothing changes until a code of it came back. Whoever has a passkey gives a code of that, or a recovery code.
pub async fn begin_factor(app: &App, ctx: &Ctx, password: &Secret, code: Option<&Secret>) -> Result<Enrolment> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let is_on = || Error::Conflict("this account has a second factor already: disable it first".to_owned());
    if app.store.has_app(actor.id).await? {
        return Err(is_on());
    }
    confirm_password(app, ctx, actor, password, code).await?;
    let secret = totp::generate(app.entropy.as_ref());
    let sealed = factor::seal(app, actor.id, &secret)?;
    let mut tx = app.store.begin().await?;
    if !tx.begin_factor(actor.id, &sealed.key_id, &sealed.bytes, app.clock.now()).await? {
        return Err(is_on());
    }
    tx.commit().await?;
    let address = app.config.public_url.as_str();
    let host = address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let uri = totp::uri(&secret, host, actor.name.as_str());
    Ok(Enrolment { secret, uri })
}

/// Makes the actor's sign-ins need codes from now on, after one of the app; recovery codes, shown this once. Other browsers are signed out: they were
/// signed in by the password alone.
pub async fn confirm_factor(app: &App, ctx: &Ctx, code: &Secret) -> Result<Vec<Secret>> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let now = app.clock.now();
    let attempt = Attempt::of_account(ctx, actor.id);
    // As few at once as passwords: of many codes sent together, those that waited must see that the others failed.
    let _turn = passwords::turn().await?;
    attempt.check(app).await?;
    let pending = app.store.find_factor(actor.id).await?.filter(|row| row.begun_at.plus_seconds(PENDING_SECONDS) > now);
    let pending = pending.ok_or_else(|| Error::Conflict("no second factor waits to be confirmed: begin again".to_owned()))?;
    if pending.confirmed_at.is_some() {
        return Err(Error::Conflict("this second factor is confirmed already".to_owned()));
    }
    let Some(step) = factor::step_of(app, &pending, recovery::plain(code).expose())? else {
        attempt.failed(app, ctx, Fault::Code).await?;
        let text = "is not right: look at the app again, and whether the clocks of the phone and of this server agree";
        return Err(Invalid::new("code", text).into());
    };
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(actor.id).await?;
    if !tx.confirm_factor(&pending, step, now).await? {
        return Err(Error::Conflict("another secret was made meanwhile: begin again".to_owned()));
    }
    let codes = fresh_codes(&mut tx, app, actor).await?;
    let own = match actor.credential {
        Credential::Session(id) => Some(id),
        _ => None,
    };
    tx.delete_sessions_of(actor.id, own).await?;
    let mut line = entry(ctx, "factor.confirm");
    line.account = Some(actor.id);
    tx.insert_audit(&line, now).await?;
    let happened = "Signing in asks for a code of an authenticator app from now on.";
    mail::notify(&mut tx, app, MailKind::FactorChanged, actor.id, happened).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Exchanges the actor's recovery codes, shown this once.
pub async fn renew_recovery_codes(app: &App, ctx: &Ctx, password: &Secret, code: Option<&Secret>) -> Result<Vec<Secret>> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    require_factor(app, actor).await?;
    confirm_password(app, ctx, actor, password, code).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(actor.id).await?;
    if !tx.has_factor(actor.id).await? {
        return Err(Error::NotFound("second factor"));
    }
    let codes = fresh_codes(&mut tx, app, actor).await?;
    let mut line = entry(ctx, "factor.recovery-codes");
    line.account = Some(actor.id);
    tx.insert_audit(&line, app.clock.now()).await?;
    let happened = "New recovery codes were made; those from before count no more.";
    mail::notify(&mut tx, app, MailKind::FactorChanged, actor.id, happened).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Gives up the actor's authenticator app. Passkeys stay.
pub async fn disable_factor(app: &App, ctx: &Ctx, password: &Secret, code: Option<&Secret>) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    if !app.store.has_app(actor.id).await? {
        return Err(Error::NotFound("second factor"));
    }
    confirm_password(app, ctx, actor, password, code).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(actor.id).await?;
    tx.delete_factor(actor.id).await?;
    let mut line = entry(ctx, "factor.disable");
    line.account = Some(actor.id);
    tx.insert_audit(&line, app.clock.now()).await?;
    let happened = match tx.has_factor(actor.id).await? {
        true => "The authenticator app was given up by somebody who had the password and a code. Passkeys stay.",
        false => "The second factor was given up by somebody who had the password and a code: signing in asks for the password alone.",
    };
    mail::notify(&mut tx, app, MailKind::FactorChanged, actor.id, happened).await?;
    Ok(tx.commit().await?)
}

/// Users with a second factor, by name. For administrators.
pub async fn list_factor_users(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<FactorUser>> {
    require_admin(ctx, Level::Read)?;
    Ok(app.store.list_factor_users(page).await?)
}

/// Takes the second factor, passkeys included, from an account whose owner lost it. For administrators and the command line; nobody takes their own so, or whoever finds a
/// browser signed in would need no code.
pub async fn reset_factor(app: &App, ctx: &Ctx, name: &str) -> Result<()> {
    require_admin(ctx, Level::Write)?;
    let found = app.store.find_account_by_name(name).await?.filter(|account| account.kind == AccountKind::User);
    let account = found.ok_or(Error::NotFound("user"))?;
    if ctx.actor.as_ref().is_some_and(|actor| actor.id == account.id) {
        return Err(Error::forbidden("one's own second factor is disabled in one's settings, with password and code"));
    }
    let mut tx = app.store.begin().await?;
    tx.lock_sign_in(account.id).await?;
    let (passkeys, had_app) = (tx.delete_passkeys_of(account.id).await?, tx.delete_factor(account.id).await?);
    if passkeys == 0 && !had_app {
        return Err(Error::NotFound("second factor"));
    }
    let mut line = entry(ctx, "factor.reset");
    line.account = Some(account.id);
    tx.insert_audit(&line, app.clock.now()).await?;
    let happened = "An administrator of this server took the second factor away: signing in asks for the password alone.";
    mail::notify(&mut tx, app, MailKind::FactorChanged, account.id, happened).await?;
    Ok(tx.commit().await?)
}

async fn require_factor(app: &App, actor: &Actor) -> Result<()> {
    match app.store.has_factor(actor.id).await? {
        true => Ok(()),
        false => Err(Error::NotFound("second factor")),
    }
}

/// Exchanges the recovery codes of an account for new ones.
pub(super) async fn fresh_codes(tx: &mut Tx, app: &App, actor: &Actor) -> Result<Vec<Secret>> {
    let codes = recovery::generate(app.entropy.as_ref());
    let hashes: Vec<_> = codes.iter().map(|code| recovery::hash_of(actor.id, recovery::plain(code).expose())).collect();
    tx.set_recovery_codes(actor.id, &hashes).await?;
    Ok(codes)
}
