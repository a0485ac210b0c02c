//! The TOML file. Every key is optional; an unknown one is refused, so that a typing error is not silence.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use hardie_app::state::GitRules;
use hardie_domain::hidden::HiddenRefs;
use hardie_domain::limits::{GitLimits, Retention};
use hardie_domain::oauth::SHIPPED;
use hardie_git::packs::LARGEST_OBJECT;
use serde::Deserialize;

use super::guards::{Cors, Quotas, RateLimits};
use super::mail::{MailSection, SignUpSection};

/// The file as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    pub data_dir: Option<PathBuf>,
    pub database: Option<String>,
    pub http_listen: Option<SocketAddr>,
    pub ssh_listen: Option<SocketAddr>,
    pub metrics_listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub ssh_address: Option<String>,
    pub roles: Option<String>,
    pub packs: Option<String>,
    pub plugins: Option<String>,
    pub require_plugin_signature: Option<bool>,
    pub plugin_web_origin: Option<String>,
    pub trusted_proxies: Option<Vec<String>>,
    pub require_sign_in: Option<bool>,
    pub limits: Limits,
    pub gc: Gc,
    pub git: Git,
    pub outbound: Outbound,
    pub webhooks: Outbound,
    pub imports: Outbound,
    pub secrets: Secrets,
    pub mail: Option<MailSection>,
    pub sign_up: SignUpSection,
    pub audit: Audit,
    pub rate_limits: RateLimits,
    pub cors: Cors,
    pub oauth: Oauth,
    pub quotas: Quotas,
}

/// `[limits]`: sizes in bytes, time in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    pub pack_bytes: Option<u64>,
    pub object_bytes: Option<u64>,
    pub inflated_bytes: Option<u64>,
    pub pack_objects: Option<u32>,
    pub commands: Option<usize>,
    pub wants: Option<usize>,
    pub haves: Option<usize>,
    pub wall_seconds: Option<u64>,
    pub per_actor: Option<usize>,
    pub lfs_object_bytes: Option<u64>,
    pub lfs_batch_objects: Option<usize>,
    pub release_asset_bytes: Option<u64>,
    pub release_assets: Option<u64>,
}

/// `[gc]`: for how long what no ref reaches is kept, in seconds.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Gc {
    pub reflog_seconds: Option<u64>,
    pub cruft_seconds: Option<u64>,
    pub look_seconds: Option<u64>,
}

/// `[audit]`: for how many days the audit log is kept; 0 is for ever.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Audit {
    pub keep_days: Option<u32>,
}

impl Audit {
    /// A year and a month, unless the file says something else.
    pub fn keep(self) -> Option<Duration> {
        let days = self.keep_days.unwrap_or(400);
        (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 3600))
    }
}

/// `[git]`: what every repository asks of git clients.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Git {
    pub require_signed_push: bool,
    pub hide_refs: Vec<String>,
    pub bundle_uri: Option<bool>,
}

/// `[outbound]`: where plugins may send; `[webhooks]`: where webhooks may; `[imports]`: from where repositories may be fetched.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Outbound {
    pub hosts: Vec<String>,
    pub permit: Vec<String>,
}

/// `[secrets]`: which keys seal and open secrets of plugins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Secrets {
    pub key_file: Option<PathBuf>,
    pub earlier_key_files: Vec<PathBuf>,
}

/// `[oauth]`: which applications sign people in without being registered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Oauth {
    pub well_known_clients: Option<Vec<String>>,
}

impl Oauth {
    /// What the file says: all if nothing.
    pub fn clients(&self) -> anyhow::Result<Vec<&'static str>> {
        let known = || SHIPPED.iter().map(|client| client.word);
        let Some(words) = &self.well_known_clients else { return Ok(known().collect()) };
        let find = |word: &String| {
            let names = || known().collect::<Vec<_>>().join(", ");
            known().find(|known| known == word).with_context(|| format!("[oauth] well-known-clients: {word:?} is none of {}", names()))
        };
        words.iter().map(find).collect()
    }
}

impl Outbound {
    /// What the file says.
    pub fn checked(&self, section: &str) -> anyhow::Result<super::Outbound> {
        let hosts = self.hosts.iter().map(|text| text.parse().with_context(|| format!("[{section}] hosts = {text:?}")));
        let permit = self.permit.iter().map(|text| text.parse().with_context(|| format!("[{section}] permit = {text:?}")));
        Ok(super::Outbound { hosts: hosts.collect::<Result<_, _>>()?, permit: permit.collect::<Result<_, _>>()? })
    }
}

impl Git {
    /// What the file says.
    pub fn rules(&self) -> anyhow::Result<GitRules> {
        let hidden_refs = HiddenRefs::parse(&self.hide_refs).context("[git]")?;
        let bundle_uri = self.bundle_uri.unwrap_or(GitRules::default().bundle_uri);
        Ok(GitRules { require_signed_push: self.require_signed_push, hidden_refs, bundle_uri })
    }
}

impl Gc {
    /// Lays what the file says over the defaults.
    pub fn apply(&self, base: Retention) -> Retention {
        Retention {
            reflog: self.reflog_seconds.map_or(base.reflog, Duration::from_secs),
            cruft: self.cruft_seconds.map_or(base.cruft, Duration::from_secs),
            look: self.look_seconds.map_or(base.look, Duration::from_secs),
        }
    }
}

impl Limits {
    /// Lays what the file says over the defaults.
    pub fn apply(&self, base: GitLimits) -> anyhow::Result<GitLimits> {
        if let Some(bytes) = self.object_bytes.filter(|bytes| *bytes > LARGEST_OBJECT) {
            bail!("[limits] object-bytes = {bytes}: objects of more than {LARGEST_OBJECT} bytes could be stored and not be read");
        }
        Ok(GitLimits {
            pack_bytes: self.pack_bytes.unwrap_or(base.pack_bytes),
            object_bytes: self.object_bytes.unwrap_or(base.object_bytes),
            inflated_bytes: self.inflated_bytes.unwrap_or(base.inflated_bytes),
            pack_objects: self.pack_objects.unwrap_or(base.pack_objects),
            commands: self.commands.unwrap_or(base.commands),
            wants: self.wants.unwrap_or(base.wants),
            haves: self.haves.unwrap_or(base.haves),
            wall: self.wall_seconds.map_or(base.wall, Duration::from_secs),
            per_actor: self.per_actor.unwrap_or(base.per_actor),
            lfs_object_bytes: self.lfs_object_bytes.unwrap_or(base.lfs_object_bytes),
            lfs_batch_objects: self.lfs_batch_objects.unwrap_or(base.lfs_batch_objects),
            release_asset_bytes: self.release_asset_bytes.unwrap_or(base.release_asset_bytes),
            release_assets: self.release_assets.unwrap_or(base.release_assets),
            ..base
        })
    }
}

/// Reads the file, or the defaults if there is none. The error names file, line, key and reason.
pub fn read(path: Option<&Path>) -> anyhow::Result<Settings> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
    match toml::from_str(&text) {
        Ok(settings) => Ok(settings),
        Err(error) => bail!("{}: {}", path.display(), error.to_string().trim_end()),
    }
}
