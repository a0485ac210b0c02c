//! Tokens for programs: forms go in (RFC 6749, section 4.1.3; 7009; 7662), JSON comes out.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_app::oauth::{self, ClientProof, Fault, TokenRequest};
use hardie_domain::secret::Secret;
use serde_json::{Value, json};

use crate::auth::{Presented, Visitor};
use crate::error::{Counted, Refusal};
use crate::json::read_body;
use crate::links::decode;
use crate::query::Query;
use crate::state::Http;

/// Bytes of a form.
const FORM_BYTES: usize = 32 << 10;

pub async fn exchange(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Response {
    let asked = async {
        let (client, form) = read(&http, request).await?;
        let request = TokenRequest {
            client,
            grant_type: text(&form, "grant_type")?,
            code: secret(&form, "code")?,
            redirect_uri: text(&form, "redirect_uri")?,
            verifier: secret(&form, "code_verifier")?,
            refresh_token: secret(&form, "refresh_token")?,
            scope: text(&form, "scope")?,
        };
        oauth::exchange(&http.app, &ctx, &request).await
    };
    answer(asked.await.map(|tokens| {
        let mut body = json!({
            "access_token": tokens.access_token.expose(),
            "token_type": "bearer",
            "expires_in": tokens.expires_in,
            "refresh_token": tokens.refresh_token.expose(),
            "scope": tokens.scope,
        });
        if let (Some(id_token), Some(fields)) = (tokens.id_token, body.as_object_mut()) {
            fields.insert("id_token".to_owned(), id_token.expose().into());
        }
        body
    }))
}

pub async fn introspect(State(http): State<Http>, Visitor(_): Visitor, request: Request) -> Response {
    let asked = async {
        let (client, form) = read(&http, request).await?;
        let token = secret(&form, "token")?.ok_or_else(|| Fault::request("token is missing"))?;
        oauth::introspect(&http.app, &client, &token).await
    };
    answer(asked.await.map(|found| match found {
        None => json!({ "active": false }),
        Some(found) => {
            let mut body = json!({
                "active": true,
                "iss": oauth::issuer(&http.app),
                "scope": found.scope,
                "client_id": found.client_id,
                "username": found.username,
                "sub": found.subject,
                "aud": oauth::issuer(&http.app),
                "exp": found.expires_at,
                "token_type": if found.is_access { "access_token" } else { "refresh_token" },
            });
            if let (Some(issued_at), Some(fields)) = (found.issued_at, body.as_object_mut()) {
                fields.insert("iat".to_owned(), issued_at.into());
            }
            body
        }
    }))
}

pub async fn revoke(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Response {
    let asked = async {
        let (client, form) = read(&http, request).await?;
        let token = secret(&form, "token")?.ok_or_else(|| Fault::request("token is missing"))?;
        oauth::revoke(&http.app, &ctx, &client, &token).await
    };
    answer(asked.await.map(|()| json!({})))
}

/// The form, and who sent it: by Basic credentials or by fields, never by both (RFC 6749, section 2.3).
async fn read(http: &Http, request: Request) -> Result<(ClientProof, Query), Fault> {
    let headers = request.headers().clone();
    let is_form = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Fault::request("the Content-Type must be application/x-www-form-urlencoded"));
    }
    let bytes = read_body(request, FORM_BYTES, http).await.map_err(|refusal| Fault::request(refusal.message))?;
    let form = std::str::from_utf8(&bytes).map(Query::parse).map_err(|_| Fault::request("the form is not UTF-8"))?;
    if let Some(twice) = form.repeated() {
        return Err(Fault::request(format!("{twice} is there more than once")));
    }
    Ok((client(http, &headers, &form)?, form))
}

fn client(http: &Http, headers: &HeaderMap, form: &Query) -> Result<ClientProof, Fault> {
    let (named, told) = (text(form, "client_id")?, secret(form, "client_secret")?);
    let Ok(Presented::Basic { user, secret }) = Presented::read(headers, http.links.is_https()) else {
        return Ok(ClientProof { client_id: named, secret: told });
    };
    // Both fields are encoded as those of a form before they are joined.
    let plain = |text: &str| decode(&text.replace('+', " ")).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(Fault::client);
    let (client_id, secret) = (plain(user.expose())?, plain(secret.expose())?);
    if told.is_some() || (!named.is_empty() && named != client_id) {
        return Err(Fault::request("a client proves itself in one way: by the Authorization header or by the form"));
    }
    Ok(ClientProof { client_id, secret: Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new) })
}

fn text(form: &Query, name: &str) -> Result<String, Fault> {
    form.text(name).map(Option::unwrap_or_default).map_err(|refusal| Fault::request(refusal.message))
}

fn secret(form: &Query, name: &str) -> Result<Option<Secret>, Fault> {
    form.text(name).map(|text| text.map(Secret::new)).map_err(|refusal| Fault::request(refusal.message))
}

fn answer(done: Result<Value, Fault>) -> Response {
    let (status, code, text) = match done {
        Ok(body) => return Json(body).into_response(),
        Err(Fault::Refused { code: "invalid_client", text }) => (StatusCode::UNAUTHORIZED, "invalid_client", text),
        Err(Fault::Refused { code, text }) => (StatusCode::BAD_REQUEST, code, text),
        Err(Fault::Failed(error)) => {
            let Refusal { status, message, .. } = Refusal::from(error);
            let code = if status.is_server_error() { "temporarily_unavailable" } else { "server_error" };
            (status, code, message)
        }
    };
    let mut response = (status, Json(json!({ "error": code, "error_description": text.as_str() }))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Basic realm=\"Hardie\", charset=\"UTF-8\""));
    }
    Counted(Refusal::new(status, text)).on(response)
}
