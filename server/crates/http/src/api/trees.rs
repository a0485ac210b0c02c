//! Trees and blobs as git has them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::contents::{GitBlobResponse, GitTreeResponse};
use hardie_app::browse::{blob, git_tree};

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show::{self, Place};
use crate::state::Http;

/// Entries of one page, as in Gitea.
pub const ENTRIES: u32 = 1000;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let tree_op = Op::new("GetTree", tag, "Shows a tree")
        .query("recursive", "1 or true: with all that is below")
        .query("page", "the page, from 1")
        .query("per_page", "entries of a page: 1000 unless given");
    api.get("/repos/{owner}/{repo}/git/trees/{sha}", tree_op.gives::<GitTreeResponse>(200), get_tree).get(
        "/repos/{owner}/{repo}/git/blobs/{sha}",
        Op::new("GetBlob", tag, "Shows a blob").gives::<GitBlobResponse>(200),
        get_blob,
    )
}

async fn get_tree(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer<Response> {
    let (repo, paging) = (parts.repo()?, paging.within(ENTRIES, ENTRIES)?);
    let recursive = query.flag("recursive")?.unwrap_or(false);
    let found = git_tree(&http.app, &ctx, &repo, &parts.text("sha")?, recursive, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    let answer = GitTreeResponse {
        sha: found.oid.to_hex(),
        url: place.tree_url(&found.oid),
        tree: found.items.iter().map(|item| place.git_entry(item)).collect(),
        truncated: found.truncated || paging.page.offset() + u64::from(paging.page.limit()) < found.total,
        page: i64::from(paging.page.number()),
        total_count: show::number(found.total),
    };
    Ok((paging.headers(found.total), Json(answer)).into_response())
}

async fn get_blob(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<GitBlobResponse>> {
    let repo = parts.repo()?;
    let found = blob(&http.app, &ctx, &repo, &parts.text("sha")?).await?;
    Ok(Json(Place { links: &http.links, repo: &repo }.blob(&found)))
}
