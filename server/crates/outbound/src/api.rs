//! A client of a Hardie server's REST API, for the command line.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use hardie_domain::secret::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{BaseUrl, Error, tls};

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// Silence on an open connection. Compiling an uploaded component is the longest that a server stays silent.
const SILENCE: Duration = Duration::from_secs(120);
/// One request, from connect to the last byte of the answer.
const TOTAL: Duration = Duration::from_secs(600);
/// The most of an answer that is kept, in bytes.
const ANSWER_BYTES: usize = 16 << 20;
/// Where a code of the second factor is taken, as in Gitea.
const OTP: HeaderName = HeaderName::from_static("x-gitea-otp");

/// Speaks to one server. Paths are from the server's root: `/api/v1/…`. Redirects are answers, never followed, so a
/// token only ever goes to the server that was named.
#[derive(Clone, Debug)]
pub struct ApiClient {
    http: Client,
    base: BaseUrl,
}

/// What the server said.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    /// HTTP status code.
    pub status: u16,
    /// The body, whole.
    pub body: Bytes,
}

impl ApiClient {
    /// A client for the server at `base_url`, signing in with `token` if there is one. Opens no connection yet.
    pub fn new(base_url: &str, token: Option<&Secret>) -> Result<ApiClient, Error> {
        let proof = token.map(|token| Secret::new(format!("token {}", token.expose().trim())));
        ApiClient::proving(base_url, proof.map(|proof| (AUTHORIZATION, proof)))
    }

    /// A client that signs in with a name and a password (RFC 7617), and a code of the second factor if there is one. Good for little but
    /// making the first token.
    pub fn with_password(base_url: &str, user: &str, password: &Secret, code: Option<&Secret>) -> Result<ApiClient, Error> {
        let basic = STANDARD.encode(Zeroizing::new(format!("{user}:{}", password.expose())).as_bytes());
        let code = code.map(|code| (OTP, Secret::new(code.expose().trim())));
        ApiClient::proving(base_url, [(AUTHORIZATION, Secret::new(format!("Basic {basic}")))].into_iter().chain(code))
    }

    fn proving(base_url: &str, proofs: impl IntoIterator<Item = (HeaderName, Secret)>) -> Result<ApiClient, Error> {
        let base = BaseUrl::parse(base_url)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, proof) in proofs {
            let mut value = HeaderValue::from_str(proof.expose()).map_err(|_| Error::Token)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let http = Client::builder()
            .user_agent(concat!("hardie/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(TOTAL)
            .tls_backend_preconfigured(tls::config(base.is_https())?)
            .build()
            .map_err(|error| Error::Setup(error.to_string()))?;
        Ok(ApiClient { http, base })
    }

    /// The server's address.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<ApiResponse, Error> {
        self.send(Method::GET, path, None).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<ApiResponse, Error> {
        self.send(Method::DELETE, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post_json<T: Serialize + ?Sized>(&self, path: &str, body: &T) -> Result<ApiResponse, Error> {
        self.send(Method::POST, path, Some(json_body(body)?)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch_json<T: Serialize + ?Sized>(&self, path: &str, body: &T) -> Result<ApiResponse, Error> {
        self.send(Method::PATCH, path, Some(json_body(body)?)).await
    }

    /// PUT with a JSON body.
    pub async fn put_json<T: Serialize + ?Sized>(&self, path: &str, body: &T) -> Result<ApiResponse, Error> {
        self.send(Method::PUT, path, Some(json_body(body)?)).await
    }

    /// POST with a body of any type, such as `application/wasm`.
    pub async fn post_bytes(&self, path: &str, content_type: &'static str, body: impl Into<Bytes>) -> Result<ApiResponse, Error> {
        self.send(Method::POST, path, Some((content_type, body.into()))).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<(&'static str, Bytes)>) -> Result<ApiResponse, Error> {
        let broken = |error| Error::from_reqwest(self.base.as_str(), error);
        let mut request = self.http.request(method, self.base.join(path));
        if let Some((content_type, bytes)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(bytes);
        }
        let mut answer = request.send().await.map_err(broken)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(Error::TooLarge { base: self.base.to_string(), limit: ANSWER_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(ApiResponse { status: answer.status().as_u16(), body: body.freeze() })
    }
}

impl ApiResponse {
    /// True for 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as a JSON value of type `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|source| Error::Json { what: "the server's answer is not what this version expects", source })
    }

    /// Whether it is refused for want of a code of the second factor, or because of the one that was given.
    pub fn wants_code(&self) -> bool {
        let envelope: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        self.status == 401 && envelope.is_some_and(|value| value.get("field").and_then(serde_json::Value::as_str) == Some("code"))
    }

    /// What the error envelope says (`{"message": …}`), or the status where there is none. For people.
    pub fn message(&self) -> String {
        let envelope: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        match envelope.as_ref().and_then(|value| value.get("message")).and_then(|value| value.as_str()) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => format!("the server answered with status {}", self.status),
        }
    }
}

fn json_body<T: Serialize + ?Sized>(body: &T) -> Result<(&'static str, Bytes), Error> {
    let bytes = serde_json::to_vec(body).map_err(|source| Error::Json { what: "the request cannot be written as JSON", source })?;
    Ok(("application/json", bytes.into()))
}

#[cfg(test)]
mod tests;
