//! The log of what happened.

use axum::Json;
use axum::extract::State;
use hardie_api_types::delivery::Event;
use hardie_app::Ctx;
use hardie_app::events::list_events;
use hardie_domain::ids::EventSeq;
use hardie_domain::names::RepoPath;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Events of an answer, unless fewer are asked for.
const MOST: u32 = 100;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = |id, tag, text| {
        let since = "only events after this place of the log; 410 if some of those are not kept any more";
        Op::new(id, tag, text)
            .query("since", since)
            .query("limit", "events: 100 unless given, 100 at most; fewer where they are large")
            .gives_list::<Event>()
    };
    api.get("/repos/{owner}/{repo}/events", op("repoListEvents", "repository", "Lists what happened to a repository, in order"), of_repo)
        .get("/admin/events", op("adminListEvents", "admin", "Lists what happened on the server, in order"), of_site)
}

async fn of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query) -> Answer<Json<Vec<Event>>> {
    list(&http, &ctx, Some(&parts.repo()?), &query).await
}

async fn of_site(State(http): State<Http>, Asker(ctx): Asker, query: Query) -> Answer<Json<Vec<Event>>> {
    list(&http, &ctx, None, &query).await
}

async fn list(http: &Http, ctx: &Ctx, repo: Option<&RepoPath>, query: &Query) -> Answer<Json<Vec<Event>>> {
    let since = query.text("since")?.map(|text| place(&text)).transpose()?;
    let found = list_events(&http.app, ctx, repo, since, query.number("limit")?.unwrap_or(MOST)).await?;
    Ok(Json(found.into_iter().map(show::event).collect()))
}

/// The place of an event, as `since` names it.
pub(super) fn place(text: &str) -> Result<EventSeq, Refusal> {
    let place = text.parse().ok().filter(|place| *place >= 0).map(EventSeq);
    place.ok_or_else(|| Refusal::invalid("since", "must be the place of an event, 0 or more"))
}
