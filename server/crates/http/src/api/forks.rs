//! Forks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::repo::{CreateForkOption, Repository, WholeRepository};
use hardie_app::push::{NewFork, fork};
use hardie_app::repos::list_forks;

use super::repo_lists::{shown, wanted};
use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, forks) = ("repository", "/repos/{owner}/{repo}/forks");
    let fork_op = Op::new("createFork", tag, "Forks a repository that the asker may read").takes::<CreateForkOption>();
    api.get(forks, Op::new("listForks", tag, "Lists forks that the asker may see").gives_page::<Repository>(), list).post(
        forks,
        fork_op.gives::<WholeRepository>(202),
        create,
    )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let found = list_forks(&http.app, &ctx, &parts.repo()?, wanted(&query)?, paging.page).await;
    Ok(shown(&http, &paging, found)?)
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateForkOption>,
) -> Answer<(StatusCode, Json<WholeRepository>)> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let new = NewFork { owner: filled(body.organization), name: body.name, branch: filled(body.branch) };
    let made = fork(&http.app, &ctx, &parts.repo()?, new).await?;
    Ok((StatusCode::ACCEPTED, Json(show::whole_repo(&http.links, &made))))
}
