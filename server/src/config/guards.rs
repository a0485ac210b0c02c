//! `[rate-limits]` and `[cors]`: what the HTTP door lets through. `[quotas]`: how much is kept.

use anyhow::{Context as _, bail};
use hardie_domain::quota::{PerContent, SiteQuotas};
use hardie_http::Rates;
use serde::Deserialize;

/// `[rate-limits]`: points a minute; 0 is no bound. A request costs one point, `docs/limits.md` says which cost more.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RateLimits {
    pub signed_in_per_minute: Option<u32>,
    pub anonymous_per_minute: Option<u32>,
    pub exempt: Option<Vec<String>>,
}

impl RateLimits {
    /// Lays what the file says over the defaults.
    pub fn checked(&self) -> anyhow::Result<Rates> {
        let base = Rates::default();
        let parsed = |text: &String| text.parse().with_context(|| format!("[rate-limits] exempt = {text:?}"));
        Ok(Rates {
            signed_in: self.signed_in_per_minute.unwrap_or(base.signed_in),
            anonymous: self.anonymous_per_minute.unwrap_or(base.anonymous),
            exempt: match &self.exempt {
                Some(ranges) => ranges.iter().map(parsed).collect::<anyhow::Result<_>>()?,
                None => base.exempt,
            },
        })
    }
}

/// `[cors]`: whose scripts may use the API with a token.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Cors {
    pub origins: Vec<String>,
}

impl Cors {
    /// What the file says.
    pub fn checked(&self) -> anyhow::Result<Vec<String>> {
        for origin in &self.origins {
            let host = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
            if origin != "*" && host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', ' ', '?', '#', '@'])) {
                bail!("[cors] origins = {origin:?} must be a scheme, a host and perhaps a port, such as https://app.example.org, or \"*\"");
            }
        }
        Ok(self.origins.clone())
    }
}

/// `[quotas]`: bytes that a repository, or all repositories of one owner together, may hold where an administrator set nothing else. What is
/// absent is no bound.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Quotas {
    pub git_per_repository: Option<u64>,
    pub lfs_per_repository: Option<u64>,
    pub assets_per_repository: Option<u64>,
    pub git_per_owner: Option<u64>,
    pub lfs_per_owner: Option<u64>,
    pub assets_per_owner: Option<u64>,
}

impl Quotas {
    /// What the file says.
    pub fn site(self) -> SiteQuotas {
        SiteQuotas {
            per_repository: PerContent { git: self.git_per_repository, lfs: self.lfs_per_repository, assets: self.assets_per_repository },
            per_owner: PerContent { git: self.git_per_owner, lfs: self.lfs_per_owner, assets: self.assets_per_owner },
        }
    }
}
