//! Files and folders as Gitea shows them, and their bytes.

mod change;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::contents::ContentsResponse;
use hardie_app::browse::{self, EntryKind, MAX_RAW_BYTES, Revision, TreeItem, entry, tree};
use hardie_app::{Ctx, Error, lfs};
use hardie_domain::lfs::MAX_POINTER_BYTES;
use hardie_domain::names::RepoPath;
use hardie_domain::page::Page;

use super::missing::begins;
use crate::auth::Asker;
use crate::cache::{conditional, etag, has};
use crate::error::{Answer, Refusal};
use crate::large::Room;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::query::Query;
use crate::show::{Place, folder_of};
use crate::state::Http;

/// Entries of a folder that `contents` lists: it has no pages.
const ENTRIES: u32 = 10_000;

/// So many parts of a path may belong to the ref of an older link.
const OLD_LINK_SEGMENTS: usize = 8;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let api = change::add(api);
    let op = |id, summary| Op::new(id, tag, summary).query("ref", "a branch, a tag or an id; the default branch if absent");
    api.get("/repos/{owner}/{repo}/contents", op("repoGetContentsList", "Lists the top folder").gives_list::<ContentsResponse>(), contents)
        .get(
            "/repos/{owner}/{repo}/contents/{*path}",
            op("repoGetContents", "Shows a file (an object) or a folder (a list of them)").gives_one_or_list::<ContentsResponse>(),
            contents,
        )
        .get("/repos/{owner}/{repo}/raw/{*path}", op("repoGetRawFile", "A file's bytes").gives_bytes("*/*"), raw)
        .get(
            "/repos/{owner}/{repo}/media/{*path}",
            op("repoGetRawFileOrLFS", "A file's bytes, or those of the LFS object that it stands for").gives_bytes("*/*"),
            media,
        )
}

/// Whether a request may bring files; [`crate::layers::admit`] gives it more time, since they take theirs to come.
pub fn brings_files(request: &Request) -> bool {
    let below = request.uri().path().strip_prefix("/api/v1/");
    !request.method().is_safe() && below.is_some_and(|path| begins(path, "repos/*/*/contents"))
}

async fn contents(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, headers: HeaderMap) -> Answer {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("path")?, query.text("ref")?);
    let path = path.strip_suffix(b"/").unwrap_or(&path);
    let (revision, item) = entry(&http.app, &ctx, &repo, rev.as_deref(), path).await?;
    let tag = etag(&[&revision.commit.to_hex(), &item.oid.to_hex()]);
    if has(&headers, &tag) {
        return Ok(conditional(&headers, &tag, || ().into_response()));
    }
    let place = Place { links: &http.links, repo: &repo };
    let body = match item.kind {
        EntryKind::Dir => Json(folder(&http, &ctx, place, &revision, path).await?).into_response(),
        EntryKind::Submodule => Json(place.contents_entry(&revision, folder_of(path), &item)).into_response(),
        EntryKind::File | EntryKind::Executable | EntryKind::Symlink => {
            let file = browse::file(&http.app, &ctx, &repo, rev.as_deref(), path).await?;
            Json(place.contents_file(&item, folder_of(path), &file)).into_response()
        }
    };
    Ok(conditional(&headers, &tag, || body))
}

async fn folder(http: &Http, ctx: &Ctx, place: Place<'_>, rev: &Revision, path: &[u8]) -> Answer<Vec<ContentsResponse>> {
    let page = Page::sized(None, None, ENTRIES, ENTRIES);
    let found = tree(&http.app, ctx, place.repo, Some(&rev.commit.to_hex()), path, page, false).await?;
    if found.total > u64::from(ENTRIES) {
        return Err(Refusal::invalid("path", format!("holds {} entries, {ENTRIES} at most are listed here; ask git/trees", found.total)));
    }
    Ok(found.items.iter().map(|item| place.contents_entry(rev, path, item)).collect())
}

async fn raw(http: State<Http>, asker: Asker, parts: PathParts, query: Query, headers: HeaderMap) -> Answer {
    file(http, asker, parts, query, headers, false).await
}

async fn media(http: State<Http>, asker: Asker, parts: PathParts, query: Query, headers: HeaderMap) -> Answer {
    file(http, asker, parts, query, headers, true).await
}

/// A file's bytes; with `media`, a pointer's object in place of the pointer.
async fn file(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, headers: HeaderMap, media: bool) -> Answer {
    let (repo, path, rev) = (parts.repo()?, parts.bytes("path")?, query.text("ref")?);
    let found = entry(&http.app, &ctx, &repo, rev.as_deref(), &path).await;
    // Older clients write raw/{ref}/{path}.
    let old = path.iter().position(|b| *b == b'/').and_then(|at| Some((path.get(..at)?, path.get(at + 1..)?)));
    match (found, old.filter(|_| rev.is_none())) {
        (Err(Error::NotFound(_)), Some((first, rest))) => {
            let first = String::from_utf8_lossy(first).into_owned();
            let found = entry(&http.app, &ctx, &repo, Some(&first), rest).await?;
            send_media(&http, &ctx, &repo, rest, found, &headers, media).await
        }
        (found, _) => send_media(&http, &ctx, &repo, &path, found?, &headers, media).await,
    }
}

/// `/{owner}/{repo}/raw/{branch|tag|commit}/{ref}/{path}`, as pages write it, where a slash in the ref is encoded; and as Gitea writes it.
pub async fn raw_page(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer {
    let (repo, path, name) = (parts.repo()?, parts.bytes("path")?, parts.text("ref")?);
    let (mut rev, has_slashes) = match parts.text("kind")?.as_str() {
        "branch" => (format!("refs/heads/{name}"), true),
        "tag" => (format!("refs/tags/{name}"), true),
        "commit" => (name, false),
        _ => return Err(Refusal::nothing_here()),
    };
    let mut path = path.as_slice();
    let mut found = entry(&http.app, &ctx, &repo, Some(&rev), path).await;
    // Gitea's links leave the slashes of a ref as they are: what looks like the path's beginning may be the ref's end.
    let mut tries = if has_slashes { OLD_LINK_SEGMENTS } else { 0 };
    while let (Err(Error::NotFound(_)), Some(at)) = (&found, path.iter().position(|b| *b == b'/').filter(|_| tries > 0)) {
        let (segment, rest) = (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default());
        rev = format!("{rev}/{}", String::from_utf8_lossy(segment));
        let longer = entry(&http.app, &ctx, &repo, Some(&rev), rest).await;
        if !matches!(longer, Err(Error::NotFound(_))) {
            found = longer;
        }
        (path, tries) = (rest, tries - 1);
    }
    send(&http, &ctx, &repo, path, found?, &headers).await
}

/// The object where a pointer stands for it, else the file.
async fn send_media(
    http: &Http,
    ctx: &Ctx,
    repo: &RepoPath,
    path: &[u8],
    found: (Revision, TreeItem),
    headers: &HeaderMap,
    media: bool,
) -> Answer {
    let (rev, item) = &found;
    if media && item.kind.is_blob() && item.size.is_some_and(|size| size <= MAX_POINTER_BYTES) {
        let pointed = lfs::open_pointed(&http.app, ctx, repo, &rev.commit.to_hex(), path).await?;
        if let Some(content) = pointed {
            return crate::lfs::send(&item.name, content, headers).await;
        }
    }
    send(http, ctx, repo, path, found, headers).await
}

async fn send(http: &Http, ctx: &Ctx, repo: &RepoPath, path: &[u8], found: (Revision, TreeItem), headers: &HeaderMap) -> Answer<Response> {
    let (rev, item) = found;
    if !item.kind.is_blob() {
        return Err(Refusal::not_found("file"));
    }
    let tag = etag(&[&item.oid.to_hex()]);
    if has(headers, &tag) {
        return Ok(conditional(headers, &tag, || ().into_response()));
    }
    let size = item.size.unwrap_or(0);
    if size > MAX_RAW_BYTES {
        return Err(Refusal::too_large("this file: clone the repository, since it", MAX_RAW_BYTES));
    }
    let room = Room::take(http, ctx, size).await?;
    let raw = browse::raw(&http.app, ctx, repo, Some(&rev.commit.to_hex()), path).await?;
    let mut response = conditional(headers, &tag, || crate::raw::file(&raw.name, raw.content, room));
    if let Ok(commit) = HeaderValue::from_str(&rev.commit.to_hex()) {
        response.headers_mut().insert("x-commit", commit);
    }
    Ok(response)
}
