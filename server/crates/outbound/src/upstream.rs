//! Streams requests and their answers through to one fixed server, for the reverse proxy of `hardie web`.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use http::{Request, Response};
use reqwest::{Body, Client, redirect};

use crate::{BaseUrl, Error, tls};

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// Idle connections kept for the next request.
const IDLE: usize = 64;

/// A body in either direction, in order, never collected.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// One server that requests are passed on to. Redirects and encodings go through untouched. There is no total timeout:
/// a clone or a push lasts as long as its bytes flow, and the caller's own connection ends it.
#[derive(Clone, Debug)]
pub struct Upstream {
    http: Client,
    base: BaseUrl,
}

impl Upstream {
    /// A client for the server at `base_url`. `silence` bounds how long it may say nothing at all (a push may be
    /// checked for minutes before its first answer byte).
    pub fn new(base_url: &str, silence: Duration) -> Result<Upstream, Error> {
        let base = BaseUrl::parse(base_url)?;
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(silence)
            .pool_max_idle_per_host(IDLE)
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(tls::config(base.is_https())?)
            .build()
            .map_err(|error| Error::Setup(error.to_string()))?;
        Ok(Upstream { http, base })
    }

    /// The server's address.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Sends a request whose URI is a path (and query) on that server; answers as soon as the head of the answer is
    /// there. Headers are sent as given: dropping the hop-by-hop ones is the caller's part.
    pub async fn send(&self, request: Request<ByteStream>) -> Result<Response<ByteStream>, Error> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let answer = self
            .http
            .request(parts.method, self.base.join(path))
            .headers(parts.headers)
            .body(Body::wrap_stream(body))
            .send()
            .await
            .map_err(|error| Error::from_reqwest(self.base.as_str(), error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let body: ByteStream = Box::pin(answer.bytes_stream().map_err(io::Error::other));
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
