//! The code browser: folders with last commits, highlighted files, blame, search, rendered READMEs. (Not in Gitea.)

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::blame::FileBlame;
use hardie_api_types::search::CodeSearch;
use hardie_api_types::tree::TreeListing;
use hardie_api_types::view::{FileView, Readme};
use hardie_app::browse::{self, CodeQuery};

use crate::auth::Asker;
use crate::blocking::blocking;
use crate::cache::{conditional, etag, has};
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Entries of one page unless the asker says otherwise, and at most.
const ENTRIES: (u32, u32) = (1000, 2000);

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = |id, summary| Op::new(id, "code", summary).query("ref", "a branch, a tag or an id; the default branch if absent");
    let tree_op = |id| {
        op(id, "Lists a folder with the last commit of each entry").query("page", "the page, from 1").query("limit", "entries of a page")
    };
    let search_op = op("repoSearchCode", "Looks for a text in the files")
        .query("q", "the text, within one line; 1 to 256 bytes, compared as they are")
        .query("path", "only in this folder or file")
        .query("ignore_case", "whether A to Z count as a to z");
    api.get("/repos/{owner}/{repo}/tree", tree_op("repoGetTopTree").gives::<TreeListing>(200), tree)
        .get("/repos/{owner}/{repo}/tree/{*path}", tree_op("repoGetTreeListing").gives::<TreeListing>(200), tree)
        .get("/repos/{owner}/{repo}/file/{*path}", op("repoGetFileView", "Shows a file, highlighted").gives::<FileView>(200), file)
        .get(
            "/repos/{owner}/{repo}/blame/{*filepath}",
            op("repoGetBlame", "Shows who brought each line of a file").gives::<FileBlame>(200),
            blame,
        )
        .get("/repos/{owner}/{repo}/search", search_op.gives::<CodeSearch>(200), search)
        .get("/repos/{owner}/{repo}/readme", op("repoGetTopReadme", "Renders the README at the top").gives::<Readme>(200), readme)
        .get("/repos/{owner}/{repo}/readme/{*path}", op("repoGetReadme", "Renders the README of a folder").gives::<Readme>(200), readme)
}

async fn tree(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer<Response> {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("path")?, query.text("ref")?);
    let paging = paging.within(ENTRIES.0, ENTRIES.1)?;
    let found = browse::tree(&http.app, &ctx, &repo, rev.as_deref(), &path, paging.page, true).await?;
    let answer = TreeListing {
        path: show::text(&found.path),
        ref_name: found.rev.name,
        ref_kind: found.rev.kind.as_str().to_owned(),
        commit: show::summary(&found.commit.info),
        commit_count: found.commit_count.map(show::number),
        sha: found.oid.to_hex(),
        entries: found.items.iter().map(|item| show::listing_entry(&found.path, item)).collect(),
        total_count: show::number(found.total),
        complete: found.complete,
    };
    Ok((paging.headers(found.total), Json(answer)).into_response())
}

async fn file(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, headers: HeaderMap) -> Answer<Response> {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("path")?, query.text("ref")?);
    let found = browse::file(&http.app, &ctx, &repo, rev.as_deref(), &path).await?;
    let last = found.last_commit.as_ref().map(|c| c.id.short()).unwrap_or_default();
    let tag = etag(&[&found.rev.commit.to_hex(), &found.oid.to_hex(), &last, "view"]);
    if has(&headers, &tag) {
        return Ok(conditional(&headers, &tag, || ().into_response()));
    }
    let view = blocking(move || show::file_view(&http.links, &repo, found)).await?;
    Ok(conditional(&headers, &tag, || Json(view).into_response()))
}

async fn blame(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, headers: HeaderMap) -> Answer<Response> {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("filepath")?, query.text("ref")?);
    let found = browse::blame(&http.app, &ctx, &repo, rev.as_deref(), &path).await?;
    let found_all = if found.blame.complete { "all" } else { "part" };
    // The same revision under another name is another answer: it names what was asked for.
    let tag = etag(&[&found.rev.name, &found.rev.commit.to_hex(), &found.oid.to_hex(), found_all, "blame"]);
    if has(&headers, &tag) {
        return Ok(conditional(&headers, &tag, || ().into_response()));
    }
    let shown = blocking(move || show::file_blame(&found)).await?;
    Ok(conditional(&headers, &tag, || Json(shown).into_response()))
}

async fn search(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query) -> Answer<Json<CodeSearch>> {
    let wanted = CodeQuery {
        rev: query.text("ref")?,
        text: query.bytes("q")?.unwrap_or_default(),
        ignore_case: query.flag("ignore_case")?.unwrap_or(false),
        path: query.bytes("path")?.unwrap_or_default(),
    };
    let found = browse::search_code(&http.app, &ctx, &parts.repo()?, &wanted).await?;
    Ok(Json(blocking(move || show::code_search(&found)).await?))
}

async fn readme(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query) -> Answer<Json<Readme>> {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("path")?, query.text("ref")?);
    let found = browse::readme(&http.app, &ctx, &repo, rev.as_deref(), &path).await?;
    let found = found.ok_or_else(|| Refusal::not_found("README"))?;
    Ok(Json(blocking(move || show::readme(&repo, &found)).await?))
}
