//! Who vouches for a component: publishers whose keys administrators trust, and their detached signatures.
//!
//! A signature is made with `ssh-keygen -Y sign -n hardie-plugin -f KEY FILE` over the component's bytes (OpenSSH's `PROTOCOL.sshsig`), by an
//! Ed25519 key. It is checked when it comes, and counts for as long as its publisher is trusted.

use hardie_domain::error::Invalid;
use hardie_domain::ids::PublisherId;
use hardie_domain::plugin::Digest;
use hardie_domain::scope::{Category, Level};
use hardie_domain::sshkey::{Algorithm, PublicKey, fingerprint};
use hardie_git::signature::{self, Signature};
use hardie_store::plugins::ComponentRow;
pub use hardie_store::publishers::{PublisherRow, SignatureRow};
use tokio::task::spawn_blocking;

use super::install::checked_name;
use super::rights::require_upload;
use crate::access::{require_admin, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// What a component is signed for: a signature for another purpose is none.
const NAMESPACE: &str = "hardie-plugin";
/// Bytes of a signature in its armour. One by an Ed25519 key has about 300.
pub const MAX_SIGNATURE_BYTES: usize = 4 << 10;
/// Publishers that are trusted at once.
const MAX_PUBLISHERS: usize = 200;

/// Whose signatures count. For administrators.
pub async fn list_publishers(app: &App, ctx: &Ctx) -> Result<Vec<PublisherRow>> {
    require_admin(ctx, Level::Read)?;
    Ok(app.store.list_publishers().await?)
}

/// Trusts a key, in OpenSSH's one-line form, from now on.
pub async fn add_publisher(app: &App, ctx: &Ctx, name: &str, key: &str) -> Result<PublisherRow> {
    require_admin(ctx, Level::Write)?;
    let (name, key) = (checked_name(name)?, PublicKey::parse(key)?);
    if key.algorithm() != Algorithm::Ed25519 {
        let text =
            format!("is a key of the kind {}; plugins are signed with ssh-ed25519 (ssh-keygen -t ed25519)", key.algorithm().as_str());
        return Err(Invalid::new("key", text).into());
    }
    let (by, now) = (ctx.actor.as_ref().map(|actor| actor.id), app.clock.now());
    if app.store.list_publishers().await?.len() >= MAX_PUBLISHERS {
        return Err(Error::Quota(format!("{MAX_PUBLISHERS} publishers may be trusted")));
    }
    let mut tx = app.store.begin().await?;
    let taken = || Error::Conflict(format!("a publisher named {name:?}, or one with this key, is trusted already"));
    let id = tx.insert_publisher(&name, key.blob(), by, now).await?.ok_or_else(taken)?;
    let mut line = entry(ctx, "publisher.add");
    line.detail = format!("{name} {}", key.fingerprint());
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    Ok(PublisherRow { id, name, blob: key.blob().to_vec(), added_by: by, created_at: now })
}

/// Trusts a key no longer. What it signed and is installed goes on; where signatures are required, it is not changed or installed any more.
pub async fn remove_publisher(app: &App, ctx: &Ctx, id: PublisherId) -> Result<()> {
    require_admin(ctx, Level::Write)?;
    let mut tx = app.store.begin().await?;
    let name = tx.delete_publisher(id).await?.ok_or(Error::NotFound("publisher"))?;
    let mut line = entry(ctx, "publisher.remove");
    line.detail = name;
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Who signed a component that was uploaded.
pub async fn list_signatures(app: &App, ctx: &Ctx, digest: Digest) -> Result<Vec<SignatureRow>> {
    require_scope(ctx, Category::Repository, Level::Read)?;
    app.store.find_component(digest).await?.ok_or(Error::NotFound("component"))?;
    Ok(app.store.list_signatures(digest).await?)
}

/// Keeps a signature under a component that was uploaded, if it is one by somebody who is trusted. Whoever brings it proves nothing by that.
pub async fn sign(app: &App, ctx: &Ctx, digest: Digest, armour: &str) -> Result<SignatureRow> {
    require_upload(app, ctx)?;
    let refused = |why: String| Error::from(Invalid::new("signature", why));
    if armour.len() > MAX_SIGNATURE_BYTES {
        return Err(refused(format!("has more than {} KiB", MAX_SIGNATURE_BYTES >> 10)));
    }
    app.store.find_component(digest).await?.ok_or(Error::NotFound("component"))?;
    let read = match signature::read(armour.as_bytes()) {
        Ok(Signature::Ssh(read)) => read,
        Ok(Signature::Other(kind)) => return Err(refused(format!("is of the kind {kind}; sign with {HOW}"))),
        Err(why) => return Err(refused(why.to_string())),
    };
    // Asked before anything is computed with a key that anybody may have made up.
    let stranger = || {
        let key = fingerprint(read.key());
        refused(format!("is by {key}, whom this server does not trust; an administrator adds a key with `hardie plugin publisher add`"))
    };
    let publisher = app.store.find_publisher_by_key(read.key()).await?.ok_or_else(stranger)?;
    let missing = || Error::internal(format!("the bytes of component {digest} are missing"));
    let bytes = app.store.find_component_bytes(digest).await?.ok_or_else(missing)?;
    let checked = spawn_blocking(move || read.check(NAMESPACE, &bytes)).await.map_err(Error::internal)?;
    checked.map_err(|why| refused(why.to_string()))?;
    let known = app.store.list_signatures(digest).await?.into_iter().find(|known| known.publisher == publisher.id);
    if let Some(known) = known {
        return Ok(known);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.put_signature(digest, publisher.id, armour, now).await?;
    let mut line = entry(ctx, "plugin.sign");
    line.detail = format!("{digest} by {}", publisher.name);
    tx.insert_audit(&line, now).await?;
    tx.commit().await?;
    Ok(SignatureRow { publisher: publisher.id, name: publisher.name, blob: publisher.blob, armour: armour.to_owned(), created_at: now })
}

const HOW: &str = "`ssh-keygen -Y sign -n hardie-plugin -f KEY FILE`";

/// Refuses what nobody vouches for, where that is asked.
pub(super) async fn require_signature(app: &App, component: &ComponentRow) -> Result<()> {
    if !app.config.require_signature || !app.store.list_signatures(component.digest).await?.is_empty() {
        return Ok(());
    }
    let ComponentRow { name, version, .. } = component;
    Err(Error::forbidden(format!(
        "{name} {version} bears no signature by a publisher whom this server trusts: sign it with {HOW}, and give FILE.sig with it"
    )))
}
