//! The basic transfer (`docs/api/basic-transfers.md`): objects in and out, and whether one arrived.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::lfs::LfsName;
use hardie_app::lfs;
use serde_json::json;

use super::{answer, object, send};
use crate::auth::LfsAsker;
use crate::error::{Answer, Refusal};
use crate::git::{DRAIN_BYTES, drain, fault, reader, refuse, repo_path};
use crate::json::Json;
use crate::path::PathParts;
use crate::state::Http;

/// `GET objects/{oid}`, whole or a part.
pub async fn download(State(http): State<Http>, LfsAsker(ctx): LfsAsker, parts: PathParts, headers: HeaderMap) -> Answer {
    let (path, oid) = (repo_path(&parts)?, object(&parts.text("oid")?, 0)?.oid);
    let content = lfs::open(&http.app, &ctx, &path, oid).await.map_err(|error| refuse(&ctx, error))?;
    send(oid.to_string().as_bytes(), content, &headers).await
}

/// `PUT objects/{oid}/{size}`.
pub async fn upload(State(http): State<Http>, LfsAsker(ctx): LfsAsker, parts: PathParts, request: Request) -> Answer {
    let path = repo_path(&parts)?;
    let object = object(&parts.text("oid")?, parts.id("size")?)?;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let is_coded = request.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    let (mut input, trouble) = reader(request.into_body(), false, object.size.saturating_add(DRAIN_BYTES));
    let result = if is_coded {
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an object is uploaded as it is, without a Content-Encoding"))
    } else if length.is_some_and(|length| length != object.size) {
        Err(Refusal::invalid("size", format!("the Content-Length is not the {} bytes that were declared", object.size)))
    } else {
        lfs::upload(&http.app, &ctx, &path, object, &mut input)
            .await
            .map_err(|error| fault(&trouble).unwrap_or_else(|| refuse(&ctx, error)))
    };
    if let Err(refusal) = result {
        drain(&mut input).await;
        return Err(refusal);
    }
    Ok(StatusCode::OK.into_response())
}

/// `POST objects/verify`.
pub async fn verify(State(http): State<Http>, LfsAsker(ctx): LfsAsker, parts: PathParts, Json(name): Json<LfsName>) -> Answer<Response> {
    let (path, object) = (repo_path(&parts)?, object(&name.oid, name.size)?);
    lfs::verify(&http.app, &ctx, &path, object).await.map_err(|error| refuse(&ctx, error))?;
    Ok(answer(StatusCode::OK, &json!({})))
}
