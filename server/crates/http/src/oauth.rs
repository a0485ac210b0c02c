//! What programs ask of OAuth 2 and OpenID Connect. What browsers are shown is in [`crate::pages`].

mod discovery;
mod token;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::layers::admit;
use crate::state::Http;

/// Their addresses: those of Gitea.
pub fn routes(http: &Http) -> Router<Http> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/login/oauth/keys", get(discovery::keys))
        .route("/login/oauth/userinfo", get(discovery::user_info).post(discovery::user_info))
        .route("/login/oauth/access_token", post(token::exchange))
        .route("/login/oauth/introspect", post(token::introspect))
        .route("/login/oauth/revoke", post(token::revoke))
        .layer(from_fn_with_state(http.clone(), admit))
}
