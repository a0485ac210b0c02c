//! Access tokens: shown once, stored as a hash, never good for more than whoever made them.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::error::Invalid;
use hardie_domain::ids::TokenId;
use hardie_domain::mail::MailKind;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Level, ScopeSet};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_domain::token::AccessToken;
use hardie_store::accounts::AccountRow;
pub use hardie_store::tokens::TokenRow as Token;
use sha2::{Digest as _, Sha256};

use super::actor::{actor_of, managed_user, should_note};
use super::narrowing::{self, NewNarrowing, narrowing_of};
use crate::audit::entry;
use crate::mail;
use crate::{App, Ctx, Error, Result};

const MAX_NAME_CHARS: usize = 100;
/// A bound on what one user can store.
const MAX_TOKENS: u64 = 500;

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it will be: the actor's own, or anybody's on the command line.
    pub user: String,
    /// What its owner calls it; unique for the owner.
    pub name: String,
    /// Scope names such as `read:repository` or `all`.
    pub scopes: Vec<String>,
    /// From when on it proves nothing; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// What else it is narrowed to.
    pub narrowing: NewNarrowing,
}

/// A token that was just made: the only moment at which it can be read.
#[derive(Clone, Debug)]
pub struct CreatedToken {
    /// The token itself.
    pub token: Secret,
    /// What is kept of it.
    pub row: Token,
}

/// Makes a token. Its scopes and its life lie within those of the credential that asks for it.
pub async fn create_token(app: &App, ctx: &Ctx, new: NewToken) -> Result<CreatedToken> {
    let owner = managed_user(app, ctx, &new.user, Level::Write).await?;
    let now = app.clock.now();
    let name = checked_name(&new.name)?;
    let scopes = ScopeSet::parse(new.scopes.iter().map(String::as_str))?;
    let expires_at = bound_by_maker(app, ctx, &owner, &scopes, new.expires_at).await?;
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Invalid::new("expires_at", "lies in the past").into());
    }
    if app.store.list_tokens(owner.id, Page::new(None, Some(1))).await?.total >= MAX_TOKENS {
        return Err(Error::Quota(format!("a user may have {MAX_TOKENS} tokens: revoke those that are not needed")));
    }
    let narrowed = narrowing::checked(app, ctx, &new.narrowing, &scopes).await?;
    let token = AccessToken::generate(|buffer| app.entropy.fill(buffer));
    let mut tx = app.store.begin().await?;
    let row = hardie_store::tokens::NewToken {
        account: owner.id,
        name: &name,
        hash: &hash_of(&token),
        scopes: &scopes,
        last_eight: token.last_eight(),
        expires_at,
        narrowed: &narrowed,
        at: now,
    };
    let taken = || Error::Conflict(format!("{} already has a token named {name:?}", owner.name));
    let id = tx.insert_token(&row).await?.ok_or_else(taken)?;
    let mut line = entry(ctx, "token.create");
    line.account = Some(owner.id);
    line.detail = format!("{name:?} with {}{}", scopes.names().join(", "), if narrowed.is_narrowed() { ", narrowed" } else { "" });
    tx.insert_audit(&line, now).await?;
    let happened = format!("An access token that ends in {} was made, good for {}.", token.last_eight(), scopes.names().join(", "));
    mail::notify(&mut tx, app, MailKind::CredentialAdded, owner.id, &happened).await?;
    tx.commit().await?;
    let last_eight = token.last_eight().to_owned();
    let row = Token { id, account: owner.id, name, scopes, last_eight, created_at: now, expires_at, last_used_at: None, narrowed };
    Ok(CreatedToken { token: Secret::new(token.expose()), row })
}

/// Tokens of a user, newest first.
pub async fn list_tokens(app: &App, ctx: &Ctx, user: &str, page: Page) -> Result<Paged<Token>> {
    let owner = managed_user(app, ctx, user, Level::Read).await?;
    Ok(app.store.list_tokens(owner.id, page).await?)
}

/// One token of a user, by its id or its name.
pub async fn get_token(app: &App, ctx: &Ctx, user: &str, id_or_name: &str) -> Result<Token> {
    let owner = managed_user(app, ctx, user, Level::Read).await?;
    find(app, &owner, id_or_name).await
}

/// Revokes a token of a user, by its id or its name.
pub async fn delete_token(app: &App, ctx: &Ctx, user: &str, id_or_name: &str) -> Result<()> {
    let owner = managed_user(app, ctx, user, Level::Write).await?;
    let token = find(app, &owner, id_or_name).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !tx.delete_token(owner.id, token.id).await? {
        return Err(Error::NotFound("token"));
    }
    let mut line = entry(ctx, "token.delete");
    line.account = Some(owner.id);
    line.detail = format!("{:?}", token.name);
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// The user that a token proves; `None` if it is unknown, expired, or its user is disabled.
pub(super) async fn actor_by_token(app: &App, token: &AccessToken) -> Result<Option<Actor>> {
    let now = app.clock.now();
    let Some((row, account)) = app.store.find_token_by_hash(&hash_of(token)).await? else { return Ok(None) };
    if row.expires_at.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    let narrowing = narrowing_of(&row.narrowed)?;
    let actor = actor_of(&account, Credential::Token(row.id), row.scopes).map(|actor| Actor { narrowing, ..actor });
    if actor.is_some() && should_note(row.last_used_at, now) {
        note_use(app, row.id, now).await;
    }
    Ok(actor)
}

/// A use that cannot be written down (a full disk, say) must not keep anybody from reading.
async fn note_use(app: &App, id: TokenId, now: Timestamp) {
    let noted = async {
        let mut tx = app.store.begin().await?;
        tx.touch_token(id, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, token.id = %id, "the use of a token was not noted");
    }
}

async fn find(app: &App, owner: &AccountRow, id_or_name: &str) -> Result<Token> {
    let by_id = match id_or_name.parse::<i64>() {
        Ok(id) => app.store.find_token(owner.id, TokenId(id)).await?,
        Err(_) => None,
    };
    match by_id {
        Some(token) => Ok(token),
        None => app.store.find_token_by_name(owner.id, id_or_name).await?.ok_or(Error::NotFound("token")),
    }
}

/// Nobody hands out more than they hold: neither scopes, nor a longer life than the token that asks has left.
async fn bound_by_maker(
    app: &App,
    ctx: &Ctx,
    owner: &AccountRow,
    scopes: &ScopeSet,
    asked: Option<Timestamp>,
) -> Result<Option<Timestamp>> {
    let Some(maker) = &ctx.actor else { return Ok(asked) };
    if maker.id != owner.id {
        return Err(Error::forbidden("a token is made by its owner, or on the server's command line"));
    }
    if !maker.scopes.covers(scopes) {
        let held = maker.scopes.names().join(", ");
        return Err(Error::forbidden(format!("a token cannot be given more than the one that asks for it holds ({held})")));
    }
    let id = match maker.credential {
        Credential::Token(id) => id,
        Credential::Grant(_) => {
            return Err(Error::forbidden("an application that was let in for a while makes no access tokens: its user does"));
        }
        _ => return Ok(asked),
    };
    let end = app.store.find_token(maker.id, id).await?.ok_or_else(|| Error::unauthenticated("this token was revoked"))?.expires_at;
    match (asked, end) {
        (Some(asked), Some(end)) if asked > end => {
            Err(Invalid::new("expires_at", "a token cannot outlive the one that asks for it").into())
        }
        (asked, end) => Ok(asked.or(end)),
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(Invalid::new("name", format!("must have 1 to {MAX_NAME_CHARS} characters and no control characters")).into());
    }
    // By name or by id in one place of an address: a name of digits alone could mean another token's id.
    if name.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Invalid::new("name", "must not be digits alone").into());
    }
    Ok(name.to_owned())
}

fn hash_of(token: &AccessToken) -> [u8; 32] {
    Sha256::digest(token.expose().as_bytes()).into()
}
