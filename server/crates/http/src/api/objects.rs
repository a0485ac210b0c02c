//! Objects of git that people wrote beside commits: annotated tags and notes.

use axum::Json;
use axum::extract::State;
use hardie_api_types::branch::AnnotatedTag;
use hardie_api_types::commit::Note;
use hardie_app::browse::{get_tag_object, note};

use super::commits::with_changes;
use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show::{Place, text};
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    api.get(
        "/repos/{owner}/{repo}/git/tags/{sha}",
        Op::new("GetAnnotatedTag", tag, "Shows an annotated tag by the id of the tag itself").gives::<AnnotatedTag>(200),
        annotated,
    )
    .get(
        "/repos/{owner}/{repo}/git/notes/{sha}",
        Op::new("repoGetNote", tag, "Shows the note of a commit").gives::<Note>(200),
        of_commit,
    )
}

async fn annotated(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<AnnotatedTag>> {
    let repo = parts.repo()?;
    let found = get_tag_object(&http.app, &ctx, &repo, &parts.text("sha")?).await?;
    Ok(Json(Place { links: &http.links, repo: &repo }.annotated_tag(&found)))
}

async fn of_commit(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Note>> {
    let (message, detail) = note(&http.app, &ctx, &parts.repo()?, &parts.text("sha")?).await?;
    Ok(Json(Note { message: text(&message), commit: with_changes(&http, &parts, &detail) }))
}
