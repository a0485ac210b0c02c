//! What `app` needs from parts that it must not know. `server` supplies them.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hardie_domain::delivery::{EventCall, EventReport, HttpRequest, HttpResponse, ServiceError};
use hardie_domain::ids::{DeliveryId, InstallationId, PushId};
use hardie_domain::plugin::Digest;
use hardie_domain::policy::{PolicyCall, PolicyReport};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_domain::web::{WebCall, WebReport};

/// Reads the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Supplies unguessable bytes for tokens, salts and ids.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// 32 hexadecimal digits that nothing else was ever called.
    fn name(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Leave to run something once, given back when dropped.
pub type RunPlace = Box<dyn Send>;

/// Runs policies, handlers of events and plugins that answer web requests in a sandbox.
#[async_trait]
pub trait PolicyRunner: Send + Sync {
    /// Checks, compiles (in a bounded child) and describes a component. Nothing is executed on the request path later
    /// that did not pass here. The error is a text for the person who installs.
    async fn prepare(&self, component: Bytes) -> Result<ComponentInfo, String>;
    /// Asks a prepared component whether this configuration suits it; each error names a field.
    async fn validate_config(&self, digest: Digest, component: Bytes, config: &str) -> Result<(), Vec<String>>;
    /// Runs one policy over one push. Never fails: a fault is an outcome.
    async fn check(&self, call: PolicyCall) -> PolicyReport;
    /// Hands one event to one handler, once. Never fails: a fault is an outcome.
    async fn handle(&self, call: EventCall) -> EventReport;
    /// Waits for a place to run a web request: the installations of one owner have a share together. The error says why there is none.
    async fn web_place(&self, owner: i64) -> Result<RunPlace, String>;
    /// Has one web request answered by one plugin, once. Never fails: a fault is an outcome.
    async fn answer(&self, call: WebCall, place: RunPlace) -> WebReport;
    /// Makes sure that the component is loaded, compiling it again if the cache lost it.
    async fn load(&self, digest: Digest, component: Bytes) -> Result<(), String>;
    /// Whether it could run at once; loads it if it is compiled already.
    async fn is_ready(&self, _digest: Digest) -> bool {
        false
    }
    /// Components that were asked for since this was last called and were not there: each has to be loaded again.
    fn take_missed(&self) -> Vec<Digest> {
        Vec::new()
    }
    /// Components whose compiled code was found altered, until that is told: none of it ran.
    fn altered(&self) -> Vec<Digest> {
        Vec::new()
    }
    /// That it was altered is recorded.
    fn told_altered(&self, _digest: &Digest) {}
    /// Removes what is kept of a component that nothing needs any more, if anything is.
    async fn forget(&self, _digest: Digest) {}
}

/// Sends requests of plugins and webhooks to where their installations may send. What hosts are called is read by who connects to them, so that there
/// is one reader.
#[async_trait]
pub trait HttpSender: Send + Sync {
    /// A host that may be granted, `[METHOD,…] SCHEME://HOST[:PORT]`, in the one form that it is kept in; else why it is none.
    fn host(&self, text: &str) -> Result<String, String>;
    /// The same without methods: where a secret may go.
    fn destination(&self, text: &str) -> Result<String, String>;
    /// Where a request to this address would go, in the one form that destinations are kept in; else why there can be none.
    fn address(&self, _url: &str) -> Result<String, String> {
        Err("nothing is sent here".to_owned())
    }
    /// Where a repository elsewhere would be asked for, in the same form; else why it cannot be.
    fn remote(&self, _url: &str) -> Result<String, String> {
        Err("nothing is fetched from elsewhere here".to_owned())
    }
    /// Asks a git server elsewhere; [`ServiceError::Denied`] if it may not be asked. Redirects are not followed.
    async fn ask_remote(&self, _ask: RemoteAsk) -> Result<Box<dyn RemoteAnswer>, ServiceError> {
        Err(ServiceError::Denied("nothing is fetched from elsewhere here".to_owned()))
    }
    /// Sends one within `left`; [`ServiceError::Denied`] if it may not go there.
    async fn send(&self, outgoing: Outgoing, left: Duration) -> Result<HttpResponse, ServiceError>;
}

/// A request to a git server elsewhere.
pub struct RemoteAsk {
    /// The whole address.
    pub url: String,
    /// What is posted; nothing is if it only asks.
    pub content: Option<Vec<u8>>,
    /// What follows `Basic ` in the header Authorization.
    pub credential: Option<Secret>,
}

/// What it answers, piece by piece. Dropping it ends the conversation.
#[async_trait]
pub trait RemoteAnswer: Send {
    /// The status.
    fn status(&self) -> u16;
    /// The header Content-Type; empty if there is none.
    fn content_type(&self) -> &str;
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ServiceError>;
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Whether there is a server to send them by.
    fn is_there(&self) -> bool;
    /// Has one taken by that server, within a bounded time.
    async fn send(&self, letter: &Letter) -> Result<(), Undelivered>;
}

/// No mails are sent.
pub struct NoMailer;

#[async_trait]
impl Mailer for NoMailer {
    fn is_there(&self) -> bool {
        false
    }

    async fn send(&self, _letter: &Letter) -> Result<(), Undelivered> {
        Err(Undelivered::Later("this server sends no mail".to_owned()))
    }
}

/// A mail as it is sent.
#[derive(Debug)]
pub struct Letter {
    /// The header `Message-ID`, without its brackets: the same for each try.
    pub message_id: String,
    /// One address.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// What it says, plain text. It may hold what opens an account.
    pub text: Secret,
    /// When it was asked for, for the header `Date`.
    pub asked_at: Timestamp,
}

/// Why a mail was not taken, without anything that it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Another try may help.
    Later(String),
    /// No try will.
    Never(String),
}

/// A request of a plugin, with what decides about it.
pub struct Outgoing {
    /// Who sends.
    pub installation: InstallationId,
    /// What people call that.
    pub plugin: String,
    /// By whose rules.
    pub requester: Requester,
    /// What it is sent for.
    pub cause: Cause,
    /// What it wrote.
    pub request: HttpRequest,
    /// Where it may send, as [`HttpSender::host`] gave them.
    pub hosts: Vec<String>,
    /// What it may name; empty where it names none.
    pub secrets: Vec<BoundSecret>,
}

/// Who wrote a request. Each has a list of hosts and of networks of its own in the server's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// A component.
    Plugin,
    /// The server, for a webhook.
    Webhook,
}

/// What a request is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A handler was told of an event.
    Delivery(DeliveryId),
    /// A push waits for a policy.
    Push(PushId),
    /// A web client waits for an answer.
    Web,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cause::Delivery(id) => write!(f, "delivery {id}"),
            Cause::Push(id) => write!(f, "push {id}"),
            Cause::Web => f.write_str("a web request"),
        }
    }
}

/// A secret that is opened only if the request may have it.
pub struct BoundSecret {
    /// Its name.
    pub name: String,
    /// Where it may go, as [`HttpSender::destination`] gave it.
    pub destination: String,
    /// The one header in which it may stand, in lower case; empty for any place.
    pub header: String,
    /// Opens it.
    pub open: Box<dyn Fn() -> Result<Secret, ServiceError> + Send + Sync>,
}

/// What a component says of itself, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentInfo {
    /// sha256 of its bytes.
    pub digest: Digest,
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// Worlds that it serves, [`hardie_domain::world`].
    pub worlds: Vec<String>,
    /// Interfaces that it imports; what it may do is exactly this.
    pub imports: Vec<String>,
    /// The configuration that holds when nobody gives one, JSON.
    pub default_config: String,
}
