//! Giving a repository to another owner.

use hardie_domain::access::{RepoAction, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::names::RepoPath;
use hardie_domain::scope::Level;

use super::edit::{Note, check_parent, note};
use super::{Repo, get_repo_by_id};
use crate::access::{is_admin, repo_for};
use crate::accounts::{known_account, may_own_under};
use crate::{App, Ctx, Error, Result, quotas};

/// Gives a repository to the actor, or to an organisation that the actor owns: nobody is given what they did not ask for. An
/// administrator of the server gives it to anybody. The old address redirects; collaborators stay, teams of
/// the former owner lose it. Deploy keys go: who holds one is not named.
pub async fn transfer_repo(app: &App, ctx: &Ctx, path: &RepoPath, new_owner: &str) -> Result<Repo> {
    let access = repo_for(app, ctx, path, RepoAction::Own).await?;
    let missing = || Error::from(Invalid::new("new_owner", "there is no such user or organization"));
    let owner = known_account(app, ctx, new_owner).await?.ok_or_else(missing)?;
    if owner.id == access.owner.id {
        return Err(Invalid::new("new_owner", "owns this repository already").into());
    }
    if !may_own_under(app, ctx, &owner).await? {
        return Err(Error::forbidden(format!("{} must be you, or an organization that you own", owner.name)));
    }
    let mut tx = app.store.begin().await?;
    if !tx.move_repo(access.repo.id, owner.id, &access.repo.name, app.clock.now()).await? {
        return Err(Error::Conflict(format!("{} already has a repository named {}", owner.name, access.repo.name)));
    }
    // Read now that both owners are locked.
    let (row, to) = (tx.find_repo(access.repo.id).await?, tx.find_account(owner.id).await?);
    let (row, to) = (row.ok_or(Error::NotFound("repository"))?, to.ok_or_else(missing)?);
    if row.visibility == Visibility::Public && to.visibility < access.owner.visibility {
        check_parent(&mut tx, &row).await?;
    }
    // An administrator who gives it away decides about that too.
    if !is_admin(ctx, Level::Write) {
        quotas::check_all(&mut tx, app, access.repo.id).await?;
    }
    // Tokens are of who set them, and hosts of where they were granted: the new owner's people get neither.
    let revoked = match tx.revoke_sending(access.repo.id).await? {
        0 => String::new(),
        plugins => format!("; {plugins} plugins may send nowhere from now on, and have no secrets"),
    };
    let removed = match tx.delete_deploy_keys_of(access.repo.id).await? {
        0 => String::new(),
        keys => format!("; {keys} deploy keys were removed"),
    };
    let detail = format!("{} to {}/{}{revoked}{removed}", access.path(), owner.name, access.repo.name);
    note(&mut tx, app, ctx, &access, Note { action: "repository.transfer", kind: event::REPO_TRANSFERRED, detail }).await?;
    tx.commit().await?;
    app.wakes.committed();
    get_repo_by_id(app, ctx, access.repo.id).await
}
