//! Deploy keys of a repository, for its administrators: programs fetch and push by them, and can do nothing else anywhere.

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::DeployKeyId;
use hardie_domain::mail::MailKind;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_domain::sshkey::PublicKey;
pub use hardie_store::deploy_keys::DeployKeyRow as DeployKey;
use hardie_store::deploy_keys::NewDeployKey as NewRow;

use crate::access::{RepoAccess, repo_for};
use crate::audit::entry;
use crate::identity::{checked_title, require_lasting};
use crate::{App, Ctx, Error, Result, mail};

/// A bound on what one repository can hold.
const MAX_KEYS: u64 = 100;

/// A key to be added.
#[derive(Clone, Debug)]
pub struct NewDeployKey {
    /// What people call it; the key's comment if empty.
    pub title: String,
    /// The line of the `.pub` file.
    pub key: String,
    /// Whether it may only fetch.
    pub read_only: bool,
}

/// A key and the repository that it opens.
pub type Shown = (RepoAccess, DeployKey);

/// Keys of a repository, newest first.
pub async fn list_deploy_keys(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<(RepoAccess, Paged<DeployKey>)> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let keys = app.store.list_deploy_keys(access.repo.id, page).await?;
    Ok((access, keys))
}

/// One key.
pub async fn get_deploy_key(app: &App, ctx: &Ctx, path: &RepoPath, id: DeployKeyId) -> Result<Shown> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let key = app.store.find_deploy_key(access.repo.id, id).await?.ok_or(Error::NotFound("key"))?;
    Ok((access, key))
}

/// Adds a key. One that proves a user, or opens another repository, is taken: whoever holds it must get what they expect.
pub async fn add_deploy_key(app: &App, ctx: &Ctx, path: &RepoPath, new: NewDeployKey) -> Result<Shown> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let actor = ctx.require_actor()?;
    require_lasting(app, actor).await?;
    let key = PublicKey::parse(&new.key)?;
    let title = checked_title(&new.title, &key)?;
    let (now, fingerprint) = (app.clock.now(), key.fingerprint());
    let taken = || Error::from(Invalid::new("key", "is in use already: a key belongs to one account or one repository of this server"));
    let mut tx = app.store.begin().await?;
    let locked = tx.lock_repo(access.repo.id).await?.filter(|repo| repo.owner == access.owner.id);
    // Given away in this moment: a key of those who had it is not to come along.
    locked.ok_or(Error::NotFound("repository"))?;
    if tx.list_deploy_keys(access.repo.id, Page::new(None, Some(1))).await?.total >= MAX_KEYS {
        return Err(Error::Quota(format!("a repository may have {MAX_KEYS} deploy keys: remove those that are not needed")));
    }
    if tx.find_key_by_fingerprint(&fingerprint).await?.is_some() {
        return Err(taken());
    }
    let row = NewRow {
        repo: access.repo.id,
        title: &title,
        algorithm: key.algorithm().as_str(),
        blob: key.blob(),
        fingerprint: &fingerprint,
        read_only: new.read_only,
        at: now,
    };
    let id = tx.insert_deploy_key(&row).await?.ok_or_else(taken)?;
    let mut line = entry(ctx, "deploy-key.create");
    line.repo = Some(access.repo.id);
    line.detail = format!("{title:?} {fingerprint}{}", if new.read_only { ", to fetch only" } else { "" });
    tx.insert_audit(&line, now).await?;
    let happened = format!("A deploy key was added to {}, with the fingerprint {fingerprint}.", access.path());
    mail::notify(&mut tx, app, MailKind::CredentialAdded, actor.id, &happened).await?;
    tx.commit().await?;
    let (blob, read_only) = (key.blob().to_vec(), new.read_only);
    let key = DeployKey { id, repo: access.repo.id, title, blob, fingerprint, read_only, created_at: now, last_used_at: None };
    Ok((access, key))
}

/// Removes a key.
pub async fn delete_deploy_key(app: &App, ctx: &Ctx, path: &RepoPath, id: DeployKeyId) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let key = tx.find_deploy_key(access.repo.id, id).await?.ok_or(Error::NotFound("key"))?;
    tx.delete_deploy_key(access.repo.id, id).await?;
    let mut line = entry(ctx, "deploy-key.delete");
    line.repo = Some(access.repo.id);
    line.detail = format!("{:?} {}", key.title, key.fingerprint);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
