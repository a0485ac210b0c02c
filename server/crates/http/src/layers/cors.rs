//! Lets scripts of other sites use the API, and what programs ask of OAuth 2, where the operator names those sites. With a token alone: no answer allows credentials that a browser
//! adds by itself, nor the header without which a session changes nothing.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, COOKIE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::auth::is_own;
use crate::state::Http;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const TAKEN: &str = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Gitea-OTP, Last-Event-ID";
const SHOWN: &str = "ETag, Idempotency-Replayed, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, \
                     X-Total-Count";
/// Seconds for which a browser need not ask again.
const LASTS: &str = "600";

/// What programs that run in a browser ask beside the API. Whoever shows a page or keeps a secret is none of them.
const OAUTH: [&str; 5] =
    ["/.well-known/openid-configuration", "/login/oauth/keys", "/login/oauth/userinfo", "/login/oauth/access_token", "/login/oauth/revoke"];

/// See the module.
pub async fn cors(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/v1/") || OAUTH.contains(&path);
    let headers = request.headers();
    let own = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| is_own(origin, headers, http.links.origin()));
    let other = headers.get(ORIGIN).filter(|origin| is_api && !own(origin));
    let Some(origin) = other.and_then(|origin| allowed(&http.config.cors_origins, origin)) else { return next.run(request).await };
    let is_preflight = request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match is_preflight {
        true => {
            let told = [(ACCESS_CONTROL_ALLOW_METHODS, METHODS), (ACCESS_CONTROL_ALLOW_HEADERS, TAKEN), (ACCESS_CONTROL_MAX_AGE, LASTS)];
            (StatusCode::NO_CONTENT, told).into_response()
        }
        false => {
            // Another site's script acts with the token that it was given, or as nobody.
            request.headers_mut().remove(COOKIE);
            next.run(request).await
        }
    };
    grant(response.headers_mut(), origin);
    response
}

/// What the header says, if that origin is named or all are.
fn allowed(origins: &[String], origin: &HeaderValue) -> Option<HeaderValue> {
    if origins.iter().any(|named| named == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    origins.iter().any(|named| named.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

fn grant(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
    if !headers.contains_key(VARY) {
        headers.append(VARY, HeaderValue::from_static("Authorization, Cookie"));
    }
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_origin_counts() {
        let origins = ["https://app.example.org".to_owned()];
        let asks = |origin: &'static str| allowed(&origins, &HeaderValue::from_static(origin));
        assert_eq!(asks("https://app.example.org").unwrap(), "https://app.example.org");
        for other in ["https://app.example.org.evil.example", "http://app.example.org", "null", "https://app.example.org:8443", ""] {
            assert_eq!(asks(other), None, "{other}");
        }
        assert_eq!(allowed(&["*".to_owned()], &HeaderValue::from_static("https://a.example")).unwrap(), "*");
    }
}
