//! A fork's refs: they begin where those of its parent are. This is the one way besides a push in which refs come to be, and so it is here.
//!
//! No policy judges it: the refs are in this server already, each let in by the rules of the repository from which it comes, and nothing
//! is in the fork that whoever forks may not read there. What is pushed to the fork later is judged as any push.

use hardie_domain::access::{OwnerVisibility, RepoAction, Role, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::ids::RepoId;
use hardie_domain::names::{RepoName, RepoPath};
use hardie_domain::scope::{Category, Level};
use hardie_store::Tx;
use hardie_store::repos::{NewRepo, RepoRow};
use serde_json::json;

use crate::access::{RepoAccess, repo_for, require_scope};
use crate::accounts::{Account, known_account, may_create_under, may_own_under};
use crate::audit::entry;
use crate::repos::{Repo, get_repo_by_id};
use crate::{App, Ctx, Error, Result, damage, events, quotas, upkeep};

/// Refs of a repository that is forked whole: they are copied while others wait to write.
const MOST_REFS: u64 = 100_000;

/// A fork to be made.
#[derive(Clone, Debug, Default)]
pub struct NewFork {
    /// Whose it will be: an organisation in which the actor may make repositories; the actor's own if absent.
    pub owner: Option<String>,
    /// Its name; that of the parent if absent.
    pub name: Option<String>,
    /// Takes this branch alone, by its short name, and no tags; it is the fork's default branch.
    pub branch: Option<String>,
}

/// Forks a repository that the actor may read. The fork is as visible as its parent is, or private where that would show it to more people.
/// Whoever forks into an organisation without owning it administers the fork.
pub async fn fork(app: &App, ctx: &Ctx, path: &RepoPath, new: NewFork) -> Result<Repo> {
    let actor = require_scope(ctx, Category::Repository, Level::Write)?;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let owner = match &new.owner {
        Some(name) => known_account(app, ctx, name).await?,
        None => app.store.find_account(actor.id).await?,
    };
    let owner = owner.ok_or(Error::NotFound("account"))?;
    if !may_create_under(app, ctx, &owner).await? {
        return Err(Error::forbidden(format!("you may not make repositories under {}", owner.name)));
    }
    let is_owner = may_own_under(app, ctx, &owner).await?;
    let name = match new.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => RepoName::parse(name)?,
        None => access.repo.name.clone(),
    };
    let _slot = app.git.slots.take(ctx)?;
    if new.branch.is_none() && app.store.count_refs(access.repo.id).await? > MOST_REFS {
        return Err(Error::Quota(format!("it has more than {MOST_REFS} refs: fork one branch, with branch=NAME")));
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let parent = tx.lock_parent(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    let of = check(&mut tx, &access, &parent, &owner).await?;
    let default_branch = match new.branch.as_deref() {
        Some(short) => crate::branches::new_branch("branch", short)?,
        None => parent.default_branch.clone(),
    };
    let row = NewRepo {
        owner: owner.id,
        name: &name,
        description: &parent.description,
        visibility: parent.visibility.of_fork(of, owner.visibility),
        default_branch: &default_branch,
        at: now,
    };
    let taken = || Error::Conflict(format!("{} already has a repository named {name}", owner.name));
    let id = tx.insert_repo(&row).await?.ok_or_else(taken)?;
    // Its owner is locked from here on.
    if tx.find_account(owner.id).await?.is_none_or(|found| found.visibility != owner.visibility) {
        return Err(Error::Conflict(format!("who sees {} was changed at this moment; try again", owner.name)));
    }
    if !is_owner {
        tx.set_collaborator(id, actor.id, Role::Admin, now).await?;
    }
    tx.share_with_fork(id, parent.id, now).await?;
    quotas::check_all(&mut tx, app, id).await?;
    let mut copied = tx.copy_refs(id, parent.id, new.branch.as_ref().map(|_| &default_branch)).await?;
    copied -= drop_hidden(&mut tx, app, id).await?;
    if copied == 0 && new.branch.is_some() {
        return Err(Invalid::new("branch", format!("there is no branch {:?}", default_branch.short())).into());
    }
    if copied > 0 {
        tx.set_pushed_at(id, now).await?;
    }
    // What the parent's packs hold beside what the copied refs reach is not the fork's.
    tx.collect_by(id, upkeep::collect::after(now, app.config.retention.look)).await?;
    announce(&mut tx, app, ctx, &access, &parent, &owner, id).await?;
    tx.commit().await?;
    app.wakes.committed();
    get_repo_by_id(app, ctx, id).await
}

/// What may have changed since the actor was let in, and what cannot be forked; the visibility of the parent's owner.
async fn check(tx: &mut Tx, access: &RepoAccess, parent: &RepoRow, owner: &Account) -> Result<OwnerVisibility> {
    let of = tx.find_account(parent.owner).await?.ok_or(Error::NotFound("repository"))?.visibility;
    let is_narrower = access.repo.visibility == Visibility::Public && parent.visibility != Visibility::Public;
    if is_narrower || of > access.owner.visibility {
        return Err(Error::Conflict("the repository was made private at this moment; try again".to_owned()));
    }
    if parent.owner == owner.id {
        return Err(Invalid::new("organization", format!("{} owns what is to be forked", owner.name)).into());
    }
    if let Some(there) = tx.find_fork(parent.id, owner.id).await? {
        let name = tx.find_repo(there).await?.map(|repo| repo.name.to_string()).unwrap_or_default();
        return Err(Error::Conflict(format!("{} has a fork of this repository already: {}/{name}", owner.name, owner.name)));
    }
    match tx.is_repo_damaged(parent.id).await? {
        true => Err(damage::refuse()),
        false => Ok(of),
    }
}

/// Refs that the site hides stay where they are; how many were copied with the rest.
async fn drop_hidden(tx: &mut Tx, app: &App, fork: RepoId) -> Result<u64> {
    let hidden = &app.config.git_rules.hidden_refs;
    let mut dropped = 0;
    for name in tx.list_ref_names(fork).await?.into_iter().filter(|name| hidden.hides(name.as_bytes())) {
        dropped += u64::from(tx.drop_copied_ref(fork, &name).await?);
    }
    Ok(dropped)
}

async fn announce(tx: &mut Tx, app: &App, ctx: &Ctx, access: &RepoAccess, parent: &RepoRow, owner: &Account, id: RepoId) -> Result<()> {
    let fork = tx.find_repo(id).await?.ok_or(Error::NotFound("repository"))?;
    let path = format!("{}/{}", owner.name, fork.name);
    let mut line = entry(ctx, "repository.fork");
    (line.account, line.repo) = (Some(owner.id), Some(id));
    line.detail = format!("{} to {path}", access.path());
    tx.insert_audit(&line, app.clock.now()).await?;
    let of = json!({ "parent": { "id": parent.id.0, "full_name": access.path() } });
    events::announce(tx, app, ctx, event::REPO_CREATED, &fork, owner, of).await?;
    let made = json!({ "fork": { "id": id.0, "full_name": path } });
    events::announce(tx, app, ctx, event::FORK, parent, &access.owner, made).await
}
