//! Rules over paths.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::protection::{PathRule, PathRuleOption};
use hardie_app::protections::{Named, PathChange, create_path_rule, delete_path_rule, edit_path_rule, get_path_rule, list_path_rules};
use hardie_domain::ids::PathRuleId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/path_rules", "/repos/{owner}/{repo}/path_rules/{id}");
    let create_op = Op::new("repoCreatePathRule", tag, "Adds a rule over paths").takes::<PathRuleOption>().gives::<PathRule>(201);
    let edit_op = Op::new("repoEditPathRule", tag, "Changes a rule over paths").takes::<PathRuleOption>().gives::<PathRule>(200);
    api.get(all, Op::new("repoListPathRules", tag, "Lists rules over paths").gives_list::<PathRule>(), list)
        .post(all, create_op, create)
        .get(one, Op::new("repoGetPathRule", tag, "Shows a rule over paths").gives::<PathRule>(200), get)
        .patch(one, edit_op, edit)
        .delete(one, Op::new("repoDeletePathRule", tag, "Removes a rule over paths").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<PathRule>>> {
    let rules = list_path_rules(&http.app, &ctx, &parts.repo()?).await?;
    Ok(Json(rules.into_iter().map(show::path_rule).collect()))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PathRule>> {
    let id = PathRuleId(parts.id("id")?);
    Ok(Json(show::path_rule(get_path_rule(&http.app, &ctx, &parts.repo()?, id).await?)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<PathRuleOption>,
) -> Answer<(StatusCode, Json<PathRule>)> {
    ctx.require_actor()?;
    let rule = create_path_rule(&http.app, &ctx, &parts.repo()?, change(body)).await?;
    Ok((StatusCode::CREATED, Json(show::path_rule(rule))))
}

async fn edit(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, Body(body): Body<PathRuleOption>) -> Answer<Json<PathRule>> {
    ctx.require_actor()?;
    let id = PathRuleId(parts.id("id")?);
    Ok(Json(show::path_rule(edit_path_rule(&http.app, &ctx, &parts.repo()?, id, change(body)).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_path_rule(&http.app, &ctx, &parts.repo()?, PathRuleId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn change(body: PathRuleOption) -> PathChange {
    PathChange {
        branches: body.branches,
        paths: body.paths,
        everyone: body.everyone,
        deploy_keys: body.deploy_keys,
        people: Named { people: body.usernames, teams: body.teams },
    }
}
