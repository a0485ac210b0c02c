//! Requests to whatever host an address names, for commands that bring something to a place or fetch it from there. Whether that host may be
//! asked, and what it may be told, is the caller's to say: nothing is followed and nothing added here.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use hardie_domain::secret::Secret;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue};
use reqwest::{Body, Client, redirect};
use tokio::sync::OnceCell;
use url::Url;

use crate::{Error, tls};

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(10);
/// Silence on an open connection.
const SILENCE: Duration = Duration::from_secs(60);
/// One request, from connect to the last byte of the answer.
const TOTAL: Duration = Duration::from_secs(1800);
/// How much of a body is handed on at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Told how many bytes more were sent.
pub type Sent = Arc<dyn Fn(u64) + Send + Sync>;

/// A client without a server of its own. Redirects are answers.
#[derive(Debug, Default)]
pub struct WebClient {
    plain: OnceCell<Client>,
    secure: OnceCell<Client>,
}

/// What is asked.
pub struct WebRequest<'a> {
    /// `GET`, `PUT` and so on.
    pub method: &'a str,
    /// Where.
    pub url: &'a Url,
    /// Names and values; none of them a secret.
    pub headers: &'a [(&'static str, &'a str)],
    /// The whole of the `Authorization` header.
    pub authorization: Option<&'a Secret>,
    /// What goes along, and who is told of it.
    pub body: Option<(Bytes, Sent)>,
}

/// What came back; its body is still to be read.
#[derive(Debug)]
pub struct WebAnswer {
    /// HTTP status code.
    pub status: u16,
    base: String,
    inner: reqwest::Response,
}

impl WebClient {
    /// Sends one request; answers as soon as the head of the answer is there.
    pub async fn send(&self, request: WebRequest<'_>) -> Result<WebAnswer, Error> {
        let base = request.url.origin().ascii_serialization();
        let invalid = |what: &str| Error::Broken { base: base.clone(), detail: format!("the request cannot be made: {what}") };
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| invalid("its method"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers {
            headers.append(*name, HeaderValue::from_str(value).map_err(|_| invalid(name))?);
        }
        if let Some(secret) = request.authorization {
            let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| Error::Token)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut call = self.client(request.url).await?.request(method, request.url.clone());
        if let Some((body, sent)) = request.body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            call = call.body(pieces(body, sent));
        }
        match call.headers(headers).send().await {
            Ok(inner) => Ok(WebAnswer { status: inner.status().as_u16(), base, inner }),
            Err(error) => Err(broken(&base, error)),
        }
    }

    /// The system's certificates are read when the first address with TLS needs them.
    async fn client(&self, url: &Url) -> Result<&Client, Error> {
        let https = url.scheme() == "https";
        let make = || async {
            Client::builder()
                .user_agent(concat!("hardie/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .https_only(https)
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE)
                .timeout(TOTAL)
                .tls_backend_preconfigured(tls::config(https)?)
                .build()
                .map_err(|error| Error::Setup(error.to_string()))
        };
        if https { self.secure.get_or_try_init(make).await } else { self.plain.get_or_try_init(make).await }
    }
}

impl WebAnswer {
    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// All headers of this name that are text.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.inner.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Some more of the body as it came; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.inner.chunk().await.map_err(|error| broken(&self.base, error))
    }

    /// All of the body.
    ///
    /// # Errors
    /// [`Error::TooLarge`] as soon as it has more than `limit` bytes, or says that it has.
    pub async fn whole(mut self, limit: usize) -> Result<Bytes, Error> {
        let too_large = |base: &str| Error::TooLarge { base: base.to_owned(), limit };
        if self.inner.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large(&self.base));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(too_large(&self.base));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

/// An [`Error::Unreachable`] asks whether our own server runs there, which is not the question here.
fn broken(base: &str, error: reqwest::Error) -> Error {
    match Error::from_reqwest(base, error) {
        Error::Unreachable { base, detail } => Error::Broken { base, detail },
        other => other,
    }
}

fn pieces(body: Bytes, sent: Sent) -> Body {
    Body::wrap_stream(stream::unfold((body, sent), |(mut rest, sent)| async move {
        if rest.is_empty() {
            return None;
        }
        let piece = rest.split_to(rest.len().min(PIECE));
        sent(piece.len() as u64);
        Some((io::Result::Ok(piece), (rest, sent)))
    }))
}
