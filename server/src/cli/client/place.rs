//! What a webhook belongs to: the server, an organisation or a repository, which may be the clone's.

use super::remote::{Target, repo_path, segment};

/// Whose webhooks.
#[derive(Clone, Debug, clap::Args)]
#[group(multiple = false)]
pub struct Place {
    /// Of the whole server (administrators only)
    #[arg(long)]
    site: bool,
    /// Of an organisation
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// Of one repository [default: that of the clone you are in]
    #[arg(long, value_name = "OWNER/REPO")]
    repo: Option<String>,
}

impl Place {
    /// The API's path of its webhooks.
    pub fn hooks(&self, target: &Target) -> anyhow::Result<String> {
        let place = match &self.org {
            _ if self.site => "/api/v1/admin".to_owned(),
            Some(org) => format!("/api/v1/orgs/{}", segment(org)?),
            None => repo_path(&target.repo(self.repo.as_deref())?)?,
        };
        Ok(format!("{place}/hooks"))
    }
}
