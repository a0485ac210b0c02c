//! Configuration: a flag wins over the environment, that over the file, that over the default.
//!
//! Bad configuration is refused at start, naming file, key and reason.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use hardie_app::state::{GitRules, PluginPolicy, SignUpRules};
use hardie_domain::limits::{GitLimits, Retention};
use hardie_domain::quota::SiteQuotas;
use hardie_http::Cidr;
pub use hardie_http::Rates;
use hardie_outbound::Allowed;

pub mod data_dir;
pub mod file;
pub mod guards;
pub mod mail;
pub mod web_origin;

pub use data_dir::{prepare_data_dir, require_data};
pub use mail::MailSettings;

/// Where a server keeps its things: what `serve` and `admin` have in common.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Location {
    /// TOML file with the settings below (data-dir = "…", http-listen = "…"), [limits] (pack-bytes = …, lfs-object-bytes = …), [gc] (cruft-seconds = …), [audit] (keep-days = …), [rate-limits] (anonymous-per-minute = …, signed-in-per-minute = …, exempt = […]), [cors] (origins = […]), [quotas] (git-per-owner = …, lfs-per-repository = …), [git] (require-signed-push = …, hide-refs = […], bundle-uri = …), [outbound] (hosts = […], permit = […]), [mail] (host = "…", from = "…"), [sign-up] (mode = "…", domains = […]), [oauth] (well-known-clients = […]) and [secrets] (key-file = …, earlier-key-files = […])
    #[arg(long, env = "HARDIE_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Folder for the database, packs and keys [default: ./hardie-data]
    #[arg(long, env = "HARDIE_DATA_DIR", value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// sqlite://PATH or postgres://USER@HOST/NAME [default: SQLite in the data folder]
    #[arg(long, env = "HARDIE_DATABASE", value_name = "URL", hide_env_values = true, global = true)]
    pub database: Option<String>,
}

/// Everything `serve` can be told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeSettings {
    #[command(flatten)]
    pub location: Location,
    /// Address for git and the API over HTTP; port 0 picks a free one [default: 127.0.0.1:3000]
    #[arg(long, env = "HARDIE_HTTP_LISTEN", value_name = "ADDR:PORT", value_parser = listen_address)]
    pub http_listen: Option<SocketAddr>,
    /// Address for git over SSH; port 0 picks a free one [default: 127.0.0.1:2222]
    #[arg(long, env = "HARDIE_SSH_LISTEN", value_name = "ADDR:PORT", value_parser = listen_address)]
    pub ssh_listen: Option<SocketAddr>,
    /// Address for /metrics alone; without it they are served with the API
    #[arg(long, env = "HARDIE_METRICS_LISTEN", value_name = "ADDR:PORT", value_parser = listen_address)]
    pub metrics_listen: Option<SocketAddr>,
    /// The one address that people see, in clone addresses and links [default: http://localhost:8080]
    #[arg(long, env = "HARDIE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// HOST or HOST:PORT in SSH clone addresses [default: the public URL's host and the SSH port]
    #[arg(long, env = "HARDIE_SSH_ADDRESS", value_name = "HOST:PORT")]
    pub ssh_address: Option<String>,
    /// Parts of the server that this process runs; only `all` in this version
    #[arg(long, env = "HARDIE_ROLES", value_name = "ROLES")]
    pub roles: Option<String>,
    /// Where packs are kept; only the data folder in this version
    #[arg(long, env = "HARDIE_PACKS", value_name = "URL")]
    pub packs: Option<String>,
    /// Who may install plugins: open, listed or closed [default: open]
    #[arg(long, env = "HARDIE_PLUGINS", value_name = "WHO")]
    pub plugins: Option<String>,
    /// Install only plugins that a publisher signed whom `hardie plugin publisher add` trusts
    #[arg(long, env = "HARDIE_REQUIRE_PLUGIN_SIGNATURE")]
    pub require_plugin_signature: bool,
    /// Where plugins answer web requests with pages: a host of its own [default: with data alone, below the public URL]
    #[arg(long, env = "HARDIE_PLUGIN_WEB_ORIGIN", value_name = "URL")]
    pub plugin_web_origin: Option<String>,
    /// Networks whose Forwarded and X-Forwarded-For headers are believed
    #[arg(long, env = "HARDIE_TRUSTED_PROXIES", value_name = "CIDR,…", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<String>>,
    /// Answer nothing to those who have not signed in
    #[arg(long, env = "HARDIE_REQUIRE_SIGN_IN")]
    pub require_sign_in: bool,
}

/// What a server runs with, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub database: String,
    pub http_listen: SocketAddr,
    pub ssh_listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub public_url: String,
    pub ssh_address: Option<String>,
    pub plugins: PluginPolicy,
    pub require_signature: bool,
    pub plugin_web_origin: Option<String>,
    pub trusted_proxies: Vec<String>,
    pub limits: GitLimits,
    pub retention: Retention,
    pub git_rules: GitRules,
    pub outbound: Outbound,
    /// Where webhooks may send: to any public host if no hosts are named.
    pub webhooks: Outbound,
    /// From where repositories may be fetched: from any public host if no hosts are named.
    pub imports: Outbound,
    pub sealing: SealingFiles,
    /// By which server mails are sent; none are if `None`.
    pub mail: Option<MailSettings>,
    /// Who may make an account for themselves.
    pub sign_up: SignUpRules,
    /// Whether who has not signed in gets nothing.
    pub require_sign_in: bool,
    /// For how long the audit log is kept; for ever if `None`.
    pub audit_keep: Option<Duration>,
    /// How much users and networks may ask over HTTP.
    pub rates: Rates,
    /// Origins whose scripts may use the API.
    pub cors_origins: Vec<String>,
    /// Applications that may sign people in without being registered.
    pub oauth_clients: Vec<&'static str>,
    /// How much repositories and owners may hold for which nothing else was set.
    pub quotas: SiteQuotas,
}

/// Where the keys of 32 bytes lie that seal secrets of plugins.
#[derive(Clone, Debug, Default)]
pub struct SealingFiles {
    /// The one that seals; `secret.key` of the data folder if `None`.
    pub current: Option<PathBuf>,
    /// Those that still open.
    pub earlier: Vec<PathBuf>,
}

/// Where plugins may send, or webhooks, or from where repositories are fetched.
#[derive(Clone, Debug, Default)]
pub struct Outbound {
    /// To these at most; of those of plugins each installation is granted its own.
    pub hosts: Vec<Allowed>,
    /// Networks that are not public and open to them all the same.
    pub permit: Vec<Cidr>,
}

/// What commands on the data itself need.
#[derive(Clone, Debug)]
pub struct Place {
    pub data_dir: PathBuf,
    pub database: String,
    pub limits: GitLimits,
    pub retention: Retention,
    pub quotas: SiteQuotas,
    pub sealing: SealingFiles,
}

/// The data folder and the database with the bounds that the file sets, for commands that need no more.
pub fn locate(location: &Location) -> anyhow::Result<Place> {
    let file = file::read(location.config.as_deref())?;
    let (data_dir, database) = place(location, &file);
    let (limits, retention) = (file.limits.apply(GitLimits::default())?, file.gc.apply(Retention::default()));
    let quotas = file.quotas.site();
    Ok(Place { data_dir, database: check_database(database)?, limits, retention, quotas, sealing: sealing(file.secrets) })
}

fn sealing(file: file::Secrets) -> SealingFiles {
    SealingFiles { current: file.key_file, earlier: file.earlier_key_files }
}

fn place(location: &Location, file: &file::Settings) -> (PathBuf, String) {
    let data_dir = location.data_dir.clone().or_else(|| file.data_dir.clone()).unwrap_or_else(|| PathBuf::from("hardie-data"));
    // Children work in folders of their own, where a relative path would mean something else.
    let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
    let database = location.database.clone().or_else(|| file.database.clone());
    let database = database.unwrap_or_else(|| sqlite_url(&data_dir));
    (data_dir, database)
}

fn sqlite_url(data_dir: &Path) -> String {
    format!("sqlite://{}", data_dir.join("hardie.db").display())
}

/// Joins flags, environment and file, and checks the result.
pub fn resolve(settings: &ServeSettings) -> anyhow::Result<Config> {
    let file = file::read(settings.location.config.as_deref())?;
    let (data_dir, database) = place(&settings.location, &file);
    only("roles", settings.roles.as_ref().or(file.roles.as_ref()), "all")?;
    only("packs", settings.packs.as_ref().or(file.packs.as_ref()), "local")?;
    let trusted_proxies = settings.trusted_proxies.clone().or(file.trusted_proxies).unwrap_or_default();
    for network in &trusted_proxies {
        network.parse::<Cidr>().with_context(|| format!("trusted-proxies = {network:?}"))?;
    }
    let public_url = settings.public_url.clone().or(file.public_url).unwrap_or_else(|| "http://localhost:8080".to_owned());
    let public_url = check_url(&public_url)?;
    let web_origin = settings.plugin_web_origin.clone().or(file.plugin_web_origin);
    let plugin_web_origin = web_origin.map(|origin| web_origin::checked(&origin, &public_url)).transpose()?;
    let mail = file.mail.map(mail::MailSection::checked).transpose()?;
    Ok(Config {
        data_dir,
        database: check_database(database)?,
        http_listen: settings.http_listen.or(file.http_listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000))),
        ssh_listen: settings.ssh_listen.or(file.ssh_listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 2222))),
        metrics_listen: settings.metrics_listen.or(file.metrics_listen),
        public_url,
        ssh_address: settings.ssh_address.clone().or(file.ssh_address),
        plugins: plugin_policy(settings.plugins.as_deref().or(file.plugins.as_deref()))?,
        require_signature: settings.require_plugin_signature || file.require_plugin_signature.unwrap_or(false),
        plugin_web_origin,
        trusted_proxies,
        limits: file.limits.apply(GitLimits::default())?,
        retention: file.gc.apply(Retention::default()),
        git_rules: file.git.rules()?,
        outbound: file.outbound.checked("outbound")?,
        webhooks: file.webhooks.checked("webhooks")?,
        imports: file.imports.checked("imports")?,
        sealing: sealing(file.secrets),
        sign_up: file.sign_up.checked(mail.is_some())?,
        mail,
        require_sign_in: settings.require_sign_in || file.require_sign_in.unwrap_or(false),
        audit_keep: file.audit.keep(),
        rates: file.rate_limits.checked()?,
        cors_origins: file.cors.checked()?,
        oauth_clients: file.oauth.clients()?,
        quotas: file.quotas.site(),
    })
}

/// An address to listen on. The parser's own words would not say what is missing.
pub fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give a numeric address and a port, such as 127.0.0.1:3000")
}

fn only(key: &str, given: Option<&String>, accepted: &str) -> anyhow::Result<()> {
    match given.filter(|g| g.as_str() != accepted) {
        Some(other) => bail!("{key} = {other:?} is not there yet: this version knows {accepted:?} alone"),
        None => Ok(()),
    }
}

fn check_database(url: String) -> anyhow::Result<String> {
    match ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        true => Ok(url),
        // The URL may hold a password, so it is not repeated.
        false => bail!("database: the URL must begin with sqlite:// or postgres://"),
    }
}

fn check_url(url: &str) -> anyhow::Result<String> {
    let url = url.trim_end_matches('/');
    let host = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let host = host.ok_or_else(|| anyhow!("public-url = {url:?} must begin with http:// or https://"))?;
    if host.is_empty() || host.contains(['?', '#', ' ', '@']) {
        bail!("public-url = {url:?} must be a scheme, a host and perhaps a port and a path");
    }
    Ok(url.to_owned())
}

fn plugin_policy(text: Option<&str>) -> anyhow::Result<PluginPolicy> {
    match text.unwrap_or("open") {
        "open" => Ok(PluginPolicy::Open),
        "listed" => Ok(PluginPolicy::Listed),
        "closed" => Ok(PluginPolicy::Closed),
        other => bail!("plugins = {other:?} must be open, listed or closed"),
    }
}

/// The host that people use for SSH: the public URL's, with the port if it is not 22.
pub fn ssh_address(config: &Config, bound: SocketAddr) -> String {
    if let Some(given) = &config.ssh_address {
        return given.clone();
    }
    let host = hardie_domain::host::host_of(&config.public_url);
    match bound.port() {
        22 => host.to_owned(),
        port => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests;
