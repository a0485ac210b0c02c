//! Users whom a repository names, each with a role.

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
pub use hardie_store::collaborators::CollaboratorRow as Collaborator;

use crate::access::{RepoAccess, repo_for};
use crate::accounts::{Account, AccountKind, get_user, shown};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// What somebody may do with a repository, whoever gave it to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The user.
    pub user: Account,
    /// Whether they own it, or the organisation that does.
    pub is_owner: bool,
    /// What they may do because they are named; `None` if they are not.
    pub role: Option<Role>,
}

/// Collaborators by name. For those who may push: a reader need not learn who else has access.
pub async fn list_collaborators(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Paged<Collaborator>> {
    let access = insider(app, ctx, path).await?;
    let found = app.store.list_collaborators(access.repo.id, page).await?;
    Ok(found.map(|c| Collaborator { user: shown(ctx, c.user), ..c }))
}

/// The role that a user was given as a collaborator.
pub async fn find_collaborator(app: &App, ctx: &Ctx, path: &RepoPath, user: &str) -> Result<Option<Role>> {
    let access = insider(app, ctx, path).await?;
    let user = get_user(app, ctx, user).await?;
    Ok(app.store.find_collaborator(access.repo.id, user.id).await?)
}

/// What a user may do with a repository: one's own, or anybody's for its administrators.
pub async fn permission_of(app: &App, ctx: &Ctx, path: &RepoPath, user: &str) -> Result<Permission> {
    let own = ctx.actor.as_ref().is_some_and(|a| a.name.lower() == user.to_ascii_lowercase());
    let access = repo_for(app, ctx, path, if own { RepoAction::Read } else { RepoAction::Administer }).await?;
    let user = get_user(app, ctx, user).await?;
    let row = app.store.find_access(access.repo.id, user.id).await?;
    Ok(Permission { user, is_owner: row.is_owner, role: row.role })
}

/// Names a user, or changes the role. For the repository's administrators.
pub async fn set_collaborator(app: &App, ctx: &Ctx, path: &RepoPath, user: &str, role: Role) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let found = app.store.find_account_by_name(user).await?;
    let user = found.filter(|a| a.kind == AccountKind::User).ok_or(Error::NotFound("user"))?;
    if user.id == access.owner.id {
        return Err(Invalid::new("collaborator", "owns this repository and needs no role").into());
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    tx.set_collaborator(access.repo.id, user.id, role, now).await?;
    let mut line = entry(ctx, "collaborator.set");
    (line.account, line.repo) = (Some(user.id), Some(access.repo.id));
    line.detail = format!("{} may {} {}", user.name, role.as_str(), access.path());
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// Names a user no longer: by the repository's administrators, or by the user, who may leave.
pub async fn remove_collaborator(app: &App, ctx: &Ctx, path: &RepoPath, user: &str) -> Result<()> {
    let leaves = ctx.actor.as_ref().is_some_and(|a| a.name.lower() == user.to_ascii_lowercase());
    let access = repo_for(app, ctx, path, if leaves { RepoAction::Read } else { RepoAction::Administer }).await?;
    let user = get_user(app, ctx, user).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.lock_repo(access.repo.id).await?.ok_or(Error::NotFound("repository"))?;
    if !tx.delete_collaborator(access.repo.id, user.id).await? {
        return Err(Error::NotFound("collaborator"));
    }
    let mut line = entry(ctx, "collaborator.remove");
    (line.account, line.repo) = (Some(user.id), Some(access.repo.id));
    line.detail = format!("{} from {}", user.name, access.path());
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

async fn insider(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RepoAccess> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    match access.role >= Role::Write {
        true => Ok(access),
        false => Err(Error::forbidden("only those who may push to this repository see its collaborators")),
    }
}
