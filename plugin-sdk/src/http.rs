//! Requests to the hosts that whoever administers the server granted to the plugin: 20 in a call, while its clock runs.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend;
use crate::error::Error;

/// A request, before it is sent. For one with a secret see [`secrets`](crate::secrets).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What came back. Any status is an answer; redirects are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Three digits.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// At most 4 MiB.
    pub body: Vec<u8>,
}

impl Request {
    /// A request with any of the methods `GET`, `HEAD`, `POST`, `PUT`, `PATCH` and `DELETE`.
    pub fn new(method: &str, url: impl Into<String>) -> Request {
        Request { method: method.to_owned(), url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Asks for something.
    pub fn get(url: impl Into<String>) -> Request {
        Request::new("GET", url)
    }

    /// Sends something.
    pub fn post(url: impl Into<String>) -> Request {
        Request::new("POST", url)
    }

    /// Puts something in a place.
    pub fn put(url: impl Into<String>) -> Request {
        Request::new("PUT", url)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body, at most 1 MiB.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// With a body of JSON.
    ///
    /// # Errors
    /// If the value makes no JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Request, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::new(format!("body: {error}")))?;
        Ok(self.header("Content-Type", "application/json").body(body))
    }

    /// Sends it and waits for the answer.
    ///
    /// # Errors
    /// With the code `denied` if it may not go there, `invalid` if it is no request, `failed` if no answer came; only then may trying
    /// again help.
    pub fn send(&self) -> Result<Response, Error> {
        backend::send(self)
    }
}

impl Response {
    /// Whether the status is one of 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether trying again may help: too many requests, or an error of the other side.
    pub fn may_be_tried_again(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as a type of yours, from JSON.
    ///
    /// # Errors
    /// If it does not have that form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::new(format!("answer: {error}")))
    }
}
