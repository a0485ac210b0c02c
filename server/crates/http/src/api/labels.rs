//! Labels. The same addresses below a repository and an organisation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::label::{CreateLabelOption, EditLabelOption, Label, LabelTemplate};
use hardie_app::labels::{
    LabelChange, LabelPlace, NewLabel, SETS, create_label, delete_label, get_label, label_set, list_labels, update_label,
};
use hardie_domain::ids::LabelId;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// The addresses and operation ids below one kind of place.
struct Place {
    tag: &'static str,
    all: &'static str,
    one: &'static str,
    ids: [&'static str; 5],
}

const PLACES: [Place; 2] = [
    Place {
        tag: "repository",
        all: "/repos/{owner}/{repo}/labels",
        one: "/repos/{owner}/{repo}/labels/{id}",
        ids: ["issueListLabels", "issueCreateLabel", "issueGetLabel", "issueEditLabel", "issueDeleteLabel"],
    },
    Place {
        tag: "organization",
        all: "/orgs/{org}/labels",
        one: "/orgs/{org}/labels/{id}",
        ids: ["orgListLabels", "orgCreateLabel", "orgGetLabel", "orgEditLabel", "orgDeleteLabel"],
    },
];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let api = PLACES.into_iter().fold(api, |api, Place { tag, all, one, ids }| {
        let [list_id, create_id, get_id, edit_id, delete_id] = ids;
        let list_op = Op::new(list_id, tag, "Lists labels by name").query("sort", "reversealphabetically: from the end");
        let edit_op = Op::new(edit_id, tag, "Changes a label").takes::<EditLabelOption>();
        api.get(all, list_op.gives_page::<Label>(), list)
            .post(all, Op::new(create_id, tag, "Makes a label").takes::<CreateLabelOption>().gives::<Label>(201), create)
            .get(one, Op::new(get_id, tag, "Shows a label, by its id or its name").gives::<Label>(200), get)
            .patch(one, edit_op.gives::<Label>(200), edit)
            .delete(one, Op::new(delete_id, tag, "Deletes a label").gives_nothing(204), delete)
    });
    let (tag, one) = ("miscellaneous", "/label/templates/{name}");
    api.get("/label/templates", Op::new("listLabelTemplates", tag, "Names sets of labels that the server offers").gives_texts(), sets).get(
        one,
        Op::new("getLabelTemplateInfo", tag, "Shows the labels of a set").gives_list::<LabelTemplate>(),
        set,
    )
}

/// What the address is below.
fn place(parts: &PathParts) -> Answer<LabelPlace> {
    Ok(match parts.text("org")? {
        org if org.is_empty() => LabelPlace::Repo(parts.repo()?),
        org => LabelPlace::Org(org),
    })
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let place = place(&parts)?;
    let reverse = query.text("sort")?.as_deref() == Some("reversealphabetically");
    let found = list_labels(&http.app, &ctx, &place, reverse, paging.page).await?;
    Ok(paging.answer(found.map(|label| show::label(&http.links, &place, &label))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateLabelOption>,
) -> Answer<(StatusCode, Json<Label>)> {
    let place = place(&parts)?;
    let CreateLabelOption { name, color, description, exclusive, is_archived } = body;
    let new = NewLabel { name, color, description, exclusive, archived: is_archived };
    let made = create_label(&http.app, &ctx, &place, new).await?;
    Ok((StatusCode::CREATED, Json(show::label(&http.links, &place, &made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Label>> {
    let place = place(&parts)?;
    let found = get_label(&http.app, &ctx, &place, &parts.text("id")?).await?;
    Ok(Json(show::label(&http.links, &place, &found)))
}

async fn edit(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, Body(body): Body<EditLabelOption>) -> Answer<Json<Label>> {
    let place = place(&parts)?;
    let EditLabelOption { name, color, description, exclusive, is_archived } = body;
    let change = LabelChange { name, color, description, exclusive, archived: is_archived };
    let changed = update_label(&http.app, &ctx, &place, LabelId(parts.id("id")?), change).await?;
    Ok(Json(show::label(&http.links, &place, &changed)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_label(&http.app, &ctx, &place(&parts)?, LabelId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn sets(Asker(ctx): Asker) -> Answer<Json<Vec<String>>> {
    ctx.require_actor()?;
    Ok(Json(SETS.iter().map(|(name, _)| (*name).to_owned()).collect()))
}

async fn set(Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<LabelTemplate>>> {
    ctx.require_actor()?;
    let labels = label_set(&parts.text("name")?).ok_or_else(|| Refusal::not_found("set of labels"))?;
    Ok(Json(labels.iter().map(show::set_label).collect()))
}
