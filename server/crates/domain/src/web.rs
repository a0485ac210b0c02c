//! The call of a plugin that answers web requests, as `app` asks for it and `plugin-host` answers it, and the rules for what goes in and
//! what comes out.
//!
//! A page that a plugin wrote must not act for whoever looks at it, and a plugin must not learn what let its caller in: both directions are
//! lists of what passes.

mod answer;
mod content_type;
mod incoming;

use std::sync::Arc;

use crate::delivery::{Services, Writes};
use crate::ids::InstallationId;
use crate::plugin::{Digest, FailureClass, Usage};
use crate::policy::PushRepository;

pub use answer::{Admitted, Served, admit};
pub use incoming::passed_on;

/// Bytes of the path behind [`WebRequest::base_path`] and the query together.
pub const ADDRESS_BYTES: usize = 8 << 10;
/// Bytes of a request's body.
pub const BODY_BYTES: usize = 1 << 20;
/// Bytes of an answer, its headers among them.
pub const ANSWER_BYTES: usize = 4 << 20;
/// Headers of a request or an answer.
pub const HEADERS: usize = 64;
/// Bytes of their names and values together.
pub const HEADER_BYTES: usize = 16 << 10;
/// The methods that plugins answer.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Whether a method changes nothing (RFC 9110, section 9.2.1).
pub fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// Where an installation is found.
pub fn base_path(installation: InstallationId) -> String {
    format!("/plugins/{installation}")
}

/// One request to one installed component.
#[derive(Clone)]
pub struct WebCall {
    /// Which component.
    pub digest: Digest,
    /// Its configuration, JSON, already accepted by the component at install.
    pub config: Arc<str>,
    /// The request.
    pub request: Arc<WebRequest>,
    /// Who sent it, for components that were granted to know; `None` for somebody who did not sign in.
    pub caller: Option<Arc<WebCaller>>,
    /// The one repository that the plugin is installed for.
    pub repository: Option<Arc<dyn PushRepository>>,
    /// What the component may do besides reading. What it was not granted is not in its imports.
    pub services: Arc<dyn Services>,
}

/// A request as a plugin sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRequest {
    /// One of [`METHODS`].
    pub method: String,
    /// Behind `base_path`, percent-encoded as it was sent; begins with `/`.
    pub path: String,
    /// As it was sent.
    pub query: Option<String>,
    /// Where the plugin is found, without a slash at the end.
    pub base_path: String,
    /// Names in lower case and values, of those that [`passed_on`] lets through.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// `owner/name` of the one repository that the plugin is installed for; empty if it is installed for more than one.
    pub repo_path: String,
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebCaller {
    /// The user's name.
    pub name: String,
    /// `read`, `write` or `admin` in the one repository; empty if there is none.
    pub role: String,
}

/// An answer as a plugin writes it, not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebResponse {
    /// Whatever it wrote.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebOutcome {
    /// With an answer.
    Answered(WebResponse),
    /// The plugin says that it has none; the text is for whoever administers it.
    Failed(String),
    /// It did not answer; the text is for whoever administers it.
    Fault(FailureClass, String),
}

/// How a call ended, what it wants written, what it used and logged.
#[derive(Clone, Debug)]
pub struct WebReport {
    /// How it ended.
    pub outcome: WebOutcome,
    /// Empty unless it is [`WebOutcome::Answered`].
    pub writes: Writes,
    /// What it cost.
    pub usage: Usage,
    /// Its log, cut at the limits, control characters escaped.
    pub log: Vec<String>,
}
