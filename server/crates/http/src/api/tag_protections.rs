//! Rules over tags.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::protection::{TagProtection, TagProtectionOption};
use hardie_app::protections::{
    Named, TagChange, create_tag_protection, delete_tag_protection, edit_tag_protection, get_tag_protection, list_tag_protections,
};
use hardie_domain::ids::TagProtectionId;

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
    let (all, one) = ("/repos/{owner}/{repo}/tag_protections", "/repos/{owner}/{repo}/tag_protections/{id}");
    let create_op =
        Op::new("repoCreateTagProtection", tag, "Adds a rule over tags").takes::<TagProtectionOption>().gives::<TagProtection>(201);
    let edit_op =
        Op::new("repoEditTagProtection", tag, "Changes a rule over tags").takes::<TagProtectionOption>().gives::<TagProtection>(200);
    api.get(all, Op::new("repoListTagProtection", tag, "Lists rules over tags").gives_list::<TagProtection>(), list)
        .post(all, create_op, create)
        .get(one, Op::new("repoGetTagProtection", tag, "Shows a rule over tags").gives::<TagProtection>(200), get)
        .patch(one, edit_op, edit)
        .delete(one, Op::new("repoDeleteTagProtection", tag, "Removes a rule over tags").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<TagProtection>>> {
    let rules = list_tag_protections(&http.app, &ctx, &parts.repo()?).await?;
    Ok(Json(rules.into_iter().map(show::tag_protection).collect()))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<TagProtection>> {
    let id = TagProtectionId(parts.id("id")?);
    Ok(Json(show::tag_protection(get_tag_protection(&http.app, &ctx, &parts.repo()?, id).await?)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<TagProtectionOption>,
) -> Answer<(StatusCode, Json<TagProtection>)> {
    ctx.require_actor()?;
    let rule = create_tag_protection(&http.app, &ctx, &parts.repo()?, change(body)).await?;
    Ok((StatusCode::CREATED, Json(show::tag_protection(rule))))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<TagProtectionOption>,
) -> Answer<Json<TagProtection>> {
    ctx.require_actor()?;
    let id = TagProtectionId(parts.id("id")?);
    Ok(Json(show::tag_protection(edit_tag_protection(&http.app, &ctx, &parts.repo()?, id, change(body)).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_tag_protection(&http.app, &ctx, &parts.repo()?, TagProtectionId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn change(body: TagProtectionOption) -> TagChange {
    TagChange { pattern: body.name_pattern, people: Named { people: body.whitelist_usernames, teams: body.whitelist_teams } }
}
