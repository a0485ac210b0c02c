//! Browser sessions: an unguessable cookie, stored as a hash, that ends when idle, when old, when revoked, and whenever the
//! password changes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::SessionId;
use hardie_domain::mail::MailKind;
use hardie_domain::scope::{Category, Level, ScopeSet};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_domain::{error::Invalid, password};
use hardie_store::Tx;
use hardie_store::sessions::SessionRow;
use sha2::{Digest as _, Sha256};

use super::actor::{actor_of, should_note};
use super::basic::{self, Proven};
use super::factor::Second;
use super::passwords;
use crate::access::require_scope;
use crate::accounts::Account;
use crate::audit::entry;
use crate::mail;
use crate::{App, Ctx, Error, Result};

/// A session that nobody used for two weeks ends.
const IDLE_SECONDS: i64 = 14 * 24 * 3600;
/// However busy, it ends after three months.
const LONGEST_SECONDS: i64 = 90 * 24 * 3600;
const COOKIE_BYTES: usize = 32;
const MAX_AGENT_CHARS: usize = 200;

/// A sign-in from a browser.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Name or e-mail address.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// A code, where the account has a second factor.
    pub code: Option<Secret>,
    /// What the browser says of itself.
    pub agent: String,
}

/// A session that just began.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The cookie's value: to be sent HttpOnly.
    pub cookie: Secret,
    /// What a page must send along with anything that changes something.
    pub csrf: String,
    /// When it ends at the latest: how long the browser should keep the cookie.
    pub ends_at: Timestamp,
    /// Who signed in.
    pub account: Account,
    /// The session.
    pub session: Session,
}

/// A proven session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who is signed in.
    pub actor: Actor,
    /// See [`NewSession::csrf`].
    pub csrf: String,
}

/// One line of the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The session.
    pub row: SessionRow,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Signs a browser in with name and password, and a code if the account has a second factor: [`Error::SecondFactor`] says that it is needed. All come in one
/// request, so there is no such thing as half a session.
pub async fn sign_in(app: &App, ctx: &Ctx, request: SignIn) -> Result<NewSession> {
    let second = Second::Spent(request.code.as_ref());
    let Proven { account, by_code } = basic::check_password(app, ctx, &request.user, &request.password, second).await?;
    let mut tx = app.store.begin().await?;
    // A second factor that was confirmed since the password was checked has ended all sessions that the password alone began.
    tx.lock_sign_in(account.id).await?;
    if !by_code && tx.has_factor(account.id).await? {
        return Err(Error::SecondFactor("this account has a second factor since a moment ago: sign in again".to_owned()));
    }
    let session = open(&mut tx, app, ctx, account, &request.agent, None).await?;
    tx.commit().await?;
    Ok(session)
}

/// Begins a session of somebody who proved to be this account, whose row is held. `passkey` is the name of the one that proved it, if one did.
pub(super) async fn open(tx: &mut Tx, app: &App, ctx: &Ctx, account: Account, agent: &str, passkey: Option<&str>) -> Result<NewSession> {
    let now = app.clock.now();
    let mut bytes = [0u8; COOKIE_BYTES];
    app.entropy.fill(&mut bytes);
    let cookie = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
    let expires_at = now.plus_seconds(IDLE_SECONDS);
    let user_agent: String = agent.chars().filter(|c| !c.is_control()).take(MAX_AGENT_CHARS).collect();
    let address = ctx.address.map(|a| a.to_string()).unwrap_or_default();
    let row = hardie_store::sessions::NewSession {
        account: account.id,
        hash: &hash_of(&cookie),
        user_agent: &user_agent,
        address: &address,
        at: now,
        expires_at,
    };
    let id = tx.insert_session(&row).await?;
    tx.touch_account(account.id, now).await?;
    let mut line = entry(ctx, "sign-in");
    (line.actor, line.account) = (Some(account.id), Some(account.id));
    line.detail = match passkey {
        Some(name) => format!("passkey {name:?}: {user_agent}"),
        None => user_agent.clone(),
    };
    tx.insert_audit(&line, now).await?;
    let row = SessionRow { id, account: account.id, user_agent, address, created_at: now, last_seen_at: now, expires_at };
    let ends_at = now.plus_seconds(LONGEST_SECONDS);
    Ok(NewSession { csrf: csrf_of(&cookie), cookie, ends_at, account, session: Session { row, current: true } })
}

/// The user of this cookie; `None` if it is no session any more.
pub async fn authenticate_session(app: &App, ctx: &Ctx, cookie: &Secret) -> Result<Option<SignedIn>> {
    let now = app.clock.now();
    let Some(row) = app.store.find_session_by_hash(&hash_of(cookie), now).await? else { return Ok(None) };
    let longest = row.created_at.plus_seconds(LONGEST_SECONDS);
    if longest <= now {
        return Ok(None);
    }
    let Some(account) = app.store.find_account(row.account).await? else { return Ok(None) };
    let Some(actor) = actor_of(&account, Credential::Session(row.id), ScopeSet::ALL) else { return Ok(None) };
    if should_note(Some(row.last_seen_at), now) {
        note_use(app, ctx, &row, now, now.plus_seconds(IDLE_SECONDS).min(longest)).await;
    }
    Ok(Some(SignedIn { actor, csrf: csrf_of(cookie) }))
}

/// Ends the session that asks.
pub async fn sign_out(app: &App, ctx: &Ctx) -> Result<()> {
    let actor = ctx.require_actor()?;
    let Credential::Session(id) = actor.credential else {
        return Err(Invalid::new("session", "this request was not made by a browser session").into());
    };
    let mut tx = app.store.begin().await?;
    tx.delete_session(actor.id, id).await?;
    let mut line = entry(ctx, "sign-out");
    line.account = Some(actor.id);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// The actor's sessions, last seen first.
pub async fn list_sessions(app: &App, ctx: &Ctx) -> Result<Vec<Session>> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    let rows = app.store.list_sessions(actor.id, app.clock.now()).await?;
    Ok(rows.into_iter().map(|row| Session { current: actor.credential == Credential::Session(row.id), row }).collect())
}

/// Ends one of the actor's sessions.
pub async fn revoke_session(app: &App, ctx: &Ctx, id: SessionId) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_session(actor.id, id).await? {
        return Err(Error::NotFound("session"));
    }
    let mut line = entry(ctx, "session.revoke");
    line.account = Some(actor.id);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Changes the actor's own password, which needs the old one (and a code, if there is a second factor), and ends all of the user's sessions, this one
/// included.
pub async fn change_password(app: &App, ctx: &Ctx, old: &Secret, new: &Secret, code: Option<&Secret>) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let account = confirm_password(app, ctx, actor, old, code).await?;
    password::check(new.expose(), account.name.as_str(), &account.email)?;
    let hash = passwords::hash(app, new).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.set_password(account.id, &hash, false, now).await?;
    tx.delete_sessions_of(account.id, None).await?;
    tx.delete_mail_tokens_of(account.id).await?;
    mail::notify(&mut tx, app, MailKind::PasswordChanged, account.id, "The password was changed by somebody who knew the old one.").await?;
    let mut line = entry(ctx, "password.change");
    line.account = Some(account.id);
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// Asks an actor for their password again before something grave, and for a code if they have a second factor. Throttled like a sign-in.
pub(crate) async fn confirm_password(app: &App, ctx: &Ctx, actor: &Actor, password: &Secret, code: Option<&Secret>) -> Result<Account> {
    match basic::check_password(app, ctx, actor.name.as_str(), password, Second::Spent(code)).await {
        // The credential is good, only this field is not: a client must not take it for a lost session.
        Err(Error::Unauthenticated(_)) => Err(Invalid::new("current_password", "is not right").into()),
        Err(Error::SecondFactor(text)) => Err(Invalid::new("code", text).into()),
        other => other.map(|proven| proven.account),
    }
}

async fn note_use(app: &App, ctx: &Ctx, row: &SessionRow, now: Timestamp, expires_at: Timestamp) {
    let address = ctx.address.map_or_else(|| row.address.clone(), |a| a.to_string());
    let noted = async {
        let mut tx = app.store.begin().await?;
        tx.touch_session(row.id, &address, now, expires_at).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, session.id = %row.id, "the use of a session was not noted");
    }
}

fn hash_of(cookie: &Secret) -> [u8; 32] {
    Sha256::digest(cookie.expose().as_bytes()).into()
}

/// Follows from the cookie, so that it needs no row, and does not lead back to it.
fn csrf_of(cookie: &Secret) -> String {
    hex::encode(Sha256::new().chain_update(b"hardie csrf 1\0").chain_update(cookie.expose().as_bytes()).finalize())
}
