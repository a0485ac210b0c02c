//! How a server is put together: the only place where the parts meet.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use hardie_app::audit::Denials;
use hardie_app::deliveries::Wakes;
use hardie_app::git_access::GitAccess;
use hardie_app::oauth::OauthKeys;
use hardie_app::plugins::WebCalls;
use hardie_app::ports::{Clock, Entropy, PolicyRunner};
use hardie_app::push::AnswerCounts;
use hardie_app::state::Inner;
use hardie_app::{App, AppConfig};
use hardie_git::lfs::LfsStore;
use hardie_git::packs::{DiskFiles, Files, PackStore};
use hardie_http::{Door, HttpConfig};
use hardie_store::{Store, StoreOptions};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};

pub mod fresh;
mod key_file;
pub mod keys;
pub mod lock;
mod mailer;
mod offline;
pub mod plugins;
mod remotes;
mod sender;
pub mod shutdown;
pub mod system;

pub use offline::{offline, offline_as_it_is, offline_with_keys};

/// Parts that a test may replace by its own.
#[derive(Clone)]
pub struct Ports {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
    /// How pack files reach the disk.
    pub files: Arc<dyn Files>,
    /// What runs plugins; the sandbox of the data folder if `None`.
    pub sandbox: Option<Arc<dyn PolicyRunner>>,
}

impl Default for Ports {
    fn default() -> Self {
        let (clock, entropy) = (Arc::new(system::SystemClock), Arc::new(system::SystemEntropy));
        Ports { clock, entropy, files: Arc::new(DiskFiles), sandbox: None }
    }
}

/// A running server.
pub struct Server {
    /// Use cases, for tests and for the process itself.
    pub app: App,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Where SSH is served.
    pub ssh: SocketAddr,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<anyhow::Result<()>>>,
    _lock: lock::DataDirLock,
}

/// Starts a server with the real clock, chance and disk.
pub async fn start(config: Config) -> anyhow::Result<Server> {
    start_with(config, Ports::default()).await
}

/// Starts a server: opens the stores, binds both listeners, then serves.
pub async fn start_with(config: Config, ports: Ports) -> anyhow::Result<Server> {
    config::prepare_data_dir(&config.data_dir)?;
    let mut lock = lock::take(&config.data_dir)?;
    fresh::refuse_half_restored(&config.data_dir)?;
    let node = lock.node(ports.entropy.as_ref())?;
    let http = bind(config.http_listen, "http-listen").await?;
    let ssh = bind(config.ssh_listen, "ssh-listen").await?;
    let (http_address, ssh_address) = (http.local_addr()?, ssh.local_addr()?);
    let store = open_store(&config.database).await?;
    let packs = PackStore::open(&config.data_dir, ports.files.clone()).context("cannot open the pack storage")?;
    let lfs = LfsStore::open(&config.data_dir, ports.files.clone()).context("cannot open the storage of LFS objects")?;
    let (signing, sealing) = key_file::open(&config.data_dir, &config.sealing, ports.entropy.as_ref())?;
    let policies = match ports.sandbox {
        Some(sandbox) => sandbox,
        None => plugins::host(&config.data_dir, ports.entropy.as_ref())?,
    };
    let ssh_shown = config::ssh_address(&config, ssh_address);
    let app = App::new(Inner {
        store,
        packs,
        lfs,
        git: GitAccess::new(cores(), config.limits.per_actor),
        clock: ports.clock,
        entropy: ports.entropy,
        signing,
        sealing,
        policies,
        sender: sender::sender(
            config.outbound.clone(),
            config.webhooks.clone(),
            config.imports.clone(),
            &[Some(http_address), Some(ssh_address), config.metrics_listen].into_iter().flatten().collect::<Vec<_>>(),
        ),
        mailer: mailer::mailer(config.mail.as_ref(), &config.public_url)?,
        bodies: hardie_http::webhook_bodies(&config.public_url, &ssh_shown),
        wakes: Wakes::default(),
        denials: Denials::default(),
        answers: AnswerCounts::default(),
        web: WebCalls::default(),
        oauth_keys: OauthKeys::default(),
        config: AppConfig {
            public_url: config.public_url.clone(),
            ssh_address: ssh_shown,
            git_limits: config.limits,
            retention: config.retention,
            plugins: config.plugins,
            require_signature: config.require_signature,
            plugin_web_origin: config.plugin_web_origin.clone(),
            git_rules: config.git_rules,
            sign_up: config.sign_up,
            require_sign_in: config.require_sign_in,
            audit_keep: config.audit_keep,
            oauth_clients: config.oauth_clients,
            quotas: config.quotas,
        },
    });
    for (key, secrets) in hardie_app::plugins::secrets_without_key(&app).await.context("cannot look at the secrets of plugins")? {
        tracing::warn!(key, secrets, "secrets of plugins do not open, for their key is not here: put it back, or set them anew");
    }
    for (key, factors) in hardie_app::identity::factors_without_key(&app).await.context("cannot look at second factors")? {
        tracing::warn!(
            key,
            factors,
            "secrets of second factors do not open, for their key is not here: put it back; recovery codes still count"
        );
    }
    let stop = CancellationToken::new();
    let mut tasks = Vec::new();
    let trusted_proxies =
        config.trusted_proxies.iter().map(|network| network.parse()).collect::<Result<_, _>>().context("trusted-proxies")?;
    let http_config = HttpConfig {
        trusted_proxies,
        metrics: config.metrics_listen.is_none(),
        rates: config.rates,
        cors_origins: config.cors_origins,
        ..HttpConfig::default()
    };
    let door = Door::new(app.clone(), http_config.clone(), stop.clone());
    if let Some(address) = config.metrics_listen {
        let listener = bind(address, "metrics-listen").await?;
        let serve = hardie_http::serve(listener, door.metrics_router(), http_config.clone(), stop.clone().cancelled_owned());
        tasks.push(tokio::spawn(served("metrics", serve)));
    }
    tasks.push(tokio::spawn(served("http", hardie_http::serve(http, door.router(), http_config, stop.clone().cancelled_owned()))));
    let ssh_config = hardie_ssh::SshConfig::open(&config.data_dir).context("cannot read or make the SSH host keys")?;
    tasks.push(tokio::spawn(served("ssh", hardie_ssh::serve(ssh, app.clone(), ssh_config, stop.clone()))));
    let installed = app.clone();
    // Costs nothing unless the cache of compiled components was lost; until then their policies answer "unavailable".
    tasks.push(tokio::spawn(async move { served("plugins", hardie_app::plugins::load_installed(&installed)).await }));
    tasks.push(tokio::spawn(served("worker", hardie_worker::run(app.clone(), node, stop.clone()))));
    Ok(Server { app, http: http_address, ssh: ssh_address, stop, tasks, _lock: lock })
}

/// The database at this address; the error never repeats a password.
pub async fn open_store(url: &str) -> anyhow::Result<Store> {
    Store::open(&StoreOptions::new(url)).await.context("cannot open the database")
}

async fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{key}: cannot listen on {address}; is another server running there?"))
}

async fn served<E: Into<anyhow::Error>>(part: &'static str, work: impl Future<Output = Result<(), E>>) -> anyhow::Result<()> {
    work.await.map_err(Into::into).with_context(|| format!("{part} ended"))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

impl Server {
    /// One JSON line that tells scripts where the server is.
    pub fn ready_line(&self) -> String {
        serde_json::json!({ "ready": true, "http": format!("http://{}", self.http), "ssh": self.ssh.to_string() }).to_string()
    }

    /// Drains: no new requests, those under way are finished, then the database is closed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        for task in self.tasks {
            task.await??;
        }
        self.app.store.close().await;
        Ok(())
    }
}
