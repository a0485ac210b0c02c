//! Which server, which token, which scope: what the commands that talk to a server share.

use anyhow::{Context as _, bail};
use hardie_domain::names::RepoPath;
use hardie_domain::secret::Secret;
use hardie_outbound::{ApiClient, ApiResponse};

/// Where the server is and who asks.
#[derive(Clone, Debug, clap::Args)]
pub struct Remote {
    /// The server's address
    #[arg(long, env = "HARDIE_SERVER", value_name = "URL", default_value = "http://localhost:3000")]
    server: String,
    /// An access token; better given by the environment, since arguments can be seen by others
    #[arg(long, env = "HARDIE_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    token: Option<Secret>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl Remote {
    /// A client that signs in.
    pub fn client(&self) -> anyhow::Result<ApiClient> {
        // `HARDIE_TOKEN=` means that there is none.
        let Some(token) = self.token.as_ref().filter(|token| !token.expose().is_empty()) else {
            bail!(
                "no token: set HARDIE_TOKEN or give --token (make one in the browser under Settings, or with `hardie admin token create`)"
            );
        };
        Ok(ApiClient::new(&self.server, Some(token))?)
    }
}

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
        let RepoPath { owner, name } = RepoPath::parse(repo).with_context(|| format!("{repo:?} is not OWNER/REPO"))?;
        Ok(format!("/api/v1/repos/{}/{}/plugins", segment(&owner)?, segment(&name)?))
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

/// A name that may stand in a path as it is.
fn segment(name: &str) -> anyhow::Result<&str> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if name.is_empty() || !plain || name == "." || name == ".." {
        bail!("{name:?} cannot be the name of an owner or a repository");
    }
    Ok(name)
}

/// The answer, or what the server says is wrong.
pub fn accepted(response: ApiResponse, doing: &str) -> anyhow::Result<ApiResponse> {
    if response.is_success() {
        return Ok(response);
    }
    bail!("{doing}: {} (status {})", response.message(), response.status)
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
