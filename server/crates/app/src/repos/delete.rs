//! Deleting a repository, and a week in which it can be brought back.

use hardie_domain::access::{OwnerVisibility, RepoAction, Visibility};
use hardie_domain::event;
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::scope::{Category, Level};
use hardie_domain::time::Timestamp;
use hardie_store::repos::RepoRow;
use serde_json::json;

use super::edit::{Note, note};
use super::{Repo, get_repo_by_id};
use crate::access::{RepoAccess, repo_for, require_scope};
use crate::accounts::{Account, known_account, may_own_under};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result, events};

/// How long a deleted repository can be restored.
pub const RESTORABLE_SECONDS: i64 = 7 * 24 * 3600;

/// A repository that can still be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRepo {
    /// The repository.
    pub row: RepoRow,
    /// Whose it was.
    pub owner: Account,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// From when on it is gone for good.
    pub purge_at: Timestamp,
}

/// Deletes a repository: it is absent at once, its name is free, and for a week its owner can restore it.
pub async fn delete_repo(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<()> {
    delete_found(app, ctx, &repo_for(app, ctx, path, RepoAction::Own).await?).await
}

/// Deletes a repository for somebody who may, or takes back what was just made for them.
pub(super) async fn delete_found(app: &App, ctx: &Ctx, access: &RepoAccess) -> Result<()> {
    let mut tx = app.store.begin().await?;
    if !tx.delete_repo(access.repo.id, app.clock.now()).await? {
        return Err(Error::NotFound("repository"));
    }
    let detail = access.path();
    note(&mut tx, app, ctx, access, Note { action: "repository.delete", kind: event::REPO_DELETED, detail }).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok(())
}

/// What can be restored under an owner, last deleted first. For those who may make repositories there.
pub async fn list_deleted_repos(app: &App, ctx: &Ctx, owner: &str) -> Result<Vec<DeletedRepo>> {
    let owner = restorer(app, ctx, owner, Level::Read).await?;
    let now = app.clock.now();
    let rows = app.store.list_deleted_repos(owner.id).await?;
    Ok(rows.into_iter().filter_map(|row| restorable(ctx, row, &owner, now)).collect())
}

/// The repository of this name that was deleted last under an owner.
pub async fn find_deleted_repo(app: &App, ctx: &Ctx, owner: &str, name: &str) -> Result<DeletedRepo> {
    let owner = restorer(app, ctx, owner, Level::Read).await?;
    let row = app.store.find_deleted_repo(owner.id, name).await?;
    row.and_then(|row| restorable(ctx, row, &owner, app.clock.now())).ok_or(Error::NotFound("deleted repository"))
}

/// Brings a deleted repository back under its old name.
pub async fn restore_repo(app: &App, ctx: &Ctx, owner: &str, id: RepoId) -> Result<Repo> {
    let owner = restorer(app, ctx, owner, Level::Write).await?;
    let now = app.clock.now();
    let rows = app.store.list_deleted_repos(owner.id).await?;
    let found = rows.into_iter().find(|row| row.id == id).and_then(|row| restorable(ctx, row, &owner, now));
    let deleted = found.ok_or(Error::NotFound("deleted repository"))?;
    let mut tx = app.store.begin().await?;
    if !tx.restore_repo(owner.id, id, now).await? {
        let name = &deleted.row.name;
        return Err(Error::Conflict(format!("{} has another repository named {name} by now: rename it first", owner.name)));
    }
    let repo = tx.find_repo(id).await?.ok_or(Error::NotFound("repository"))?;
    let mut line = entry(ctx, "repository.restore");
    (line.account, line.repo) = (Some(owner.id), Some(id));
    line.detail = format!("{}/{}", owner.name, repo.name);
    tx.insert_audit(&line, now).await?;
    events::announce(&mut tx, app, ctx, event::REPO_RESTORED, &repo, &owner, json!({})).await?;
    tx.commit().await?;
    app.wakes.committed();
    get_repo_by_id(app, ctx, id).await
}

async fn restorer(app: &App, ctx: &Ctx, owner: &str, level: Level) -> Result<Account> {
    require_scope(ctx, Category::Repository, level)?;
    let owner = known_account(app, ctx, owner).await?.ok_or(Error::NotFound("account"))?;
    match may_own_under(app, ctx, &owner).await? {
        true => Ok(owner),
        false => Err(Error::forbidden(format!("only {}'s owner sees and restores what was deleted there", owner.name))),
    }
}

/// `None` when it is too late, and for a credential that would not have seen the repository before it was deleted.
fn restorable(ctx: &Ctx, row: RepoRow, owner: &Account, now: Timestamp) -> Option<DeletedRepo> {
    let is_open = row.visibility == Visibility::Public && owner.visibility == OwnerVisibility::Public;
    if !is_open && ctx.actor.as_ref().is_some_and(|a| a.scopes.is_public_only()) {
        return None;
    }
    let deleted_at = row.deleted_at?;
    let purge_at = deleted_at.plus_seconds(RESTORABLE_SECONDS);
    (purge_at > now).then(|| DeletedRepo { row, owner: owner.clone(), deleted_at, purge_at })
}
