//! Bundles, which clients fetch before they clone (gitprotocol-v2, "bundle-uri").

use axum::extract::State;
use axum::http::HeaderMap;
use hardie_app::bundles;

use super::handlers::refuse;
use super::protocol::repo_path;
use crate::auth::GitAsker;
use crate::download::{self, Download};
use crate::error::Answer;
use crate::path::PathParts;
use crate::state::Http;

/// `GET …/info/bundles/{id}`, whole or a part.
pub async fn bundle(State(http): State<Http>, GitAsker(ctx): GitAsker, parts: PathParts, asked: HeaderMap) -> Answer {
    let (path, id) = (repo_path(&parts)?, parts.text("id")?);
    let content = bundles::open(&http.app, &ctx, &path, &id).await.map_err(|error| refuse(&ctx, error))?;
    let (name, size, [header, pack]) = (format!("{}.bundle", path.name), content.bytes(), content.identity());
    let download =
        Download { name: name.as_bytes(), media_type: "application/x-git-bundle", what: "bundle", size, identity: &[&header, &pack] };
    download::send(download, &asked, |start, length| content.read(start, length)).await
}
