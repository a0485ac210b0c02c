//! Finishes every answer: a [`Refusal`] becomes an envelope of the kind that its reader knows, a panic becomes a 500, and headers that protect browsers are
//! added where the handler set none of its own.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use hardie_api_types::error::ApiError;
use hardie_api_types::lfs::LfsError;

use super::{Meta, denied};
use crate::error::{Counted, Refusal};
use crate::lfs;
use crate::links::encode;
use crate::state::Http;

const CHALLENGE: &str = "Basic realm=\"Hardie\", charset=\"UTF-8\"";
/// What an LFS client reads before the usual header, which a proxy may have written.
const LFS_AUTHENTICATE: HeaderName = HeaderName::from_static("lfs-authenticate");

/// What must be remembered of a request to finish its answer.
struct Asked {
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    is_browser: bool,
    meta: Option<Meta>,
}

impl Asked {
    fn request_id(&self) -> String {
        self.meta.as_ref().map(|meta| meta.request_id.clone()).unwrap_or_default()
    }
}

/// See the module.
pub async fn render(State(http): State<Http>, request: Request, next: Next) -> Response {
    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        route: request.extensions().get::<MatchedPath>().cloned(),
        // A browser's script gets no Basic challenge: the browser would open its own sign-in window over the page.
        is_browser: request.headers().contains_key("sec-fetch-mode"),
        meta: request.extensions().get::<Meta>().cloned(),
    };
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(panic = panic_text(panic.as_ref()), "a handler panicked");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log has the reason under this request id")
                .into_response()
        }
    };
    let note = |refusal: &Refusal| {
        if let Some(meta) = &asked.meta {
            denied::note(&http, meta, &asked.method, &asked.uri, asked.route.as_ref(), refusal);
        }
    };
    if let Some(Counted(refusal)) = response.extensions_mut().remove::<Counted>() {
        note(&refusal);
    }
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        note(&refusal);
        write_refusal(&mut response, &http, &asked, refusal);
    }
    protect(response.headers_mut(), http.links.is_https());
    response
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

fn write_refusal(response: &mut Response, http: &Http, asked: &Asked, refusal: Refusal) {
    let mut status = refusal.status;
    if let Some(to) = &refusal.moved_to {
        match moved_location(asked, to).and_then(|l| HeaderValue::from_str(&l).ok()) {
            Some(location) => {
                let is_read = asked.method == Method::GET || asked.method == Method::HEAD;
                status = if is_read { StatusCode::MOVED_PERMANENTLY } else { StatusCode::PERMANENT_REDIRECT };
                response.headers_mut().insert(LOCATION, location);
            }
            None => status = StatusCode::NOT_FOUND,
        }
    }
    let path = asked.uri.path();
    let is_lfs = lfs::is_lfs(path);
    let (content_type, body) = if path.starts_with("/api/") {
        ("application/json; charset=utf-8", envelope(http, asked, &refusal))
    } else if is_lfs {
        (lfs::MEDIA_TYPE, lfs_error(http, asked, &refusal))
    } else {
        // git shows a plain text to the person at the terminal.
        ("text/plain; charset=utf-8", format!("{}\n", refusal.message))
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(seconds) = refusal.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED && !asked.is_browser {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        if is_lfs {
            headers.insert(LFS_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
}

fn envelope(http: &Http, asked: &Asked, refusal: &Refusal) -> String {
    let body = ApiError {
        message: refusal.message.clone(),
        url: http.links.page("api/docs"),
        field: refusal.field.as_deref().map(str::to_owned),
        permissions: refusal.permissions.clone(),
        request_id: asked.request_id(),
    };
    serde_json::to_string(&body).unwrap_or_default()
}

fn lfs_error(http: &Http, asked: &Asked, refusal: &Refusal) -> String {
    let body =
        LfsError { message: refusal.message.clone(), documentation_url: http.links.page("api/docs"), request_id: asked.request_id() };
    serde_json::to_string(&body).unwrap_or_default()
}

/// The same address with the new owner and name. Without scheme and host, so that it holds behind any proxy.
fn moved_location(asked: &Asked, to: &str) -> Option<String> {
    let route = asked.route.as_ref()?.as_str();
    let owner_at = route.split('/').position(|segment| segment == "{owner}")?;
    let (new_owner, new_name) = to.split_once('/')?;
    let segments = asked.uri.path().split('/').enumerate().map(|(at, segment)| {
        if at == owner_at {
            encode(new_owner.as_bytes())
        } else if at == owner_at + 1 {
            let ending = if segment.ends_with(".git") { ".git" } else { "" };
            format!("{}{ending}", encode(new_name.as_bytes()))
        } else {
            segment.to_owned()
        }
    });
    let path = segments.collect::<Vec<_>>().join("/");
    Some(match asked.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    })
}

/// Headers for browsers. The API's answers are data: nothing in them may run, be framed or be cached by a proxy for another.
fn protect(headers: &mut HeaderMap, is_https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'");
    default(X_FRAME_OPTIONS, "DENY");
    default(REFERRER_POLICY, "no-referrer");
    default(CACHE_CONTROL, "no-store");
    if is_https {
        // A year, of this host alone: what others below it do is not known here.
        default(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    default(VARY, "Authorization, Cookie");
}
