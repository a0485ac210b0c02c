//! OpenPGP keys of accounts. They open nothing: they prove who made a commit or a tag, of an address that the account has proven.

use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, GpgKeyId};
use hardie_domain::mail::MailKind;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_domain::time::Timestamp;
pub use hardie_git::signature::openpgp::Part;
use hardie_git::signature::openpgp::{Detached, PublicKey};
use hardie_store::accounts::AccountKind;
use hardie_store::gpg_keys::GpgKeyRow;
use tokio::task::spawn_blocking;

use crate::access::{is_admin, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, mail};

/// A bound on what one user can store.
const MAX_KEYS: u64 = 30;
/// The most bytes of an armoured signature.
const MOST_SIGNATURE: usize = 32 << 10;
/// What is sealed here and nowhere else.
const PURPOSE: &[u8] = b"hardie gpg key token 1\0";
/// A text to be signed is good for its part of time and the next.
const TOKEN_SECONDS: i64 = 3600;

/// A key as people see it.
#[derive(Clone, Debug)]
pub struct GpgKey {
    /// Its id.
    pub id: GpgKeyId,
    /// The public key in its armour.
    pub armour: String,
    /// The primary key, then its subkeys.
    pub parts: Vec<Part>,
    /// The addresses in it, and whether the account has proven each; empty for everybody but its owner.
    pub emails: Vec<(String, bool)>,
    /// Whether its owner has signed a text of this server with it.
    pub proven: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A key to be added.
#[derive(Clone, Debug, Default)]
pub struct NewGpgKey {
    /// The public key in its armour.
    pub armour: String,
    /// A signature of [`gpg_key_token`] with it; a key that names an address that the account has proven needs none.
    pub signature: Option<String>,
}

/// The text that the actor signs with a key to prove that it is theirs.
pub async fn gpg_key_token(app: &App, ctx: &Ctx) -> Result<String> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    Ok(token(app, actor.id, app.clock.now(), 0))
}

/// Adds a key to the actor's account.
pub async fn add_gpg_key(app: &App, ctx: &Ctx, new: NewGpgKey) -> Result<GpgKey> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let (now, armour) = (app.clock.now(), new.armour.trim().to_owned());
    let key = read(armour.clone()).await?;
    let refuse = |why: String| Error::from(Invalid::new("armored_public_key", why));
    key.require_use(now.seconds()).map_err(|why| refuse(why.to_string()))?;
    let proven = match new.signature.filter(|signature| !signature.trim().is_empty()) {
        Some(signature) => prove(app, actor.id, key.clone(), signature).await.map(|()| true)?,
        None => false,
    };
    let emails = emails(app, actor.id, &key).await?;
    if !proven && !emails.iter().any(|(_, own)| *own) {
        return Err(refuse(
            "names no address that your account has proven: add one of its addresses to the account, or send armored_signature with it, \
             made by 'gpg --armor --detach-sign' of what /user/gpg_key_token says"
                .to_owned(),
        ));
    }
    if app.store.list_gpg_keys(actor.id, Page::new(None, Some(1))).await?.total >= MAX_KEYS {
        return Err(Error::Quota(format!("a user may have {MAX_KEYS} GPG keys: remove those that are not needed")));
    }
    let parts = key.parts().to_vec();
    let fingerprint = parts.first().map(|part| part.fingerprint.clone()).unwrap_or_default();
    let ids: Vec<String> = parts.iter().map(|part| part.key_id.clone()).collect();
    let mut tx = app.store.begin().await?;
    let id = tx.insert_gpg_key(actor.id, &fingerprint, &armour, &ids, proven, now).await?;
    let id =
        id.ok_or_else(|| refuse("is a key of your account already: remove that one first, to put a newer form in its place".to_owned()))?;
    let mut line = entry(ctx, "gpg_key.create");
    line.account = Some(actor.id);
    line.detail = fingerprint.clone();
    tx.insert_audit(&line, now).await?;
    let happened = format!("A GPG key was added, with the fingerprint {fingerprint}.");
    mail::notify(&mut tx, app, MailKind::CredentialAdded, actor.id, &happened).await?;
    tx.commit().await?;
    Ok(GpgKey { id, armour, parts, emails, proven, created_at: now })
}

/// Notes that a key is the actor's, by a signature of [`gpg_key_token`]. The key is named by the id of its primary key.
pub async fn verify_gpg_key(app: &App, ctx: &Ctx, key_id: &str, signature: String) -> Result<GpgKey> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let wanted = key_id.trim().to_uppercase();
    let found = app.store.find_gpg_keys_by_ids(&[actor.id], &[wanted]).await?;
    let row = found.into_iter().next().ok_or(Error::NotFound("GPG key"))?;
    prove(app, actor.id, read(row.armour.clone()).await?, signature).await?;
    let mut tx = app.store.begin().await?;
    if !tx.prove_gpg_key(actor.id, row.id).await? {
        return Err(Error::NotFound("GPG key"));
    }
    let mut line = entry(ctx, "gpg_key.verify");
    line.account = Some(actor.id);
    line.detail = row.fingerprint.clone();
    tx.insert_audit(&line, app.clock.now()).await?;
    tx.commit().await?;
    shown(app, GpgKeyRow { proven: true, ..row }, true).await
}

/// Keys of a user, newest first. Public keys are public; which of their addresses the account has proven is its owner's to know.
pub async fn list_gpg_keys(app: &App, ctx: &Ctx, user: &str, page: Page) -> Result<Paged<GpgKey>> {
    let found = app.store.find_account_by_name(user).await?.filter(|account| account.kind == AccountKind::User);
    let owner = found.ok_or(Error::NotFound("user"))?;
    let own = ctx.actor.as_ref().is_some_and(|actor| actor.id == owner.id && actor.scopes.allows(Category::User, Level::Read));
    let own = own || is_admin(ctx, Level::Read);
    let Paged { items, total } = app.store.list_gpg_keys(owner.id, page).await?;
    let mut keys = Vec::with_capacity(items.len());
    for row in items {
        keys.push(shown(app, row, own).await?);
    }
    Ok(Paged { items: keys, total })
}

/// One of the actor's own keys.
pub async fn get_gpg_key(app: &App, ctx: &Ctx, id: GpgKeyId) -> Result<GpgKey> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    let row = app.store.find_gpg_key(actor.id, id).await?.ok_or(Error::NotFound("GPG key"))?;
    shown(app, row, true).await
}

/// Removes one of the actor's own keys: what it has signed is proven no more.
pub async fn delete_gpg_key(app: &App, ctx: &Ctx, id: GpgKeyId) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    let mut tx = app.store.begin().await?;
    let key = tx.find_gpg_key(actor.id, id).await?.ok_or(Error::NotFound("GPG key"))?;
    tx.delete_gpg_key(actor.id, id).await?;
    let mut line = entry(ctx, "gpg_key.delete");
    line.account = Some(actor.id);
    line.detail = key.fingerprint;
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

fn token(app: &App, account: AccountId, now: Timestamp, back: i64) -> String {
    let part = now.seconds().div_euclid(TOKEN_SECONDS) - back;
    let message = [account.0.to_be_bytes(), part.to_be_bytes()].concat();
    hex::encode(app.signing.seal(PURPOSE, &message))
}

/// Refuses a signature that is not one of a text for this account with this key.
async fn prove(app: &App, account: AccountId, key: PublicKey, signature: String) -> Result<()> {
    let refuse = || {
        let text = "is no good signature of what /user/gpg_key_token says, with this key: sign it anew, the text is good for an hour";
        Error::from(Invalid::new("armored_signature", text))
    };
    if signature.len() > MOST_SIGNATURE {
        return Err(refuse());
    }
    let now = app.clock.now();
    let tokens = [token(app, account, now, 0), token(app, account, now, 1)];
    let good = spawn_blocking(move || {
        let Ok(signature) = Detached::read(signature.trim().as_bytes()) else { return false };
        // `echo` ends a line, and other shells otherwise.
        let texts = tokens.iter().flat_map(|token| [token.clone(), format!("{token}\n"), format!("{token}\r\n")]);
        texts.into_iter().any(|text| key.check(&signature, text.as_bytes()).is_ok())
    });
    if good.await.map_err(Error::internal)? { Ok(()) } else { Err(refuse()) }
}

async fn read(armour: String) -> Result<PublicKey> {
    let read = spawn_blocking(move || PublicKey::read(&armour)).await.map_err(Error::internal)?;
    read.map_err(|why| Invalid::new("armored_public_key", why.to_string()).into())
}

/// The addresses in a key, and whether the account has proven each.
async fn emails(app: &App, account: AccountId, key: &PublicKey) -> Result<Vec<(String, bool)>> {
    let own = app.store.list_emails(account).await?;
    let proven = |email: &String| own.iter().any(|row| row.verified && row.email.to_lowercase() == email.to_lowercase());
    Ok(key.emails().iter().map(|email| (email.clone(), proven(email))).collect())
}

async fn shown(app: &App, row: GpgKeyRow, own: bool) -> Result<GpgKey> {
    let key = read(row.armour.clone()).await?;
    let emails = if own { emails(app, row.account, &key).await? } else { Vec::new() };
    let GpgKeyRow { id, armour, proven, created_at, .. } = row;
    Ok(GpgKey { id, armour, parts: key.parts().to_vec(), emails, proven, created_at })
}
