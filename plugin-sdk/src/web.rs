//! Web requests: what a plugin is asked at its address on the server, and what it answers.

use std::cell::OnceCell;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::policy::FieldError;
use crate::repository::{Repository, RepositorySource};

/// A plugin that answers web requests.
///
/// ```
/// use hardie_plugin::web::{Request, Response, Web};
/// use hardie_plugin::{Error, state};
///
/// struct Counter;
///
/// impl Web for Counter {
///     type Config = ();
///
///     fn handle(_: &(), request: &Request<'_>) -> Result<Response, Error> {
///         let count: u64 = state::get_json("count")?.unwrap_or_default();
///         match (request.method().as_str(), request.path().as_str()) {
///             ("GET", "/") => Response::json(&count),
///             ("POST", "/") => {
///                 state::set_json("count", &(count + 1))?;
///                 Response::json(&(count + 1))
///             }
///             _ => Ok(Response::text(404, "there is nothing here\n")),
///         }
///     }
/// }
///
/// // In a project: hardie_plugin::export!(web: Counter);
/// let answered = hardie_plugin::mock::MockWeb::post("/").state("count", "4").handle::<Counter>(&());
/// assert_eq!((answered.text().as_str(), &answered.state["count"][..]), ("5", &b"5"[..]));
/// ```
pub trait Web {
    /// The plugin's settings, as JSON; `Default` holds when nobody gives any. `()` for none.
    type Config: Serialize + for<'de> Deserialize<'de> + Default;

    /// Whether the settings make sense, beyond having the right form.
    ///
    /// # Errors
    /// One [`FieldError`] for each thing that is wrong.
    fn validate(config: &Self::Config) -> Result<(), Vec<FieldError>> {
        let _ = config;
        Ok(())
    }

    /// Answers one request. A `GET` or `HEAD` may read [`state`](crate::state) and not write it; what others wrote is kept if this returns
    /// `Ok`, whatever the status, and forgotten otherwise.
    ///
    /// # Errors
    /// For the people who administer the plugin: whoever asked is told that it failed (502), and not why.
    fn handle(config: &Self::Config, request: &Request<'_>) -> Result<Response, Error>;
}

/// Where the facts come from: the server, or a mock.
pub(crate) trait RequestSource {
    fn method(&self) -> String;
    fn path(&self) -> String;
    fn query(&self) -> Option<String>;
    fn base_path(&self) -> String;
    fn headers(&self) -> Vec<(String, String)>;
    fn body(&self) -> Vec<u8>;
    fn repository_path(&self) -> String;
    fn repository(&self) -> Option<Rc<dyn RepositorySource + '_>>;
}

/// A request, written by whoever sent it.
pub struct Request<'a> {
    source: &'a dyn RequestSource,
    repository: OnceCell<Option<Rc<dyn RepositorySource + 'a>>>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(source: &'a dyn RequestSource) -> Request<'a> {
        Request { source, repository: OnceCell::new() }
    }

    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub fn method(&self) -> String {
        self.source.method()
    }

    /// What the address has behind [`Request::base_path`], percent-encoded as it was sent; begins with `/`.
    pub fn path(&self) -> String {
        self.source.path()
    }

    /// What the address has behind `?`, as it was sent.
    pub fn query(&self) -> Option<String> {
        self.source.query()
    }

    /// Where the plugin is found, such as `/plugins/7`: links to its own pages begin with this.
    pub fn base_path(&self) -> String {
        self.source.base_path()
    }

    /// Names in lower case, and values. None tells who asks: that is [`caller`](crate::caller).
    pub fn headers(&self) -> Vec<(String, String)> {
        self.source.headers()
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body, at most 1 MiB.
    pub fn body(&self) -> Vec<u8> {
        self.source.body()
    }

    /// The body as a type of yours, from JSON.
    ///
    /// # Errors
    /// If it does not have that form. Whoever sent it should be told so: answer with a status of 400.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body()).map_err(|error| Error::new(format!("body: {error}")))
    }

    /// The repository as `owner/name` that the plugin is installed for; empty if it is installed for more than one.
    pub fn repository_path(&self) -> String {
        self.source.repository_path()
    }

    /// That repository, as it is now.
    pub fn repository(&self) -> Option<Repository<'_>> {
        let repository = self.repository.get_or_init(|| self.source.repository());
        repository.as_ref().map(|repository| Repository(repository.as_ref()))
    }
}

/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// Names and values. The server sends those of its list, and says in the plugin's records which it left out.
    pub headers: Vec<(String, String)>,
    /// At most 4 MiB.
    pub body: Vec<u8>,
}

impl Response {
    /// A status and nothing else.
    pub fn new(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Plain text.
    pub fn text(status: u16, text: impl Into<String>) -> Response {
        Response::new(status).header("Content-Type", "text/plain").body(text.into())
    }

    /// A page. Only a server with an origin of its own for plugins sends it.
    pub fn html(status: u16, html: impl Into<String>) -> Response {
        Response::new(status).header("Content-Type", "text/html").body(html.into())
    }

    /// JSON, with the status 200.
    ///
    /// # Errors
    /// If the value makes no JSON.
    pub fn json(value: &impl Serialize) -> Result<Response, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::new(format!("body: {error}")))?;
        Ok(Response::new(200).header("Content-Type", "application/json").body(body))
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Response {
        self.body = body.into();
        self
    }
}
