//! Releases.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::release::{CreateReleaseOption, EditReleaseOption, Release};
use hardie_app::releases::{
    self, NewRelease, ReleaseChange, ReleaseFilter, create_release, delete_release, delete_release_by_tag, get_release, get_release_by_tag,
    latest_release, list_releases, update_release,
};
use hardie_domain::ids::ReleaseId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show::Place;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/releases", "/repos/{owner}/{repo}/releases/{id}");
    let by_tag = "/repos/{owner}/{repo}/releases/tags/{*tag}";
    let list_op = Op::new("repoListReleases", tag, "Lists releases, the newest first")
        .query("draft", "true: drafts alone; false: those that are out")
        .query("pre-release", "true: those not for everybody's use alone; false: the others");
    let create_op = Op::new("repoCreateRelease", tag, "Makes a release, and its tag if there is none and it is no draft");
    let edit_op = Op::new("repoEditRelease", tag, "Changes a release");
    api.get(all, list_op.gives_page::<Release>(), list)
        .post(all, create_op.takes::<CreateReleaseOption>().gives::<Release>(201), create)
        .get(
            "/repos/{owner}/{repo}/releases/latest",
            Op::new("repoGetLatestRelease", tag, "Shows the newest release that is out and for everybody's use").gives::<Release>(200),
            latest,
        )
        .get(by_tag, Op::new("repoGetReleaseByTag", tag, "Shows the release of a tag").gives::<Release>(200), of_tag)
        .delete(
            by_tag,
            Op::new("repoDeleteReleaseByTag", tag, "Deletes the release of a tag; the tag stays").gives_nothing(204),
            delete_of_tag,
        )
        .get(one, Op::new("repoGetRelease", tag, "Shows a release").gives::<Release>(200), get)
        .patch(one, edit_op.takes::<EditReleaseOption>().gives::<Release>(200), edit)
        .delete(one, Op::new("repoDeleteRelease", tag, "Deletes a release with its files; the tag stays").gives_nothing(204), delete)
}

/// The release in the address.
pub(super) fn id(parts: &PathParts) -> Answer<ReleaseId> {
    Ok(ReleaseId(parts.id("id")?))
}

fn shown(http: &Http, parts: &PathParts, release: &releases::Release) -> Answer<Json<Release>> {
    Ok(Json(Place { links: &http.links, repo: &parts.repo()? }.release(release)))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let repo = parts.repo()?;
    let filter = ReleaseFilter { draft: query.flag("draft")?, prerelease: query.flag("pre-release")? };
    let found = list_releases(&http.app, &ctx, &repo, filter, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|release| place.release(&release))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateReleaseOption>,
) -> Answer<(StatusCode, Json<Release>)> {
    let new = NewRelease {
        tag: body.tag_name,
        target: body.target_commitish,
        tag_message: body.tag_message,
        title: body.name,
        note: body.body,
        draft: body.draft,
        prerelease: body.prerelease,
    };
    let made = create_release(&http.app, &ctx, &parts.repo()?, new).await?;
    Ok((StatusCode::CREATED, shown(&http, &parts, &made)?))
}

async fn latest(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Release>> {
    shown(&http, &parts, &latest_release(&http.app, &ctx, &parts.repo()?).await?)
}

async fn of_tag(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Release>> {
    shown(&http, &parts, &get_release_by_tag(&http.app, &ctx, &parts.repo()?, &parts.text("tag")?).await?)
}

async fn delete_of_tag(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_release_by_tag(&http.app, &ctx, &parts.repo()?, &parts.text("tag")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Release>> {
    shown(&http, &parts, &get_release(&http.app, &ctx, &parts.repo()?, id(&parts)?).await?)
}

async fn edit(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, Body(body): Body<EditReleaseOption>) -> Answer<Json<Release>> {
    let change = ReleaseChange {
        tag: body.tag_name,
        target: body.target_commitish,
        title: body.name,
        note: body.body,
        draft: body.draft,
        prerelease: body.prerelease,
    };
    shown(&http, &parts, &update_release(&http.app, &ctx, &parts.repo()?, id(&parts)?, change).await?)
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_release(&http.app, &ctx, &parts.repo()?, id(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
