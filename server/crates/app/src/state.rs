//! The shared state of all use cases: stores, ports and configuration.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::hidden::HiddenRefs;
use hardie_domain::limits::{GitLimits, Retention};
use hardie_domain::quota::SiteQuotas;
use hardie_domain::sign_up::{MailDomains, SignUpMode};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::PackStore;
use hardie_store::Store;

use crate::audit::Denials;
use crate::deliveries::Wakes;
use crate::git_access::GitAccess;
use crate::oauth::OauthKeys;
use crate::plugins::WebCalls;
use crate::ports::{Clock, Entropy, HttpSender, Mailer, PolicyRunner};
use crate::push::AnswerCounts;
use crate::sealing::SealingKeys;
use crate::signing::SigningKey;
use crate::webhooks::WebhookBodies;

/// Cheap to clone; one for the process.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The parts. Use cases reach them through `Deref`.
pub struct Inner {
    /// Rows.
    pub store: Store,
    /// Pack files.
    pub packs: PackStore,
    /// Files of Git LFS.
    pub lfs: LfsStore,
    /// Opened repositories and bounds on git work.
    pub git: GitAccess,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What the server signs with.
    pub signing: SigningKey,
    /// What secrets of plugins are sealed with.
    pub sealing: SealingKeys,
    /// The sandbox for policies and handlers.
    pub policies: Arc<dyn PolicyRunner>,
    /// What sends requests of plugins and webhooks.
    pub sender: Arc<dyn HttpSender>,
    /// What sends mails.
    pub mailer: Arc<dyn Mailer>,
    /// What renders bodies of webhooks.
    pub bodies: Arc<dyn WebhookBodies>,
    /// Who waits for events.
    pub wakes: Wakes,
    /// What was refused and is not written yet.
    pub denials: Denials,
    /// What policies answered.
    pub answers: AnswerCounts,
    /// Web requests to plugins that are under way, and what became of the newest.
    pub web: WebCalls,
    /// What tokens of OAuth 2 are signed with.
    pub oauth_keys: OauthKeys,
    /// What the operator set.
    pub config: AppConfig,
}

/// What the operator set, as far as use cases need it.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// The one address that people see, without a trailing slash.
    pub public_url: String,
    /// `host` or `host:port` for SSH clone addresses.
    pub ssh_address: String,
    /// Bounds on git traffic.
    pub git_limits: GitLimits,
    /// For how long what no ref reaches is kept.
    pub retention: Retention,
    /// Who may install plugins.
    pub plugins: PluginPolicy,
    /// Whether plugins are installed only if a trusted publisher signed them.
    pub require_signature: bool,
    /// Where plugins answer web requests, as `https://host[:port]`; below the public address, and with data alone, if `None`.
    pub plugin_web_origin: Option<String>,
    /// What every repository asks of git clients.
    pub git_rules: GitRules,
    /// Who may make an account.
    pub sign_up: SignUpRules,
    /// Whether who has not signed in gets nothing.
    pub require_sign_in: bool,
    /// For how long the audit log is kept; for ever if `None`.
    pub audit_keep: Option<Duration>,
    /// Applications that may sign people in without being registered, by their words in `hardie_domain::oauth::SHIPPED`.
    pub oauth_clients: Vec<&'static str>,
    /// How much repositories and owners may hold for which nothing else was set.
    pub quotas: SiteQuotas,
}

/// `[sign-up]`: who may make an account for themselves.
#[derive(Clone, Debug, Default)]
pub struct SignUpRules {
    /// Who, in general.
    pub mode: SignUpMode,
    /// With which addresses.
    pub domains: MailDomains,
}

/// `[git]`: what every repository of the site asks of git clients.
#[derive(Clone, Debug)]
pub struct GitRules {
    /// Refs move by signed pushes alone.
    pub require_signed_push: bool,
    /// Refs that nobody sees or moves from outside. A change needs a restart: opened repositories are kept as they were seen.
    pub hidden_refs: HiddenRefs,
    /// Clients are told of bundles of large repositories.
    pub bundle_uri: bool,
}

impl Default for GitRules {
    fn default() -> GitRules {
        GitRules { require_signed_push: false, hidden_refs: HiddenRefs::default(), bundle_uri: true }
    }
}

/// `--plugins open|listed|closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginPolicy {
    /// Any repository administrator installs components that import only harmless interfaces.
    Open,
    /// Repository administrators enable what a server administrator listed.
    Listed,
    /// Only server administrators.
    Closed,
}

impl App {
    /// Joins the parts.
    pub fn new(inner: Inner) -> App {
        App(Arc::new(inner))
    }
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}
