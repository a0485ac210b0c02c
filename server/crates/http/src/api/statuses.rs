//! Commit statuses: what builds and checks found.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use hardie_api_types::status::{CombinedStatus, CommitStatus, CreateStatusOption};
use hardie_app::statuses::{CommitState, CommitStatusFilter, NewStatus, commit_standing, create_status, list_statuses};

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
    let of_commit = "/repos/{owner}/{repo}/statuses/{sha}";
    let list_op = |id, summary| {
        Op::new(id, tag, summary)
            .query("sort", "oldest, leastupdate or leastindex: the oldest first; else the newest")
            .query("state", "those of this state alone")
            .gives_page::<CommitStatus>()
    };
    let create_op = Op::new("repoCreateStatus", tag, "Says what a check found of a commit, by its full id")
        .takes::<CreateStatusOption>()
        .gives::<CommitStatus>(201);
    let combined_op = Op::new("repoGetCombinedStatusByRef", tag, "Shows the newest finding of each context, and what they are together");
    api.post(of_commit, create_op, create)
        .get(of_commit, list_op("repoListStatuses", "Lists what checks found of a commit"), by_sha)
        .get(
            "/repos/{owner}/{repo}/commits/{ref}/statuses",
            list_op("repoListStatusesByRef", "Lists what checks found of a branch's, a tag's or another commit"),
            by_ref,
        )
        .get(
            "/repos/{owner}/{repo}/commits/{ref}/status",
            combined_op
                .query("page", "the page of contexts, from 1")
                .query("limit", "contexts of a page: 30 unless given, 50 at most")
                .gives::<CombinedStatus>(200),
            combined,
        )
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateStatusOption>,
) -> Answer<(StatusCode, Json<CommitStatus>)> {
    ctx.require_actor()?;
    let repo = parts.repo()?;
    let new = NewStatus {
        state: body.state,
        context: body.context.unwrap_or_default(),
        description: body.description.unwrap_or_default(),
        target_url: body.target_url.unwrap_or_default(),
    };
    let made = create_status(&http.app, &ctx, &repo, &parts.text("sha")?, new).await?;
    Ok((StatusCode::CREATED, Json(Place { links: &http.links, repo: &repo }.status(&made))))
}

async fn by_sha(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let rev = parts.text("sha")?;
    list(&http, &ctx, &parts, &rev, &query, &paging).await
}

async fn by_ref(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let rev = parts.text("ref")?;
    list(&http, &ctx, &parts, &rev, &query, &paging).await
}

async fn list(http: &Http, ctx: &hardie_app::Ctx, parts: &PathParts, rev: &str, query: &Query, paging: &Paging) -> Answer {
    let repo = parts.repo()?;
    // A finding is never changed, so that all three ask for the same.
    let oldest_first = matches!(query.text("sort")?.as_deref(), Some("oldest" | "leastupdate" | "leastindex"));
    let state = query.text("state")?.as_deref().map(CommitState::checked).transpose().map_err(hardie_app::Error::from)?;
    let found = list_statuses(&http.app, ctx, &repo, rev, CommitStatusFilter { state, oldest_first }, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|status| place.status(&status))))
}

async fn combined(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let repo = parts.repo()?;
    let found = commit_standing(&http.app, &ctx, &repo, &parts.text("ref")?, paging.page).await?;
    let shown = Place { links: &http.links, repo: &repo }.standing(&found);
    let total = found.combined.map_or(0, |combined| combined.contexts);
    Ok((paging.headers(total), Json(shown)).into_response())
}
