//! For what a plugin works: what the commands about installations share.

use anyhow::Context as _;
use hardie_domain::names::RepoPath;

pub use crate::cli::client::remote::{Remote, accepted};
use crate::cli::client::remote::{repo_path, segment};

/// For what a plugin works.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Scope {
    /// For every repository of the server (administrators only)
    #[arg(long)]
    site: bool,
    /// For every repository of an organisation
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// For one repository
    #[arg(long, value_name = "OWNER/REPO")]
    repo: Option<String>,
}

impl Scope {
    /// What of the two is given, if any.
    pub fn of(repo: Option<&str>, org: Option<&str>) -> Option<Scope> {
        let scope = Scope { site: false, org: org.map(Into::into), repo: repo.map(Into::into) };
        (scope.org.is_some() || scope.repo.is_some()).then_some(scope)
    }

    /// One repository, where no other scope makes sense.
    pub fn of_repo(repo: &str) -> Scope {
        Scope { site: false, org: None, repo: Some(repo.to_owned()) }
    }

    /// The API's path of this scope's installations.
    pub fn path(&self) -> anyhow::Result<String> {
        if self.site {
            return Ok("/api/v1/admin/plugins".into());
        }
        if let Some(org) = &self.org {
            return Ok(format!("/api/v1/orgs/{}/plugins", segment(org)?));
        }
        let repo = self.repo.as_deref().context("say for what: --site, --org ORG or --repo OWNER/REPO")?;
        let repo = RepoPath::parse(repo).with_context(|| format!("{repo:?} is not OWNER/REPO"))?;
        Ok(format!("{}/plugins", repo_path(&repo)?))
    }

    /// For people.
    pub fn describe(&self) -> String {
        match (&self.org, &self.repo) {
            (Some(org), _) => format!("every repository of {org}"),
            (_, Some(repo)) => repo.clone(),
            _ => "every repository of the server".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(org: Option<&str>, repo: Option<&str>) -> Scope {
        Scope { site: false, org: org.map(Into::into), repo: repo.map(Into::into) }
    }

    #[test]
    fn each_scope_has_its_address() {
        assert_eq!(scope(None, Some("alice/demo")).path().unwrap(), "/api/v1/repos/alice/demo/plugins");
        assert_eq!(scope(Some("smiths"), None).path().unwrap(), "/api/v1/orgs/smiths/plugins");
        assert_eq!(Scope { site: true, org: None, repo: None }.path().unwrap(), "/api/v1/admin/plugins");
    }

    #[test]
    fn names_cannot_reach_another_address() {
        for repo in ["alice", "a/b/c", "../admin", "a/..", "a/b?x", "a/b#c", "a/%2e"] {
            assert!(scope(None, Some(repo)).path().is_err(), "{repo}");
        }
        assert!(scope(Some("../admin"), None).path().is_err());
    }
}
