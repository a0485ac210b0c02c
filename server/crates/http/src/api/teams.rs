//! Teams of organisations.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use hardie_api_types::team::{CreateTeamOption, EditTeamOption, Team, TeamSearchResults};
use hardie_app::teams::{NewTeam, TeamChange, TeamSearch, create_team, delete_team, edit_team, get_team, list_own_teams, list_teams};
use hardie_domain::ids::TeamId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "organization";
    let search_op = Op::new("teamSearch", tag, "Finds teams of an organisation")
        .query("q", "part of the name")
        .query("include_desc", "true: or of the description");
    api.get("/orgs/{org}/teams", Op::new("orgListTeams", tag, "Lists teams").gives_page::<Team>(), list)
        .post("/orgs/{org}/teams", Op::new("orgCreateTeam", tag, "Makes a team").takes::<CreateTeamOption>().gives::<Team>(201), create)
        .get("/orgs/{org}/teams/search", search_op.gives::<TeamSearchResults>(200), search)
        .get("/teams/{id}", Op::new("orgGetTeam", tag, "Shows a team").gives::<Team>(200), get)
        .patch("/teams/{id}", Op::new("orgEditTeam", tag, "Changes a team").takes::<EditTeamOption>().gives::<Team>(200), edit)
        .delete("/teams/{id}", Op::new("orgDeleteTeam", tag, "Deletes a team").gives_nothing(204), delete)
        .get("/user/teams", Op::new("userListTeams", tag, "Lists teams in which the asker is").gives_page::<Team>(), list_own)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let teams = list_teams(&http.app, &ctx, &parts.text("org")?, &TeamSearch::default(), paging.page).await?;
    Ok(paging.answer(teams.map(|team| show::team(&http.links, &team))))
}

async fn list_own(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(list_own_teams(&http.app, &ctx, paging.page).await?.map(|team| show::team(&http.links, &team))))
}

async fn search(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    // As Gitea has it: descriptions are looked at unless somebody says no.
    let descriptions = query.flag("include_desc")?.unwrap_or(true);
    let wanted = TeamSearch { query: query.text("q")?.unwrap_or_default(), descriptions };
    let found = list_teams(&http.app, &ctx, &parts.text("org")?, &wanted, paging.page).await?;
    let headers = paging.headers(found.total);
    let data = found.items.iter().map(|team| show::team(&http.links, team)).collect();
    Ok((headers, Json(TeamSearchResults { ok: true, data })).into_response())
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateTeamOption>,
) -> Answer<(StatusCode, Json<Team>)> {
    let new = NewTeam {
        name: body.name,
        description: body.description.unwrap_or_default(),
        permission: word(body.permission),
        units: body.units.unwrap_or_default(),
        units_map: pairs(body.units_map),
        includes_all: body.includes_all_repositories,
        can_create: body.can_create_org_repo,
    };
    let team = create_team(&http.app, &ctx, &parts.text("org")?, new).await?;
    Ok((StatusCode::CREATED, Json(show::team(&http.links, &team))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Team>> {
    Ok(Json(show::team(&http.links, &get_team(&http.app, &ctx, TeamId(parts.id("id")?)).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<EditTeamOption>,
) -> Answer<Json<Team>> {
    let change = TeamChange {
        name: word(body.name),
        description: body.description,
        permission: word(body.permission),
        units: body.units.unwrap_or_default(),
        units_map: pairs(body.units_map),
        includes_all: body.includes_all_repositories,
        can_create: body.can_create_org_repo,
    };
    Ok(Json(show::team(&http.links, &edit_team(&http.app, &ctx, TeamId(parts.id("id")?), change).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_team(&http.app, &ctx, TeamId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clients send an empty word for what they leave out.
fn word(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn pairs(map: Option<BTreeMap<String, String>>) -> Vec<(String, String)> {
    map.unwrap_or_default().into_iter().collect()
}
