//! Answers of the static part: the best encoding that the client takes, and the headers that keep the page to itself.

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::bundle::{Bundle, File};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A file of the bundle; 404 for a name that was not built.
pub(super) fn file(bundle: &Bundle, name: &str, method: &Method, asked: &HeaderMap) -> Response {
    match bundle.file(name) {
        Some(file) => send(file, method, asked),
        None => text(StatusCode::NOT_FOUND, "no such file; the page may be older than the server: reload it\n"),
    }
}

/// The UI's one page. It is never cached without asking: it names the hashed files of the moment.
pub(super) fn page(bundle: &Bundle, method: &Method, asked: &HeaderMap) -> Response {
    let mut response = send(bundle.index(), method, asked);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, bundle.policy().clone());
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
    response
}

/// A short text for programs.
pub(super) fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn send(file: &File, method: &Method, asked: &HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this address is a page: it can only be read\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let fresh = asked.get(IF_NONE_MATCH).is_some_and(|known| known == file.etag);
    let (bytes, encoding) = best_form(file, asked);
    let length = bytes.len();
    let body = if fresh || method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let caching = if file.hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(ETAG, file.etag.clone());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn best_form(file: &File, asked: &HeaderMap) -> (bytes::Bytes, Option<&'static str>) {
    let accepted = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    if let Some(brotli) = file.brotli.as_ref().filter(|_| accepts(accepted, "br")) {
        return (brotli.clone(), Some("br"));
    }
    if let Some(gzip) = file.gzip.as_ref().filter(|_| accepts(accepted, "gzip")) {
        return (gzip.clone(), Some("gzip"));
    }
    (file.plain.clone(), None)
}

/// Whether an Accept-Encoding names this coding without `q=0`.
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.any(|p| p.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q == 0.0)));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::accepts;

    #[test]
    fn encodings_are_read_with_their_weights() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip;q=0, br;q=0.0", "br"));
        assert!(!accepts("gzip;q=0", "gzip"));
        assert!(!accepts("", "gzip") && !accepts("brotli", "br"));
        assert!(accepts("br;q=0.01", "br"));
    }
}
