//! SSH public keys: one key proves one user, in the whole server.

use hardie_domain::access::{Actor, Credential};
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, KeyId};
use hardie_domain::mail::MailKind;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level, ScopeSet};
use hardie_domain::sshkey::{PublicKey, fingerprint};
use hardie_domain::time::Timestamp;
use hardie_store::accounts::AccountKind;
use hardie_store::keys::KeyRow;

use super::actor::{actor_of, should_note};
use super::deploy_keys;
use crate::access::{is_admin, require_scope};
use crate::audit::entry;
use crate::mail;
use crate::{App, Ctx, Error, Result};

const MAX_TITLE_CHARS: usize = 100;
/// A bound on what one user can store; no SSH client offers more than a few.
const MAX_KEYS: u64 = 100;
/// What a key is good for: git, and nothing of the account or the server.
const KEY_SCOPES: [&str; 1] = ["write:repository"];

/// A key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub title: String,
    /// OpenSSH's one-line form without a comment.
    pub line: String,
    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// The algorithm as on the wire.
    pub algorithm: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last proved its owner.
    pub last_used_at: Option<Timestamp>,
}

/// A key to be added.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it; the key's comment if empty.
    pub title: String,
    /// The line of the `.pub` file.
    pub key: String,
}

/// Adds a key to the actor's account.
pub async fn add_ssh_key(app: &App, ctx: &Ctx, new: NewKey) -> Result<Key> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    // A key opens git: a token that may not push must not be able to make itself one that does.
    if !actor.scopes.covers(&key_scopes()?) {
        return Err(Error::forbidden("an SSH key can push: adding one needs the scope write:repository too"));
    }
    require_lasting(app, actor).await?;
    let key = PublicKey::parse(&new.key)?;
    let title = checked_title(&new.title, &key)?;
    if app.store.list_keys(actor.id, Page::new(None, Some(1))).await?.total >= MAX_KEYS {
        return Err(Error::Quota(format!("a user may have {MAX_KEYS} keys: remove those that are not needed")));
    }
    let now = app.clock.now();
    let fingerprint = key.fingerprint();
    let mut tx = app.store.begin().await?;
    let row = hardie_store::keys::NewKey {
        account: actor.id,
        title: &title,
        algorithm: key.algorithm().as_str(),
        blob: key.blob(),
        fingerprint: &fingerprint,
        at: now,
    };
    let taken = || Error::from(Invalid::new("key", "is in use already: a key belongs to one account or one repository of this server"));
    if tx.find_deploy_key_by_fingerprint(&fingerprint).await?.is_some() {
        return Err(taken());
    }
    let id = tx.insert_key(&row).await?.ok_or_else(taken)?;
    let mut line = entry(ctx, "key.create");
    line.account = Some(actor.id);
    line.detail = format!("{title:?} {fingerprint}");
    tx.insert_audit(&line, now).await?;
    let happened = format!("An SSH key was added, with the fingerprint {fingerprint}.");
    mail::notify(&mut tx, app, MailKind::CredentialAdded, actor.id, &happened).await?;
    tx.commit().await?;
    Ok(Key {
        id,
        account: actor.id,
        title,
        line: key.to_line(),
        fingerprint,
        algorithm: key.algorithm().as_str().to_owned(),
        created_at: now,
        last_used_at: None,
    })
}

/// Refuses a token that ends: as a token cannot outlive the one that asks for it; and a key has no end.
pub(crate) async fn require_lasting(app: &App, actor: &Actor) -> Result<()> {
    let id = match actor.credential {
        Credential::Token(id) => id,
        Credential::Grant(_) => return Err(Error::forbidden("an application that was let in for a while adds no keys: its user does")),
        _ => return Ok(()),
    };
    let token = app.store.find_token(actor.id, id).await?.ok_or_else(|| Error::unauthenticated("this token was revoked"))?;
    match token.expires_at {
        None => Ok(()),
        Some(_) => {
            let text = "an SSH key does not expire, and this token does: add the key in the web interface or with a token that has no end";
            Err(Error::forbidden(text))
        }
    }
}

/// Keys of a user, newest first. Public keys are public: servers that trust this one fetch them by name.
pub async fn list_ssh_keys(app: &App, ctx: &Ctx, user: &str, page: Page) -> Result<Paged<Key>> {
    let found = app.store.find_account_by_name(user).await?.filter(|a| a.kind == AccountKind::User);
    let owner = found.ok_or(Error::NotFound("user"))?;
    let own = ctx.actor.as_ref().is_some_and(|a| a.id == owner.id) || is_admin(ctx, Level::Read);
    let keys = app.store.list_keys(owner.id, page).await?;
    Ok(keys.map(|row| Key { last_used_at: row.last_used_at.filter(|_| own), ..shown(row) }))
}

/// One of the actor's own keys.
pub async fn get_ssh_key(app: &App, ctx: &Ctx, id: KeyId) -> Result<Key> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    Ok(shown(app.store.find_key(actor.id, id).await?.ok_or(Error::NotFound("key"))?))
}

/// Removes one of the actor's own keys.
pub async fn delete_ssh_key(app: &App, ctx: &Ctx, id: KeyId) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let key = tx.find_key(actor.id, id).await?.ok_or(Error::NotFound("key"))?;
    tx.delete_key(actor.id, id).await?;
    let mut line = entry(ctx, "key.delete");
    line.account = Some(actor.id);
    line.detail = format!("{:?} {}", key.title, key.fingerprint);
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// Whether this key (wire form) could prove anything: the answer to a client that asks before it signs. It makes nobody an actor.
pub async fn is_known_ssh_key(app: &App, blob: &[u8]) -> Result<bool> {
    Ok(find_actor(app, blob).await?.is_some() || deploy_keys::find_by_blob(app, blob).await?.is_some())
}

/// The user whose key this is, or what it opens as a deploy key; a user's wins. Call it only after the client's signature with the key was verified.
pub async fn authenticate_ssh_key(app: &App, blob: &[u8]) -> Result<Option<Actor>> {
    let Some((actor, key)) = find_actor(app, blob).await? else {
        let Some((actor, key)) = deploy_keys::find_by_blob(app, blob).await? else { return Ok(None) };
        deploy_keys::note_use(app, &key).await;
        return Ok(Some(actor));
    };
    let now = app.clock.now();
    if should_note(key.last_used_at, now) {
        let noted = async {
            let mut tx = app.store.begin().await?;
            tx.touch_key(key.id, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, key.id = %key.id, "the use of a key was not noted");
        }
    }
    Ok(Some(actor))
}

async fn find_actor(app: &App, blob: &[u8]) -> Result<Option<(Actor, KeyRow)>> {
    let found = app.store.find_key_by_fingerprint(&fingerprint(blob)).await?;
    let Some(key) = found.filter(|key| key.blob == blob) else { return Ok(None) };
    let Some(account) = app.store.find_account(key.account).await? else { return Ok(None) };
    Ok(actor_of(&account, Credential::SshKey(key.id), key_scopes()?).map(|actor| (actor, key)))
}

pub(super) fn key_scopes() -> Result<ScopeSet> {
    Ok(ScopeSet::parse(KEY_SCOPES)?)
}

fn shown(row: KeyRow) -> Key {
    let line = PublicKey::from_blob(&row.blob).map(|key| key.to_line()).unwrap_or_default();
    let KeyRow { id, account, title, algorithm, fingerprint, created_at, last_used_at, .. } = row;
    Key { id, account, title, line, fingerprint, algorithm, created_at, last_used_at }
}

pub(crate) fn checked_title(title: &str, key: &PublicKey) -> Result<String> {
    let title = match title.trim() {
        "" => key.comment(),
        title => title,
    };
    let title = if title.is_empty() { key.algorithm().as_str() } else { title };
    if title.chars().any(char::is_control) {
        return Err(Invalid::new("title", "must not hold control characters").into());
    }
    Ok(title.chars().take(MAX_TITLE_CHARS).collect())
}
