//! Pushes to a repository, refused ones included.

use axum::Json;
use axum::extract::State;
use hardie_api_types::push::{Push, PushCertificate};
use hardie_app::events::{get_push, get_push_certificate, list_pushes};
use hardie_domain::ids::PushId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    api.get("/repos/{owner}/{repo}/pushes", Op::new("repoListPushes", tag, "Lists pushes, newest first").gives_page::<Push>(), list)
        .get(
            "/repos/{owner}/{repo}/pushes/{id}",
            Op::new("repoGetPush", tag, "Shows a push with what policies said").gives::<Push>(200),
            get,
        )
        .get(
            "/repos/{owner}/{repo}/pushes/{id}/certificate",
            Op::new("repoGetPushCertificate", tag, "Shows the certificate of a signed push").gives::<PushCertificate>(200),
            certificate,
        )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let path = parts.repo()?;
    let pushes = list_pushes(&http.app, &ctx, &path, paging.page).await?;
    Ok(paging.answer(pushes.map(|line| show::push(&path.to_string(), line))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Push>> {
    let path = parts.repo()?;
    let line = get_push(&http.app, &ctx, &path, PushId(parts.id("id")?)).await?;
    Ok(Json(show::push(&path.to_string(), line)))
}

async fn certificate(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PushCertificate>> {
    let found = get_push_certificate(&http.app, &ctx, &parts.repo()?, PushId(parts.id("id")?)).await?;
    Ok(Json(show::push_certificate(found)))
}
