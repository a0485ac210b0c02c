//! What this server says of itself (OpenID Connect Discovery, section 3), its public keys, and who signed in.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_app::{Ctx, Error, identity, oauth};
use hardie_domain::push::Door;
use hardie_domain::scope::CATEGORIES;
use serde_json::{Value, json};

use crate::auth::{Presented, anonymous, know};
use crate::error::{Answer, Counted, Refusal};
use crate::state::Http;

pub async fn configuration(State(http): State<Http>) -> Json<Value> {
    let at = |name: &str| http.links.page(&format!("login/oauth/{name}"));
    let mut scopes: Vec<String> =
        ["openid", "profile", "email", "groups", "offline_access", "all", "public-only"].map(str::to_owned).into();
    scopes.extend(CATEGORIES.iter().flat_map(|(_, name)| [format!("read:{name}"), format!("write:{name}")]));
    Json(json!({
        "issuer": oauth::issuer(&http.app),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("access_token"),
        "jwks_uri": at("keys"),
        "userinfo_endpoint": at("userinfo"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": scopes,
        "claims_supported": [
            "iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash",
            "preferred_username", "name", "profile", "updated_at", "email", "email_verified", "groups",
        ],
    }))
}

pub async fn keys(State(http): State<Http>) -> Answer {
    let mut response = Json(oauth::public_keys(&http.app).await?).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(response)
}

/// Somebody with an access token in the header alone (RFC 6750, section 2.1).
pub struct Bearer(Ctx);

impl FromRequestParts<Http> for Bearer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Bearer, Response> {
        let ctx = anonymous(parts, Door::Api);
        let Ok(Presented::Token(token)) = Presented::read(&parts.headers, http.links.is_https()) else {
            return Err(challenge("Bearer realm=\"Hardie\"", "an access token is needed: Authorization: Bearer …"));
        };
        match identity::authenticate_token(&http.app, &token).await {
            Ok(actor) => {
                know(http, parts, Some(&actor)).map_err(Refusal::into_response)?;
                Ok(Bearer(Ctx { actor: Some(actor), ..ctx }))
            }
            Err(Error::Unauthenticated(text)) => Err(challenge("Bearer realm=\"Hardie\", error=\"invalid_token\"", &text)),
            Err(other) => Err(Refusal::from(other).into_response()),
        }
    }
}

fn challenge(header: &'static str, text: &str) -> Response {
    let body = Json(json!({ "error": "invalid_token", "error_description": text }));
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, header)], body).into_response()
}

pub async fn user_info(State(http): State<Http>, Bearer(ctx): Bearer) -> Answer {
    match oauth::user_info(&http.app, &ctx).await {
        Ok(claims) => Ok(Json(claims).into_response()),
        Err(Error::Forbidden(text)) => {
            let body = Json(json!({ "error": "insufficient_scope", "error_description": text.as_str() }));
            let header = [(WWW_AUTHENTICATE, "Bearer realm=\"Hardie\", error=\"insufficient_scope\", scope=\"openid\"")];
            let response = (StatusCode::FORBIDDEN, header, body).into_response();
            Ok(Counted(Refusal::forbidden(text)).on(response))
        }
        Err(other) => Err(other.into()),
    }
}
