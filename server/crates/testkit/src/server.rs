//! A server in process, with people and repositories.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
pub use hardie::config::mail::{MailSection, MailSettings};
use hardie::config::{Config, SealingFiles};
pub use hardie::config::{Outbound, Rates};
use hardie::wiring::{self, Ports, Server};
use hardie_app::state::{GitRules, PluginPolicy, SignUpRules};
use hardie_domain::limits::{GitLimits, Retention};
use hardie_domain::oauth::SHIPPED;
use hardie_domain::quota::SiteQuotas;
use tempfile::TempDir;

use crate::Git;

/// How the server is started. The default is SQLite on a free port.
#[derive(Clone)]
pub struct Options {
    /// A database address; SQLite in the data folder if `None`.
    pub database: Option<String>,
    /// Bounds on git.
    pub limits: GitLimits,
    /// For how long what no ref reaches is kept.
    pub retention: Retention,
    /// Who may install plugins.
    pub plugins: PluginPolicy,
    /// Whether a plugin needs a trusted signature.
    pub require_signature: bool,
    /// Where plugins answer web requests with pages.
    pub plugin_web_origin: Option<String>,
    /// What every repository asks of git clients.
    pub git_rules: GitRules,
    /// Where plugins may send.
    pub outbound: Outbound,
    /// Where webhooks may send.
    pub webhooks: Outbound,
    /// From where repositories may be fetched.
    pub imports: Outbound,
    /// Clock, chance and disk.
    pub ports: Ports,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<String>,
    /// By which server mails are sent.
    pub mail: Option<MailSettings>,
    /// Who may make an account for themselves.
    pub sign_up: SignUpRules,
    /// Whether who has not signed in gets nothing.
    pub require_sign_in: bool,
    /// For how long the audit log is kept.
    pub audit_keep: Option<Duration>,
    /// How much users and networks may ask.
    pub rates: Rates,
    /// Origins whose scripts may use the API.
    pub cors_origins: Vec<String>,
    /// How much repositories and owners may hold.
    pub quotas: SiteQuotas,
    /// The one address that people see.
    pub public_url: String,
    /// Applications that may sign people in without being registered.
    pub oauth_clients: Vec<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        let (limits, retention, ports) = (GitLimits::default(), Retention::default(), Ports::default());
        Options {
            database: None,
            limits,
            retention,
            plugins: PluginPolicy::Open,
            require_signature: false,
            plugin_web_origin: None,
            git_rules: GitRules::default(),
            outbound: Outbound::default(),
            webhooks: Outbound::default(),
            imports: Outbound::default(),
            ports,
            trusted_proxies: Vec::new(),
            mail: None,
            sign_up: SignUpRules::default(),
            require_sign_in: false,
            audit_keep: None,
            rates: Rates::default(),
            cors_origins: Vec::new(),
            quotas: SiteQuotas::default(),
            public_url: "http://forge.test".to_owned(),
            oauth_clients: SHIPPED.iter().map(|client| client.word).collect(),
        }
    }
}

/// A running server and its data folder.
pub struct TestServer {
    /// The server itself.
    pub server: Server,
    data: Arc<TempDir>,
}

/// Somebody with an account, and their machine.
#[derive(Clone, Debug)]
pub struct TestUser {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
    /// A token with all scopes.
    pub token: String,
    /// Their `git`, which answers with the token when asked over HTTP and has their key over SSH.
    pub git: Git,
}

impl TestServer {
    /// On SQLite with defaults.
    pub async fn start() -> anyhow::Result<TestServer> {
        TestServer::start_with(Options::default()).await
    }

    /// With other options.
    pub async fn start_with(options: Options) -> anyhow::Result<TestServer> {
        TestServer::start_in(Arc::new(TempDir::new()?), options).await
    }

    /// On a data folder that is there already, as after a crash.
    pub async fn start_in(data: Arc<TempDir>, options: Options) -> anyhow::Result<TestServer> {
        let loopback = "127.0.0.1:0".parse()?;
        let config = Config {
            data_dir: data.path().to_owned(),
            database: options.database.unwrap_or_else(|| format!("sqlite://{}", data.path().join("hardie.db").display())),
            http_listen: loopback,
            ssh_listen: loopback,
            metrics_listen: None,
            public_url: options.public_url,
            ssh_address: None,
            plugins: options.plugins,
            require_signature: options.require_signature,
            plugin_web_origin: options.plugin_web_origin,
            trusted_proxies: options.trusted_proxies,
            limits: options.limits,
            retention: options.retention,
            git_rules: options.git_rules,
            outbound: options.outbound,
            webhooks: options.webhooks,
            imports: options.imports,
            sealing: SealingFiles::default(),
            mail: options.mail,
            sign_up: options.sign_up,
            require_sign_in: options.require_sign_in,
            audit_keep: options.audit_keep,
            rates: options.rates,
            cors_origins: options.cors_origins,
            oauth_clients: options.oauth_clients,
            quotas: options.quotas,
        };
        Ok(TestServer { server: wiring::start_with(config, options.ports).await?, data })
    }

    /// Drains it; the data folder stays for as long as somebody holds it.
    pub async fn stop(self) -> anyhow::Result<Arc<TempDir>> {
        self.server.stop().await?;
        Ok(self.data)
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.http)
    }

    /// The address that git clones over HTTP.
    pub fn http_remote(&self, repo: &str) -> String {
        format!("{}/{repo}.git", self.url())
    }

    /// The address that git clones over SSH.
    pub fn ssh_remote(&self, repo: &str) -> String {
        format!("ssh://git@127.0.0.1:{}/{repo}.git", self.server.ssh.port())
    }

    /// An ordinary user with a token and an SSH key.
    pub async fn user(&self, name: &str) -> anyhow::Result<TestUser> {
        self.make_user(name, false).await
    }

    /// An administrator.
    pub async fn admin(&self, name: &str) -> anyhow::Result<TestUser> {
        self.make_user(name, true).await
    }

    async fn make_user(&self, name: &str, admin: bool) -> anyhow::Result<TestUser> {
        let password = format!("correct horse battery {name}");
        let token = people::make(&self.server.app, name, &password, admin).await?;
        let git = Git::new(name)?.with_password(name, &token)?;
        let key = git.path("id_ed25519");
        generate_key(&git, &key)?;
        people::add_key(&self.server.app, &token, &std::fs::read_to_string(key.with_extension("pub"))?).await?;
        let git = git.with_ssh_key(&key);
        Ok(TestUser { name: name.to_owned(), password, token, git })
    }

    /// A repository of this user, private unless said otherwise.
    pub async fn repo(&self, owner: &TestUser, name: &str, private: bool) -> anyhow::Result<String> {
        people::make_repo(&self.server.app, &owner.token, name, private).await?;
        Ok(format!("{}/{name}", owner.name))
    }
}

fn generate_key(git: &Git, path: &PathBuf) -> anyhow::Result<()> {
    let output = git.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).output();
    let output = output.context("cannot run ssh-keygen: apt-get install openssh-client")?;
    match output.status.success() {
        true => Ok(()),
        false => bail!("ssh-keygen: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

pub mod people;
