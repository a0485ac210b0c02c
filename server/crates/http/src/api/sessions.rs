//! Browser sessions: the cookie is HttpOnly, so that no script reads it, and each can be listed and ended.

use axum::Json;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::identity::{CreateSessionOption, Session, SignedIn};
use hardie_app::identity::{NewSession, SignIn, list_sessions, revoke_session, sign_in, sign_out};
use hardie_domain::ids::SessionId;
use hardie_domain::secret::Secret;

use crate::auth::{Asker, Visitor, check_sign_in, session_cookie_name};
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "session";
    api.post(
        "/user/sessions",
        Op::new("createSession", tag, "Signs a browser in; 401 with the field `code` says that a code of the second factor is needed too")
            .takes::<CreateSessionOption>()
            .gives::<SignedIn>(201),
        create_session,
    )
    .get("/user/sessions", Op::new("listSessions", tag, "Lists the asker's sessions").gives_list::<Session>(), list)
    .delete(
        "/user/sessions/{id}",
        Op::new("deleteSession", tag, "Ends a session; `current` signs out").gives_nothing(204),
        delete_session,
    )
}

async fn create_session(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<CreateSessionOption>,
) -> Answer {
    check_sign_in(&headers, &http)?;
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let request = SignIn { user: body.username, password: Secret::new(body.password), code: Some(Secret::new(body.code)), agent };
    Ok(began(&http, sign_in(&http.app, &ctx, request).await?))
}

/// The answer to whoever signed in, by whatever.
pub(super) fn began(http: &Http, new: NewSession) -> Response {
    let answer = SignedIn { user: show::user(&http.links, &new.account), session: show::session(new.session.clone()) };
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    set_session_cookie(&mut response, http, &new);
    response
}

async fn list(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<Vec<Session>>> {
    let sessions = list_sessions(&http.app, &ctx).await?;
    Ok(Json(sessions.into_iter().map(show::session).collect()))
}

async fn delete_session(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if parts.text("id")? == "current" {
        sign_out(&http.app, &ctx).await?;
        set_cookie(&mut response, &http, "", 0);
    } else {
        revoke_session(&http.app, &ctx, SessionId(parts.id("id")?)).await?;
    }
    Ok(response)
}

/// Has the browser keep a session that just began.
pub fn set_session_cookie(response: &mut Response, http: &Http, new: &NewSession) {
    let seconds = (new.ends_at.0 - http.app.clock.now().0).div_euclid(1000).max(0);
    set_cookie(response, http, new.cookie.expose(), seconds);
}

/// `Lax`, so that a link from outside finds the person signed in, while no other site's form or script carries the cookie.
fn set_cookie(response: &mut Response, http: &Http, value: &str, seconds: i64) {
    let is_https = http.links.is_https();
    let secure = if is_https { "; Secure" } else { "" };
    let name = session_cookie_name(is_https);
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
