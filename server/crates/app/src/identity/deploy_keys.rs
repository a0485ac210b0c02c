//! What a deploy key proves: the right to one repository, and nobody. The account beside it is the repository's owner, in whose places and under whose name
//! its pushes are counted; none of the owner's rights come with it (`hardie_domain::access`).

use hardie_domain::access::{Actor, Bound, Credential};
use hardie_domain::ids::DeployKeyId;
use hardie_domain::scope::Level;
use hardie_domain::sshkey::fingerprint;
use hardie_domain::time::Timestamp;
use hardie_store::deploy_keys::DeployKeyRow;

use super::actor::should_note;
use super::keys::key_scopes;
use crate::{App, Result};

/// A key lasts until somebody removes it.
const FOREVER: Timestamp = Timestamp(i64::MAX);

/// The key with this wire form, and what it proves.
pub(super) async fn find_by_blob(app: &App, blob: &[u8]) -> Result<Option<(Actor, DeployKeyRow)>> {
    let found = app.store.find_deploy_key_by_fingerprint(&fingerprint(blob)).await?;
    let Some(key) = found.filter(|key| key.blob == blob) else { return Ok(None) };
    Ok(actor_of_key(app, &key).await?.map(|actor| (actor, key)))
}

/// What the key of this id proves now.
pub(super) async fn actor_by_id(app: &App, id: DeployKeyId) -> Result<Option<Actor>> {
    match app.store.find_deploy_key_by_id(id).await? {
        Some(key) => actor_of_key(app, &key).await,
        None => Ok(None),
    }
}

/// `None` once the repository is deleted or its owner disabled.
async fn actor_of_key(app: &App, key: &DeployKeyRow) -> Result<Option<Actor>> {
    let Some(found) = app.store.find_repo_standing_by_id(key.repo, None).await?.filter(|found| !found.owner.disabled) else {
        return Ok(None);
    };
    let level = if key.read_only { Level::Read } else { Level::Write };
    Ok(Some(Actor {
        id: found.owner.id,
        name: found.owner.name,
        is_admin: false,
        credential: Credential::DeployKey(key.id),
        scopes: key_scopes()?,
        bound: Some(Bound { repo: key.repo, level, until: FOREVER }),
        narrowing: None,
    }))
}

/// Notes that it was used.
pub(super) async fn note_use(app: &App, key: &DeployKeyRow) {
    let now = app.clock.now();
    if !should_note(key.last_used_at, now) {
        return;
    }
    let noted = async {
        let mut tx = app.store.begin().await?;
        tx.touch_deploy_key(key.id, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, key.id = %key.id, "the use of a deploy key was not noted");
    }
}
