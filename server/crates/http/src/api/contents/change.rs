//! Files changed: each request is one commit, through the same door as a push.

mod body;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hardie_api_types::Time;
use hardie_api_types::change::{
    ChangeFileOperation, ChangeFilesOptions, CreateFileOptions, DeleteFileOptions, FileResponse, FilesResponse, Identity, UpdateFileOptions,
};
use hardie_app::Ctx;
use hardie_app::contents::{Action, Change, Changed, MOST_BYTES, Moment, Operation, Person, RefMover, begin, change_files};
use hardie_domain::names::RepoPath;

use self::body::Body;
use crate::auth::Asker;
use crate::blocking::blocking;
use crate::error::{Answer, Refusal};
use crate::json::read_large;
use crate::layers::too_many;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show::Place;
use crate::state::Http;

/// A body: the most that may be in the files, in base64, and what is said around them.
const MOST_BODY: usize = MOST_BYTES / 3 * 4 + (1 << 20);

/// Gitea's clients end lines in base64, or leave its end away.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/contents", "/repos/{owner}/{repo}/contents/{*path}");
    api.post(
        all,
        Op::new("repoChangeFiles", tag, "Changes many files in one commit").takes::<ChangeFilesOptions>().gives::<FilesResponse>(201),
        change,
    )
    .post(one, Op::new("repoCreateFile", tag, "Makes a file").takes::<CreateFileOptions>().gives::<FileResponse>(201), create)
    .put(
        one,
        Op::new("repoUpdateFile", tag, "Changes or moves a file; makes it if no sha is sent, which answers 201")
            .takes::<UpdateFileOptions>()
            .gives::<FileResponse>(200)
            .gives::<FileResponse>(201),
        update,
    )
    .delete(one, Op::new("repoDeleteFile", tag, "Deletes a file").takes::<DeleteFileOptions>().gives::<FileResponse>(200), delete)
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    request: Request,
) -> Answer<(StatusCode, Json<FileResponse>)> {
    let asked = Asked::new(&http, &ctx, &parts).await?;
    let path = parts.bytes("path")?;
    let take = |body: &mut Body| vec![Wanted { content: body.content.take(), ..Wanted::new(Action::Create, path) }];
    let made = asked.change(&http, &ctx, request, |body| Ok(take(body))).await?;
    Ok((StatusCode::CREATED, Json(asked.one(&http, &made))))
}

async fn update(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    request: Request,
) -> Answer<(StatusCode, Json<FileResponse>)> {
    let asked = Asked::new(&http, &ctx, &parts).await?;
    let (path, mut status) = (parts.bytes("path")?, StatusCode::OK);
    let take = |body: &mut Body| {
        let (content, sha, from_path) = (body.content.take(), body.sha.take(), body.from_path.take());
        let is_new = sha.as_deref().is_none_or(str::is_empty) && from_path.as_deref().is_none_or(str::is_empty);
        if is_new {
            status = StatusCode::CREATED;
        }
        let action = if is_new { Action::Create } else { Action::Update };
        vec![Wanted { content, sha, from: from_path, ..Wanted::new(action, path) }]
    };
    let made = asked.change(&http, &ctx, request, |body| Ok(take(body))).await?;
    Ok((status, Json(asked.one(&http, &made))))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, request: Request) -> Answer<Json<FileResponse>> {
    let asked = Asked::new(&http, &ctx, &parts).await?;
    let path = parts.bytes("path")?;
    let take = |body: &mut Body| vec![Wanted { sha: body.sha.take(), ..Wanted::new(Action::Delete, path) }];
    let made = asked.change(&http, &ctx, request, |body| Ok(take(body))).await?;
    Ok(Json(asked.one(&http, &made)))
}

async fn change(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    request: Request,
) -> Answer<(StatusCode, Json<FilesResponse>)> {
    let asked = Asked::new(&http, &ctx, &parts).await?;
    let take = |body: &mut Body| std::mem::take(&mut body.files).into_iter().map(Wanted::of).collect();
    let made = asked.change(&http, &ctx, request, take).await?;
    let place = asked.place(&http);
    let (commit, verification) = place.file_commit(&made.commit);
    let files = made.files.iter().map(|file| place.changed_file(file)).collect();
    Ok((StatusCode::CREATED, Json(FilesResponse { files, commit, verification })))
}

/// Somebody who may change files of a repository.
struct Asked {
    repo: RepoPath,
    mover: RefMover,
}

impl Asked {
    async fn new(http: &Http, ctx: &Ctx, parts: &PathParts) -> Answer<Asked> {
        let repo = parts.repo()?;
        Ok(Asked { mover: begin(&http.app, ctx, &repo).await?, repo })
    }

    fn place<'a>(&'a self, http: &'a Http) -> Place<'a> {
        Place { links: &http.links, repo: &self.repo }
    }

    /// Reads what is wanted and does it.
    async fn change(
        &self,
        http: &Http,
        ctx: &Ctx,
        request: Request,
        take: impl FnOnce(&mut Body) -> Answer<Vec<Wanted>>,
    ) -> Answer<Changed> {
        let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        let is_large = declared.is_none_or(|bytes| bytes > http.config.json_bytes);
        let enter = || http.change_places.enter(http.client(ctx.address)).map_err(|full| too_many(full, "changes of large files"));
        let _place = if is_large { Some(enter()?) } else { None };
        let mut body: Body = read_large(request, MOST_BODY, http).await?;
        if body.force_push == Some(true) {
            return Err(Refusal::invalid("force_push", "commits that drop others are not made through the API: push them"));
        }
        let files = take(&mut body)?;
        let change = blocking(move || wanted(body, files)).await??;
        Ok(change_files(&self.mover, change).await?)
    }

    fn one(&self, http: &Http, made: &Changed) -> FileResponse {
        let place = self.place(http);
        let (commit, verification) = place.file_commit(&made.commit);
        FileResponse { content: made.files.first().map(|file| place.changed_file(file)), commit, verification }
    }
}

/// An operation before its content was decoded.
struct Wanted {
    action: Action,
    path: Vec<u8>,
    content: Option<String>,
    sha: Option<String>,
    from: Option<String>,
}

impl Wanted {
    fn new(action: Action, path: Vec<u8>) -> Wanted {
        Wanted { action, path, content: None, sha: None, from: None }
    }

    fn of(given: ChangeFileOperation) -> Answer<Wanted> {
        let ChangeFileOperation { operation, path, content, sha, from_path } = given;
        let action = match operation.as_str() {
            "create" => Action::Create,
            "update" => Action::Update,
            "upload" => Action::Upload,
            "rename" => Action::Rename,
            "delete" => Action::Delete,
            _ => return Err(Refusal::invalid("operation", "must be create, update, upload, rename or delete")),
        };
        Ok(Wanted { action, path: path.into_bytes(), content, sha, from: from_path })
    }
}

fn wanted(body: Body, files: Vec<Wanted>) -> Answer<Change> {
    let Body { branch, new_branch, message, author, committer, dates, signoff, .. } = body;
    let person = |given: Identity| Person { name: given.name, email: given.email };
    let dates = dates.unwrap_or_default();
    let decode = |file: Wanted| {
        let content = file.content.map(|text| decoded(text, &file.path)).transpose()?;
        Ok(Operation { action: file.action, path: file.path, from: file.from.map(String::into_bytes), content, sha: file.sha })
    };
    Ok(Change {
        branch,
        new_branch,
        message: message.unwrap_or_default(),
        author: author.map(person),
        committer: committer.map(person),
        authored_at: moment("dates.author", dates.author)?,
        committed_at: moment("dates.committer", dates.committer)?,
        signoff: signoff.unwrap_or_default(),
        operations: files.into_iter().map(decode).collect::<Answer<_>>()?,
    })
}

fn decoded(mut text: String, path: &[u8]) -> Answer<Vec<u8>> {
    text.retain(|c| !matches!(c, '\n' | '\r'));
    let why = |error| Refusal::invalid("content", format!("of {} is not base64: {error}", String::from_utf8_lossy(path)));
    BASE64.decode(text).map_err(why)
}

/// A time that was given; clients of Gitea send the beginning of their calendar for none.
fn moment(field: &'static str, given: Option<Time>) -> Answer<Option<Moment>> {
    let Some(time) = given.filter(|time| *time != Time::never()) else { return Ok(None) };
    let at = time.timestamp().ok_or_else(|| Refusal::invalid(field, "must be a time such as 2026-01-31T00:00:00Z"))?;
    Ok(Some(Moment { seconds: at.seconds(), offset_minutes: time.offset_minutes() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_clients_write_it_and_nothing_else_is() {
        for good in ["aGVsbG8=", "aGVsbG8", "aGVs\r\nbG8=\n"] {
            assert_eq!(decoded(good.to_owned(), b"a").unwrap(), b"hello", "{good:?}");
        }
        for bad in ["a", "hello world", "aGVsbG8_"] {
            let refused = decoded(bad.to_owned(), b"dir/a.txt").unwrap_err();
            assert!(refused.status.as_u16() == 422 && refused.message.contains("dir/a.txt"), "{refused:?}");
        }
    }

    #[test]
    fn times_keep_their_zone_and_gos_zero_is_none() {
        let at = |text: &str| moment("dates.author", Some(Time(text.to_owned())));
        assert_eq!(at("2023-11-14T23:58:20+01:45").unwrap(), Some(Moment { seconds: 1_700_000_000, offset_minutes: 105 }));
        assert_eq!(at("0001-01-01T00:00:00Z").unwrap(), None);
        assert_eq!(at("yesterday").unwrap_err().field.as_deref(), Some("dates.author"));
    }
}
