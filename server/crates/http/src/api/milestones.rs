//! Milestones.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::Time;
use hardie_api_types::label::{CreateMilestoneOption, EditMilestoneOption, Milestone};
use hardie_app::milestones::{
    MilestoneChange, MilestoneFilter, NewMilestone, create_milestone, delete_milestone, get_milestone, list_milestones, update_milestone,
};
use hardie_domain::time::Timestamp;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/milestones", "/repos/{owner}/{repo}/milestones/{id}");
    let list_op = Op::new("issueGetMilestonesList", tag, "Lists milestones, those first that are due first")
        .query("state", "open (if absent), closed or all")
        .query("name", "part of the title");
    let create_op = Op::new("issueCreateMilestone", tag, "Makes a milestone").takes::<CreateMilestoneOption>();
    let edit_op = Op::new("issueEditMilestone", tag, "Changes a milestone, by its id or its title").takes::<EditMilestoneOption>();
    api.get(all, list_op.gives_page::<Milestone>(), list)
        .post(all, create_op.gives::<Milestone>(201), create)
        .get(one, Op::new("issueGetMilestone", tag, "Shows a milestone, by its id or its title").gives::<Milestone>(200), get)
        .patch(one, edit_op.gives::<Milestone>(200), edit)
        .delete(one, Op::new("issueDeleteMilestone", tag, "Deletes a milestone, by its id or its title").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let closed = match query.text("state")?.as_deref() {
        Some("all") => None,
        Some("closed") => Some(true),
        // As in Gitea, what is no state is the usual one.
        _ => Some(false),
    };
    let filter = MilestoneFilter { closed, title: query.text("name")?.unwrap_or_default() };
    let found = list_milestones(&http.app, &ctx, &parts.repo()?, &filter, paging.page).await?;
    Ok(paging.answer(found.map(show::milestone)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateMilestoneOption>,
) -> Answer<(StatusCode, Json<Milestone>)> {
    let new = NewMilestone {
        title: body.title,
        description: body.description,
        due_at: body.due_on.map(day).transpose()?.flatten(),
        closed: !body.state.is_empty() && is_closed(&body.state)?,
    };
    let made = create_milestone(&http.app, &ctx, &parts.repo()?, new).await?;
    Ok((StatusCode::CREATED, Json(show::milestone(made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Milestone>> {
    Ok(Json(show::milestone(get_milestone(&http.app, &ctx, &parts.repo()?, &parts.text("id")?).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<EditMilestoneOption>,
) -> Answer<Json<Milestone>> {
    let change = MilestoneChange {
        // Clients send what they leave as it is as empty.
        title: body.title.filter(|title| !title.is_empty()),
        description: body.description,
        due_at: body.due_on.map(day).transpose()?,
        closed: body.state.filter(|state| !state.is_empty()).as_deref().map(is_closed).transpose()?,
    };
    Ok(Json(show::milestone(update_milestone(&http.app, &ctx, &parts.repo()?, &parts.text("id")?, change).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_milestone(&http.app, &ctx, &parts.repo()?, &parts.text("id")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A day, or none where a client says "never".
fn day(time: Time) -> Answer<Option<Timestamp>> {
    match time.timestamp() {
        Some(at) => Ok(Some(at)),
        None if time == Time::never() => Ok(None),
        None => Err(Refusal::invalid("due_on", "must be a moment such as 2026-01-31T08:15:00Z")),
    }
}

fn is_closed(state: &str) -> Answer<bool> {
    match state {
        "open" => Ok(false),
        "closed" => Ok(true),
        _ => Err(Refusal::invalid("state", "must be open or closed")),
    }
}
