//! Commits: lists, one with what it changes, and the distance between two.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::commit::{Commit, Compare};
use hardie_api_types::diff::CommitDiff;
use hardie_app::browse::{CommitDetail, CommitQuery, commit, commit_text, commits, compare};

use crate::auth::Asker;
use crate::blocking::blocking;
use crate::cache::{conditional, etag};
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show::{self, Place};
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let list_op = Op::new("repoGetAllCommits", tag, "Lists commits, newest first")
        .query("sha", "reached from this branch, tag or id")
        .query("path", "those alone that change this file or folder")
        .query("not", "without those that this reaches");
    api.get("/repos/{owner}/{repo}/commits", list_op.gives_page::<Commit>(), list)
        .get(
            "/repos/{owner}/{repo}/git/commits/{sha}",
            Op::new("repoGetSingleCommit", tag, "Shows a commit; with .diff at the end, its changes as text").gives::<Commit>(200),
            get,
        )
        .get(
            "/repos/{owner}/{repo}/git/commits/{sha}/diff",
            Op::new("repoGetCommitDiff", tag, "Shows what a commit changed, in hunks").gives::<CommitDiff>(200),
            get_diff,
        )
        .get(
            "/repos/{owner}/{repo}/compare/{*basehead}",
            Op::new("repoCompareDiff", tag, "Compares two revisions as base...head, from their merge base on, or as base..head")
                .gives::<Compare>(200),
            get_compare,
        )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let repo = parts.repo()?;
    let (path, not) = (query.bytes("path")?.unwrap_or_default(), query.text("not")?);
    let count = path.is_empty() && not.is_none();
    let wanted = CommitQuery { rev: query.text("sha")?, path, not, count };
    let found = commits(&http.app, &ctx, &repo, &wanted, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    let list: Vec<Commit> = found.commits.iter().map(|view| place.judged_commit(view, &found.statuses)).collect();
    Ok((paging.open_headers(found.more, found.total), Json(list)).into_response())
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer {
    let (repo, rev) = (parts.repo()?, parts.text("sha")?);
    if let Some(rev) = rev.strip_suffix(".diff") {
        let bytes = commit_text(&http.app, &ctx, &repo, rev).await?;
        return Ok(crate::raw::file(format!("{rev}.diff").as_bytes(), bytes, ()));
    }
    if rev.ends_with(".patch") {
        return Err(Refusal::not_there_yet("commits as patches for e-mail; ask for .diff"));
    }
    let detail = commit(&http.app, &ctx, &repo, &rev).await?;
    let tag = etag(&[&detail.commit.info.id.to_hex()]);
    Ok(conditional(&headers, &tag, || Json(with_changes(&http, &parts, &detail)).into_response()))
}

pub(super) fn with_changes(http: &Http, parts: &PathParts, detail: &CommitDetail) -> Option<Commit> {
    let repo = parts.repo().ok()?;
    let shown = Place { links: &http.links, repo: &repo }.commit(&detail.commit);
    Some(Commit { files: show::affected(&detail.diff), stats: Some(show::stats(&detail.diff)), ..shown })
}

async fn get_diff(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer<Response> {
    let (repo, rev) = (parts.repo()?, parts.text("sha")?);
    let CommitDetail { commit, diff } = commit(&http.app, &ctx, &repo, &rev).await?;
    let tag = etag(&[&commit.info.id.to_hex(), "diff"]);
    if crate::cache::has(&headers, &tag) {
        return Ok(conditional(&headers, &tag, || ().into_response()));
    }
    let shown = Place { links: &http.links, repo: &repo }.commit(&commit);
    let message = shown.commit.message.trim();
    let body = message.split_once('\n').map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default();
    let (stats, truncated) = (show::stats(&diff), diff.truncated);
    let files = blocking(move || show::diff_files(diff)).await?;
    let answer = CommitDiff { commit: shown, body, stats, files, truncated };
    Ok(conditional(&headers, &tag, || Json(answer).into_response()))
}

async fn get_compare(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Compare>> {
    let (repo, names) = (parts.repo()?, parts.text("basehead")?);
    // No name of a ref holds two dots.
    let split = |dots| names.split_once(dots);
    let (base, head, direct) = match (split("..."), split("..")) {
        (Some((base, head)), _) => (base, head, false),
        (None, Some((base, head))) => (base, head, true),
        (None, None) => return Err(Refusal::bad_request("write it as base...head, or as base..head")),
    };
    let found = compare(&http.app, &ctx, &repo, base, head, direct).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(Json(Compare {
        total_commits: show::number(found.ahead),
        commits: found.commits.iter().map(|view| place.commit(view)).collect(),
        behind_by: show::number(found.behind),
        merge_base: found.merge_base.map(|id| id.to_hex()).unwrap_or_default(),
        files: show::affected(&found.diff),
        stats: Some(show::stats(&found.diff)),
        mergeable: found.mergeable,
        truncated: found.diff.truncated,
    }))
}
