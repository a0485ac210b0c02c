//! `/plugins/ID/…`: web requests to plugins, on the forge's host or on an origin of their own.

mod host;
mod lookup;
mod taken;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::{ALLOW, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use bytes::Bytes;
use hardie_app::plugins::{Answered, Asked, answer, enter_web, find_web};
use hardie_app::{Ctx, Error, identity};
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::FailureClass;
use hardie_domain::push::Door;
use hardie_domain::web::{ADDRESS_BYTES, Admitted, BODY_BYTES, HEADER_BYTES, HEADERS, METHODS, is_safe, passed_on};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout};

pub use host::{by_host, names_origin};

use crate::auth::{Presented, Unled, anonymous};
use crate::error::{Answer, Refusal};
use crate::json::{Pace, read_body};
use crate::large::Room;
use crate::layers::{Meta, too_many};
use crate::serve::Cut;
use crate::state::Http;
use host::Apart;
use lookup::look_up;
use taken::timed_body;

/// What all addresses of plugins begin with.
const PREFIX: &str = "/plugins/";

/// The addresses.
pub fn routes() -> Router<Http> {
    let pages = any(pass);
    Router::new()
        .route("/plugins/{installation}", pages.clone())
        .route("/plugins/{installation}/", pages.clone())
        .route("/plugins/{installation}/{*path}", pages)
}

async fn pass(State(http): State<Http>, request: Request) -> Answer {
    if !METHODS.contains(&request.method().as_str()) {
        let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "plugins are not asked by this method");
        return Ok(([(ALLOW, METHODS.join(", "))], refusal).into_response());
    }
    let client = request.extensions().get::<Meta>().and_then(|meta| http.client(meta.address));
    let cut = request.extensions().get::<Cut>().cloned();
    let (mut parts, body) = request.into_parts();
    let (id, path) = address(&parts)?;
    let limit = http.config.api_timeout;
    let ctx = look_up(&http.plugin_lookups, client, limit, asker(&mut parts, &http)).await?;
    let (method, query) = (parts.method.as_str().to_owned(), parts.uri.query().map(str::to_owned));
    let headers = headers(&parts.headers)?;
    let find = async || {
        let found = async { Ok(find_web(&http.app, &ctx, id, &method).await.inspect_err(|_| http.metrics.record_plugin("refused"))?) };
        look_up(&http.plugin_lookups, client, limit, found).await
    };
    // Whoever asks for what is not there, or sends slowly, takes no place of those who are answered.
    let mut found = find().await?;
    let mut bytes = Bytes::new();
    if !body.is_end_stream() {
        let _reading = http.plugin_bodies.enter(client).map_err(|full| too_many(full, "bodies of requests to plugins on their way"))?;
        bytes = read_body(Request::from_parts(parts, body), BODY_BYTES, &http).await?;
        // What was there when the head came may be gone by now.
        found = find().await?;
    }
    let place = http.plugin_places.enter(client).map_err(|full| too_many(full, "requests to plugins"))?;
    let share = enter_web(&http.app, &found, client).await?;
    let asked = Asked { method: method.clone(), path, query, headers, body: bytes.into() };
    let answered = answer(&http.app, &ctx, &found, &share, asked).await;
    http.metrics.record_plugin(match &answered {
        Ok(Answered::Sent(_)) => "answered",
        Ok(Answered::Failed(class)) => class.map_or("failed", FailureClass::as_str),
        Err(Error::Unavailable(_)) => FailureClass::Unavailable.as_str(),
        Err(_) => "refused",
    });
    match answered? {
        Answered::Sent(admitted) => {
            let room = room(&http, &ctx, is_safe(&method), &admitted).await?;
            let deadline = Pace::of(&http.config).deadline(Instant::now(), admitted.body.len());
            Ok(written(admitted, |body| timed_body(body, (place, share, room), deadline, cut)))
        }
        Answered::Failed(Some(FailureClass::Deadline)) => Err(failed(StatusCode::GATEWAY_TIMEOUT, "deadline")),
        Answered::Failed(class) => Err(failed(StatusCode::BAD_GATEWAY, class.map_or("failed", FailureClass::as_str))),
    }
}

/// Which installation, and what the address has behind it, as it was sent.
fn address(parts: &Parts) -> Answer<(InstallationId, String)> {
    if parts.uri.path_and_query().is_some_and(|address| address.as_str().len() > ADDRESS_BYTES) {
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, format!("the address is longer than {ADDRESS_BYTES} bytes")));
    }
    let rest = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
    // One spelling of a number alone: what a plugin is served under is compared by its text.
    let is_id = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    let id = id.parse().ok().filter(|_| is_id).ok_or_else(|| Refusal::not_found("plugin"))?;
    Ok((InstallationId(id), format!("/{path}")))
}

/// Who asks. An origin that plugins have for themselves knows nobody by what a browser sends of its own accord: each of their pages could
/// make it ask in somebody's name.
async fn asker(parts: &mut Parts, http: &Http) -> Answer<Ctx> {
    if parts.extensions.get::<Apart>().is_none() {
        return Unled::from_request_parts(parts, http).await.map(|Unled(ctx)| ctx);
    }
    let ctx = anonymous(parts, Door::Api);
    let actor = match Presented::read(&parts.headers, http.links.is_https())? {
        Presented::Token(token) => Some(identity::authenticate_token(&http.app, &token).await?),
        Presented::Basic { .. } => return Err(Refusal::forbidden("this origin takes access tokens alone: Authorization: Bearer …")),
        Presented::Session(_) | Presented::Nothing => None,
    };
    let ctx = Ctx { actor, ..ctx };
    identity::admit(&http.app, &ctx)?;
    Ok(ctx)
}

fn headers(all: &HeaderMap) -> Answer<Vec<(String, String)>> {
    let plain = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let passed = all.iter().filter(|(name, _)| passed_on(name.as_str()));
    let headers: Vec<(String, String)> = passed.filter_map(|(name, value)| Some((name.as_str().to_owned(), plain(value)?))).collect();
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    match headers.len() <= HEADERS && bytes <= HEADER_BYTES {
        true => Ok(headers),
        false => {
            let text = format!("a plugin takes {HEADERS} headers of {HEADER_BYTES} bytes together");
            Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, text))
        }
    }
}

/// Room for an answer that is large. What it answers has happened: a client that has no room for it must not be told to ask for that again.
async fn room(http: &Http, ctx: &Ctx, is_safe: bool, admitted: &Admitted) -> Answer<Room> {
    let bytes = u64::try_from(admitted.body.len()).unwrap_or(u64::MAX);
    let busy = || Refusal::from(Error::Unavailable("too many large answers are under way".to_owned()));
    let taken = timeout(http.config.api_timeout, Room::take(http, ctx, bytes)).await.unwrap_or_else(|_| Err(busy()));
    taken.map_err(|refusal| match is_safe {
        true => refusal,
        false => Refusal::new(refusal.status, format!("the plugin has answered, and this answer was lost: {}", refusal.message)),
    })
}

/// The answer; `sent` makes a body of what is to be sent, if anything is.
fn written(admitted: Admitted, sent: impl FnOnce(Bytes) -> Body) -> Response {
    let length = admitted.body.len();
    let mut response = match length {
        0 => Response::new(Body::empty()),
        _ => Response::new(sent(admitted.body.into())),
    };
    if length > 0 {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.status_mut() = StatusCode::from_u16(admitted.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in admitted.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Strangers are told that it failed, and how it ended; the rest is in the installation's records.
fn failed(status: StatusCode, class: &str) -> Refusal {
    Refusal::new(status, format!("this plugin failed ({class}); those who administer it see why"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_installation_in_one_way() {
        let read = |uri: &str| {
            let parts = axum::http::Request::builder().uri(uri).body(()).unwrap().into_parts().0;
            address(&parts).map(|(id, path)| (id.0, path)).map_err(|refusal| refusal.status.as_u16())
        };
        assert_eq!(read("/plugins/7"), Ok((7, "/".to_owned())));
        assert_eq!(read("/plugins/7/"), Ok((7, "/".to_owned())));
        assert_eq!(read("/plugins/7/a%2Fb/../c//?d=e"), Ok((7, "/a%2Fb/../c//".to_owned())));
        for bad in ["/plugins/", "/plugins/07", "/plugins/+7", "/plugins/%37", "/plugins/-7", "/plugins/0", "/plugins/99999999999999999999"]
        {
            assert_eq!(read(bad), Err(404), "{bad}");
        }
        assert_eq!(read(&format!("/plugins/7/{}", "x".repeat(ADDRESS_BYTES))), Err(414));
    }
}
