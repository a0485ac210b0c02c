//! Conditional reads (RFC 9110, section 13): what is named by an object id never changes, so its id is its ETag.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// The ETag of something that `parts` alone determine.
pub fn etag(parts: &[&str]) -> String {
    format!("\"{}\"", parts.join("-"))
}

/// 304 if the client has it already, else the answer with its ETag. The client must ask each time: whether it may still see
/// the thing is decided anew.
pub fn conditional(request: &HeaderMap, etag: &str, answer: impl FnOnce() -> Response) -> Response {
    let mut response = if has(request, etag) { StatusCode::NOT_MODIFIED.into_response() } else { answer() };
    if let Ok(value) = HeaderValue::from_str(etag) {
        response.headers_mut().insert(ETAG, value);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

/// Whether `If-None-Match` names the tag; weakness does not matter here.
pub fn has(request: &HeaderMap, etag: &str) -> bool {
    let lines = request.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_it_gets_no_body() {
        let mut headers = HeaderMap::new();
        let tag = etag(&["abc", "v1"]);
        let answer = || "body".into_response();
        assert_eq!(conditional(&headers, &tag, answer).status(), StatusCode::OK);
        for value in ["\"abc-v1\"", "W/\"abc-v1\"", "\"x\", \"abc-v1\"", "*"] {
            headers.insert(IF_NONE_MATCH, value.parse().unwrap());
            let response = conditional(&headers, &tag, answer);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{value}");
            assert_eq!(response.headers().get(ETAG).unwrap(), &tag);
        }
        headers.insert(IF_NONE_MATCH, "\"other\"".parse().unwrap());
        assert_eq!(conditional(&headers, &tag, answer).status(), StatusCode::OK);
    }
}
