//! The reverse proxy: requests and answers go through as they flow, in both directions, never collected.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Stream, TryStreamExt as _};
use serde_json::json;

use crate::client::Peer;

/// A body in either direction.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Sends one request to the server. Its URI is a path and a query.
pub type Forward =
    Arc<dyn Fn(axum::http::Request<ByteStream>) -> BoxFuture<'static, Result<axum::http::Response<ByteStream>, Unreachable>> + Send + Sync>;

/// The server gave no answer. The text is for the operator's log: it names the inner address.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unreachable {
    /// What happened.
    pub message: String,
    /// Whether it was reached but stayed silent.
    pub timed_out: bool,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Headers about one connection, not about the request (RFC 9110, section 7.6.1). `Expect` is answered by our own
/// connection as soon as the body is read.
const HOP_BY_HOP: [HeaderName; 10] = [
    CONNECTION,
    EXPECT,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Passes a request on and the answer back.
pub(super) async fn pass(forward: &Forward, request: Request) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    let wants_json = path.path().starts_with("/api/");
    let body: ByteStream = Box::pin(body.into_data_stream().map_err(io::Error::other));
    let mut onward = axum::http::Request::new(body);
    *onward.method_mut() = parts.method;
    *onward.uri_mut() = Uri::from(path);
    *onward.headers_mut() = request_headers(parts.headers, parts.uri.authority().map(|a| a.as_str()), peer);
    match forward(onward).await {
        Ok(answer) => {
            let (head, body) = answer.into_parts();
            let mut response = Response::new(Body::from_stream(body));
            *response.status_mut() = head.status;
            *response.headers_mut() = head.headers;
            drop_hop_by_hop(response.headers_mut());
            response
        }
        Err(error) => {
            tracing::warn!(error = %error, "the server gave no answer");
            unreachable(error.timed_out, wants_json)
        }
    }
}

/// What the server shall see: the client's headers less those of the connection, plus who asked and for which host.
fn request_headers(mut headers: HeaderMap, authority: Option<&str>, peer: Option<IpAddr>) -> HeaderMap {
    drop_hop_by_hop(&mut headers);
    // Two ways to say the same must not disagree: this proxy writes the X-Forwarded form.
    headers.remove(FORWARDED);
    // The server keeps two hosts apart by this one, so it is never the client's. An address's own host stands for the header (RFC 9112,
    // section 3.2.2).
    headers.remove(FORWARDED_HOST);
    let host = headers.remove(HOST);
    if let Some(host) = authority.and_then(|a| HeaderValue::from_str(a).ok()).or(host) {
        headers.insert(FORWARDED_HOST, host);
    }
    // A proxy before this one knows better; what a browser writes here only misleads itself.
    if !headers.contains_key(FORWARDED_PROTO) {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    }
    if let Some(peer) = peer
        && let Ok(value) = HeaderValue::from_str(&peer.to_canonical().to_string())
    {
        // Readers count from the right, so what the client wrote itself stays harmless on the left.
        headers.append(FORWARDED_FOR, value);
    }
    headers
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// 502 or 504 in the form that the asker reads: the API's envelope, or a line of text for git. Inner addresses stay inside.
fn unreachable(timed_out: bool, wants_json: bool) -> Response {
    let message = match timed_out {
        true => "the server behind this address did not answer in time",
        false => "nothing answers behind this address; is `hardie serve` running there?",
    };
    let (body, content_type) = if wants_json {
        (json!({ "message": message, "url": "" }).to_string(), "application/json; charset=utf-8")
    } else {
        (format!("{message}\n"), "text/plain; charset=utf-8")
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = if timed_out { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).fold(HeaderMap::new(), |mut map, (k, v)| {
            map.append(k, v);
            map
        })
    }

    #[test]
    fn headers_of_the_connection_do_not_travel() {
        let asked = headers(&[
            ("connection", "keep-alive, x-secret-hop"),
            ("x-secret-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("expect", "100-continue"),
            ("upgrade", "websocket"),
            ("authorization", "token t"),
            ("git-protocol", "version=2"),
        ]);
        let onward = request_headers(asked, None, None);
        for gone in ["connection", "x-secret-hop", "transfer-encoding", "expect", "upgrade"] {
            assert!(!onward.contains_key(gone), "{gone}");
        }
        assert_eq!(onward["authorization"], "token t");
        assert_eq!(onward["git-protocol"], "version=2");
    }

    #[test]
    fn the_peer_is_appended_so_that_a_made_up_address_stays_left() {
        let asked = headers(&[("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=6.6.6.6"), ("host", "forge.example")]);
        let onward = request_headers(asked, None, Some("10.1.1.1".parse().unwrap()));
        let chain: Vec<_> = onward.get_all("x-forwarded-for").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(chain, ["6.6.6.6", "10.1.1.1"]);
        assert!(!onward.contains_key("forwarded") && !onward.contains_key("host"));
        assert_eq!(onward["x-forwarded-host"], "forge.example");
        assert_eq!(onward["x-forwarded-proto"], "http");
    }

    #[test]
    fn the_host_is_the_one_that_was_asked_and_never_one_that_a_client_made_up() {
        let hosts = |authority: Option<&str>, pairs: &[(&'static str, &'static str)]| {
            let onward = request_headers(headers(pairs), authority, None);
            onward.get_all("x-forwarded-host").iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let made_up = ("x-forwarded-host", "plugins.example");
        assert_eq!(hosts(None, &[made_up, made_up, ("host", "forge.example")]), ["forge.example"]);
        assert_eq!(hosts(Some("forge.example"), &[made_up, ("host", "plugins.example")]), ["forge.example"]);
        assert!(hosts(None, &[made_up]).is_empty());
    }
}
