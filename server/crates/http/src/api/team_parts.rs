//! Who is in a team, and which repositories it reaches: asked by the team, and by the repository.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::account::User;
use hardie_api_types::repo::Repository;
use hardie_api_types::team::Team;
use hardie_app::teams::{
    add_repo_team, add_team_member, add_team_repo, find_repo_team, find_team_member, find_team_repo, list_repo_teams, list_team_members,
    list_team_repos, remove_repo_team, remove_team_member, remove_team_repo,
};
use hardie_domain::ids::TeamId;
use hardie_domain::names::RepoPath;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let api = by_team(api, "organization");
    let (tag, one) = ("repository", "/repos/{owner}/{repo}/teams/{team}");
    api.get("/repos/{owner}/{repo}/teams", Op::new("repoListTeams", tag, "Lists teams that reach it").gives_page::<Team>(), list_of_repo)
        .get(one, Op::new("repoCheckTeam", tag, "Shows a team that reaches it").gives::<Team>(200), get_of_repo)
        .put(one, Op::new("repoAddTeam", tag, "Has a team reach it").gives_nothing(204), put_of_repo)
        .delete(one, Op::new("repoDeleteTeam", tag, "Has a team reach it no longer").gives_nothing(204), delete_of_repo)
}

fn by_team(api: Api, tag: &'static str) -> Api {
    let (member, repo) = ("/teams/{id}/members/{username}", "/teams/{id}/repos/{org}/{repo}");
    api.get("/teams/{id}/members", Op::new("orgListTeamMembers", tag, "Lists a team's members").gives_page::<User>(), members)
        .get(member, Op::new("orgListTeamMember", tag, "Shows a member of a team").gives::<User>(200), get_member)
        .put(member, Op::new("orgAddTeamMember", tag, "Puts a user into a team").gives_nothing(204), put_member)
        .delete(member, Op::new("orgRemoveTeamMember", tag, "Takes a user out of a team").gives_nothing(204), delete_member)
        .get("/teams/{id}/repos", Op::new("orgListTeamRepos", tag, "Lists a team's repositories").gives_page::<Repository>(), repos)
        .get(repo, Op::new("orgListTeamRepo", tag, "Shows a repository that a team reaches").gives::<Repository>(200), get_repo)
        .put(repo, Op::new("orgAddTeamRepository", tag, "Has a team reach a repository").gives_nothing(204), put_repo)
        .delete(repo, Op::new("orgRemoveTeamRepository", tag, "Has a team reach a repository no longer").gives_nothing(204), delete_repo)
}

fn team(parts: &PathParts) -> Answer<TeamId> {
    Ok(TeamId(parts.id("id")?))
}

/// The repository in `{org}/{repo}`.
fn repo_of_org(parts: &PathParts) -> Answer<RepoPath> {
    Ok(RepoPath { owner: parts.text("org")?, name: parts.text("repo")? })
}

async fn members(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_team_members(&http.app, &ctx, team(&parts)?, paging.page).await?;
    Ok(paging.answer(found.map(|member| show::user(&http.links, &member))))
}

async fn get_member(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<User>> {
    let found = find_team_member(&http.app, &ctx, team(&parts)?, &parts.text("username")?).await?;
    Ok(Json(show::user(&http.links, &found.ok_or_else(|| Refusal::not_found("member"))?)))
}

async fn put_member(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    add_team_member(&http.app, &ctx, team(&parts)?, &parts.text("username")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_member(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_team_member(&http.app, &ctx, team(&parts)?, &parts.text("username")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn repos(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_team_repos(&http.app, &ctx, team(&parts)?, paging.page).await?;
    Ok(paging.answer(found.map(|repo| show::repo(&http.links, &repo))))
}

async fn get_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Repository>> {
    let found = find_team_repo(&http.app, &ctx, team(&parts)?, &repo_of_org(&parts)?).await?;
    Ok(Json(show::repo(&http.links, &found.ok_or_else(|| Refusal::not_found("repository"))?)))
}

async fn put_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    add_team_repo(&http.app, &ctx, team(&parts)?, &repo_of_org(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_team_repo(&http.app, &ctx, team(&parts)?, &repo_of_org(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_repo_teams(&http.app, &ctx, &parts.repo()?, paging.page).await?;
    Ok(paging.answer(found.map(|team| show::team(&http.links, &team))))
}

async fn get_of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Team>> {
    let found = find_repo_team(&http.app, &ctx, &parts.repo()?, &parts.text("team")?).await?;
    Ok(Json(show::team(&http.links, &found.ok_or_else(|| Refusal::not_found("team"))?)))
}

async fn put_of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    add_repo_team(&http.app, &ctx, &parts.repo()?, &parts.text("team")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_repo_team(&http.app, &ctx, &parts.repo()?, &parts.text("team")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
