//! Which repositories a team reaches: asked by team and by repository, changed by owners of the organisation.

use hardie_domain::access::{RepoAction, Role};
use hardie_domain::ids::TeamId;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::Level;

use super::{Team, locked, note, owned, require_not_owners, seen, visible};
use crate::access::{RepoAccess, repo_for};
use crate::repos::{Repo, RepoSearch, get_repo, search_repos};
use crate::{App, Ctx, Error, Result};

/// Repositories that a team reaches, as far as the asker sees them.
pub async fn list_team_repos(app: &App, ctx: &Ctx, id: TeamId, page: Page) -> Result<Paged<Repo>> {
    let (team, _) = visible(app, ctx, id, Level::Read).await?;
    search_repos(app, ctx, &RepoSearch { team: Some(team.team.id), ..RepoSearch::default() }, page).await
}

/// The repository at this address, if the team reaches it and the asker sees it.
pub async fn find_team_repo(app: &App, ctx: &Ctx, id: TeamId, path: &RepoPath) -> Result<Option<Repo>> {
    let (team, _) = visible(app, ctx, id, Level::Read).await?;
    let repo = get_repo(app, ctx, path).await?;
    Ok(app.store.reaches_repo(team.team.id, repo.row.id).await?.then_some(repo))
}

/// Has a team reach a repository of the organisation.
pub async fn add_team_repo(app: &App, ctx: &Ctx, id: TeamId, path: &RepoPath) -> Result<()> {
    let team = owned(app, ctx, id).await?;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    add(app, ctx, &team, &access).await
}

/// Has a team reach a repository no longer.
pub async fn remove_team_repo(app: &App, ctx: &Ctx, id: TeamId, path: &RepoPath) -> Result<()> {
    let team = owned(app, ctx, id).await?;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    remove(app, ctx, &team, &access).await
}

/// Teams that reach a repository, by name. For those who may push: a reader need not learn who else has access.
pub async fn list_repo_teams(app: &App, ctx: &Ctx, path: &RepoPath, page: Page) -> Result<Paged<Team>> {
    let access = insider(app, ctx, path).await?;
    Ok(app.store.list_teams_reaching(access.repo.id, page).await?.map(|team| seen(ctx, team)))
}

/// The team of this name, if it reaches the repository.
pub async fn find_repo_team(app: &App, ctx: &Ctx, path: &RepoPath, team: &str) -> Result<Option<Team>> {
    let access = insider(app, ctx, path).await?;
    let Some(team) = app.store.find_team_by_name(access.owner.id, team).await? else { return Ok(None) };
    Ok(app.store.reaches_repo(team.team.id, access.repo.id).await?.then(|| seen(ctx, team)))
}

/// As [`add_team_repo`], by the team's name, with the right to the repository alone.
pub async fn add_repo_team(app: &App, ctx: &Ctx, path: &RepoPath, team: &str) -> Result<()> {
    let (access, team) = of_owner(app, ctx, path, team).await?;
    add(app, ctx, &team, &access).await
}

/// As [`remove_team_repo`], by the team's name, with the right to the repository alone.
pub async fn remove_repo_team(app: &App, ctx: &Ctx, path: &RepoPath, team: &str) -> Result<()> {
    let (access, team) = of_owner(app, ctx, path, team).await?;
    remove(app, ctx, &team, &access).await
}

async fn add(app: &App, ctx: &Ctx, team: &Team, access: &RepoAccess) -> Result<()> {
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, team).await?;
    require_not_owners(&row, "team")?;
    if !tx.insert_team_repo(&row, access.repo.id, app.clock.now()).await? {
        return Err(Error::NotFound("repository"));
    }
    note(&mut tx, app, ctx, "team.repository-add", row.org, Some(access.repo.id), format!("{} in {}", row.name, access.path())).await?;
    Ok(tx.commit().await?)
}

async fn remove(app: &App, ctx: &Ctx, team: &Team, access: &RepoAccess) -> Result<()> {
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, team).await?;
    if row.includes_all && access.repo.owner == row.org {
        return Err(Error::Conflict(format!("{} includes all repositories of the organization: change that first", row.name)));
    }
    if !tx.delete_team_repo(&row, access.repo.id).await? {
        return Err(Error::NotFound("repository"));
    }
    note(
        &mut tx,
        app,
        ctx,
        "team.repository-remove",
        row.org,
        Some(access.repo.id),
        format!("{} no longer in {}", row.name, access.path()),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// The repository, if the asker owns its organisation, and that organisation's team.
async fn of_owner(app: &App, ctx: &Ctx, path: &RepoPath, team: &str) -> Result<(RepoAccess, Team)> {
    let access = repo_for(app, ctx, path, RepoAction::Own).await?;
    let team = app.store.find_team_by_name(access.owner.id, team).await?.ok_or(Error::NotFound("team"))?;
    Ok((access, team))
}

async fn insider(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RepoAccess> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    match access.role >= Role::Write {
        true => Ok(access),
        false => Err(Error::forbidden("only those who may push to this repository see its teams")),
    }
}
