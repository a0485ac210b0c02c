//! The call of a handler of events, as `app` asks for it and `plugin-host` answers it: plain data and one trait without IO of its own.
//!
//! What a handler writes is gathered while it runs and handed back: whoever asked commits it together with the end of the delivery, or not
//! at all, so that no attempt can write twice.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{AccountId, DeliveryId, EventSeq, InstallationId, RepoId};
use crate::oid::Oid;
use crate::plugin::{Digest, FailureClass, Usage};
use crate::policy::PushRepository;
use crate::status::Finding;
use crate::time::Timestamp;

/// One attempt to deliver one event to one installed component.
#[derive(Clone)]
pub struct EventCall {
    /// For which installation.
    pub installation: InstallationId,
    /// Whose it is: an owner's installations have a share of the places together, each of the site's (`None`) has its own.
    pub owner: Option<AccountId>,
    /// Which component.
    pub digest: Digest,
    /// Its configuration, JSON, already accepted by the component at install.
    pub config: Arc<str>,
    /// What happened.
    pub delivery: Arc<DeliveryFacts>,
    /// The repository as it is now; `None` if the event has none or it is gone. Its updates are those of the event, if it is a push.
    pub repository: Option<Arc<dyn PushRepository>>,
    /// What the component may do besides reading. What it was not granted is not in its imports.
    pub services: Arc<dyn Services>,
}

/// The facts of a delivery that a handler may know.
#[derive(Clone, Debug)]
pub struct DeliveryFacts {
    /// The same in every attempt: by it a receiver tells that it has seen this one before.
    pub id: DeliveryId,
    /// From 1.
    pub attempt: u32,
    /// The place of the event in the log of events.
    pub seq: EventSeq,
    /// A name of [`crate::event`].
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, JSON, as it was rendered then.
    pub payload: Arc<str>,
    /// The repository, if it has one.
    pub repo: Option<RepoId>,
    /// `owner/name` of the repository as it is now; empty if it has none or it is gone.
    pub repo_path: String,
    /// What the handler is called where it is installed; stands before the contexts of its statuses.
    pub installation: String,
}

/// What a handler may ask for. Calls block and must be made off the async runtime; each is bounded by `left`, what remains of the handler's
/// wall clock.
pub trait Services: Send + Sync {
    /// What was kept under a key of this installation in this repository, as committed.
    fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError>;
    /// Keys that begin with `prefix` and come after `after`, in order of their bytes, at most `limit`; as committed.
    fn list_state(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, ServiceError>;
    /// Sends one request; [`ServiceError::Denied`] if it may not go there. Secrets named in it are filled in on the way.
    fn send(&self, request: HttpRequest, left: Duration) -> Result<HttpResponse, ServiceError>;
    /// Milliseconds, UTC.
    fn now(&self) -> Timestamp;
    /// Bytes that nobody can guess.
    fn random(&self, buffer: &mut [u8]);
}

/// Why a service did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It may not: what and why, and how it is granted.
    #[error("{0}")]
    Denied(String),
    /// What was asked is not well formed or passes a bound; the text names it.
    #[error("{0}")]
    Invalid(String),
    /// The other side did not answer, or not as it should; trying again may help.
    #[error("{0}")]
    Failed(String),
    /// Storage failed: not the handler's fault, which must not be able to go on.
    #[error("{0}")]
    Storage(String),
}

/// A request as a handler writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE` or `HEAD`.
    pub method: String,
    /// `https://host/path?query`, or `http://` where that is granted. `{secret:NAME}` in the path, and nowhere else, stands for the secret of
    /// that name, which may hold slashes but nothing that would end the path or climb in it; other braces do not occur.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The value of a header of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// As the handler wrote it.
    Plain(String),
    /// `prefix` and a secret behind it, which the handler never sees.
    Secret {
        /// Such as `Bearer `.
        prefix: String,
        /// The name under which it was given to the installation.
        name: String,
    },
    /// The lower-case hex HMAC-SHA256 (RFC 2104) of the body by a secret, behind `prefix`.
    Signature {
        /// Such as `sha256=`.
        prefix: String,
        /// The name under which it was given to the installation.
        name: String,
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Three digits. Redirects are not followed: they come back as they are.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Inflated, at most 4 MiB.
    pub body: Vec<u8>,
}

/// What one attempt wants written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// By key, at most one each: what is kept there from now on; `None` for nothing.
    pub state: Vec<(String, Option<Vec<u8>>)>,
    /// Statuses of commits of the event's repository.
    pub statuses: Vec<(Oid, Finding)>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// Well.
    Done,
    /// The handler asks for another attempt, not before this long; `None`: as the host's own pauses have it.
    Retry(Option<Duration>, String),
    /// The handler gives up: no other attempt would do better.
    Failed(String),
    /// It did not answer; the text is for whoever administers the plugin.
    Fault(FailureClass, String),
}

/// How an attempt ended, what it wants written, what it used and logged.
#[derive(Clone, Debug)]
pub struct EventReport {
    /// How it ended.
    pub outcome: EventOutcome,
    /// Empty unless it is [`EventOutcome::Done`].
    pub writes: Writes,
    /// What it cost.
    pub usage: Usage,
    /// Its log, cut at the limits, control characters escaped.
    pub log: Vec<String>,
}
