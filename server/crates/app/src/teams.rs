//! Teams of organisations: made, changed and filled by the organisation's owners, seen by its members.
//!
//! What a team gives is decided with everything else in [`crate::access`]; here the rows are written.

mod edit;
mod members;
mod repos;

use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, RepoId, TeamId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_store::Tx;
pub use hardie_store::teams::{OwnedTeam as Team, TeamRow};

use crate::access::{is_admin, require_more_than_public, require_scope};
use crate::accounts::{OrgRole, member_org, shown};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

pub use edit::{NewTeam, TeamChange, create_team, delete_team, edit_team};
pub use members::{add_team_member, find_team_member, list_team_members, remove_team_member};
pub use repos::{
    add_repo_team, add_team_repo, find_repo_team, find_team_repo, list_repo_teams, list_team_repos, remove_repo_team, remove_team_repo,
};

const MAX_QUERY_CHARS: usize = 100;

/// Which teams of an organisation are wanted.
#[derive(Clone, Debug, Default)]
pub struct TeamSearch {
    /// Held by the name, without case; empty for all.
    pub query: String,
    /// Or by the description.
    pub descriptions: bool,
}

/// Teams of an organisation, by name. For its members and for administrators.
pub async fn list_teams(app: &App, ctx: &Ctx, org: &str, search: &TeamSearch, page: Page) -> Result<Paged<Team>> {
    let org = member_org(app, ctx, org).await?;
    let query: String = search.query.trim().chars().filter(|c| *c != '\0').take(MAX_QUERY_CHARS).collect();
    let found = app.store.list_teams(org.id, &query, search.descriptions, page).await?;
    Ok(found.map(|team| seen(ctx, team)))
}

/// Teams in which the actor is, those of owners too.
pub async fn list_own_teams(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Team>> {
    let actor = require_scope(ctx, Category::Organization, Level::Read)?;
    require_more_than_public(ctx)?;
    Ok(app.store.list_teams_of(actor.id, page).await?.map(|team| seen(ctx, team)))
}

/// The team with this id. For members of its organisation and for administrators; absent for others.
pub async fn get_team(app: &App, ctx: &Ctx, id: TeamId) -> Result<Team> {
    Ok(visible(app, ctx, id, Level::Read).await?.0)
}

fn seen(ctx: &Ctx, team: Team) -> Team {
    Team { org: shown(ctx, team.org), ..team }
}

/// The team, and whether the asker owns its organisation or administers the server.
async fn visible(app: &App, ctx: &Ctx, id: TeamId, level: Level) -> Result<(Team, bool)> {
    let absent = Error::NotFound("team");
    if is_admin(ctx, level) {
        return Ok((seen(ctx, app.store.find_team(id).await?.ok_or(absent)?), true));
    }
    let actor = require_scope(ctx, Category::Organization, level)?;
    require_more_than_public(ctx)?;
    let Some(team) = app.store.find_team(id).await? else { return Err(absent) };
    match app.store.find_org_role(team.org.id, actor.id).await? {
        Some(role) => Ok((seen(ctx, team), role == OrgRole::Owner)),
        None => Err(absent),
    }
}

/// The team, if the asker owns its organisation or administers the server.
async fn owned(app: &App, ctx: &Ctx, id: TeamId) -> Result<Team> {
    match visible(app, ctx, id, Level::Write).await? {
        (team, true) => Ok(team),
        (_, false) => Err(Error::forbidden("only owners of this organization may do this")),
    }
}

/// The team as it is now, locked with its organisation for the rest of the transaction.
async fn locked(tx: &mut Tx, team: &Team) -> Result<TeamRow> {
    tx.lock_team(team.org.id, team.team.id).await?.ok_or(Error::NotFound("team"))
}

/// Refuses what would take something from the owners.
fn require_not_owners(team: &TeamRow, field: &'static str) -> Result<()> {
    match team.is_owners() {
        true => Err(Invalid::new(field, "the team of owners stays as it is but for its description and its members").into()),
        false => Ok(()),
    }
}

async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, action: &'static str, org: AccountId, repo: Option<RepoId>, detail: String) -> Result<()> {
    let mut line = entry(ctx, action);
    (line.account, line.repo) = (Some(org), repo);
    line.detail = detail;
    Ok(tx.insert_audit(&line, app.clock.now()).await.map(|_| ())?)
}
