//! The addresses of pictures: `/avatars/ID` for users and organisations, `/avatars/repos/ID`. They stay when the picture changes; the ETag tells.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_app::avatars::{Avatar, account_avatar, repo_avatar};
use hardie_domain::ids::{AccountId, RepoId};

use crate::auth::Asker;
use crate::cache;
use crate::error::Answer;
use crate::path::PathParts;
use crate::raw;
use crate::state::Http;

/// Both.
pub fn routes() -> Router<Http> {
    Router::new().route("/avatars/{id}", get(of_account)).route("/avatars/repos/{id}", get(of_repo))
}

async fn of_account(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer {
    Ok(shown(&headers, account_avatar(&http.app, &ctx, AccountId(parts.id("id")?)).await?))
}

async fn of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer {
    Ok(shown(&headers, repo_avatar(&http.app, &ctx, RepoId(parts.id("id")?)).await?))
}

fn shown(headers: &HeaderMap, avatar: Avatar) -> Response {
    let etag = cache::etag(&[&URL_SAFE_NO_PAD.encode(avatar.hash)]);
    cache::conditional(headers, &etag, || raw::file(b"avatar.png", avatar.png, ()))
}
