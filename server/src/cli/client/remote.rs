//! Which server, and which token: what the commands that talk to a server share.

use anyhow::{Context as _, bail};
use hardie_domain::names::RepoPath;
use hardie_domain::secret::Secret;
use hardie_outbound::{ApiClient, ApiResponse};

use super::address::Address;
use super::{here, kept};

/// The server of somebody who tries things out.
const LOCAL: &str = "http://localhost:3000";

/// Where the server is and who asks.
#[derive(Clone, Debug, clap::Args)]
pub struct Remote {
    /// The server's address [default: that of the clone you are in, else the default of `hardie login`, else http://localhost:3000]
    #[arg(long, env = "HARDIE_SERVER", value_name = "URL")]
    server: Option<String>,
    /// An access token [default: that of `hardie login`]; better given by the environment, since arguments can be seen by others
    #[arg(long, env = "HARDIE_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = secret)]
    token: Option<Secret>,
    /// Send tokens without TLS to a server that is not this machine
    #[arg(long)]
    insecure_http: bool,
}

/// Takes an argument that must not be shown.
pub fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// A server, found, and what proves who asks.
#[derive(Debug)]
pub struct Target {
    /// The server.
    pub address: Address,
    /// The token, if there is one.
    pub token: Option<Secret>,
    /// Whether it was given with this call, and is not kept.
    pub given: bool,
}

impl Remote {
    /// Which server is asked, with which token.
    pub fn target(&self) -> anyhow::Result<Target> {
        let book = kept::read()?;
        // `HARDIE_TOKEN=` means that there is none, and `HARDIE_SERVER=` that none is named.
        let given = self.token.clone().filter(|token| !token.expose().is_empty());
        let address = match self.server.as_deref().filter(|server| !server.is_empty()) {
            Some(named) => self.named(named, &book)?,
            // A token that was given is for the server that was named or is the default: no clone leads it elsewhere.
            None => {
                let found = given.is_none().then(|| here::server(&book)).flatten();
                let other = if book.default.is_empty() { LOCAL } else { &book.default };
                found.map_or_else(|| self.named(other, &book), Ok)?
            }
        };
        let (token, given) = match given {
            Some(token) => (Some(token), true),
            None => (book.servers.get(address.as_str()).map(|entry| entry.token.clone()), false),
        };
        Ok(Target { address, token, given })
    }

    fn named(&self, named: &str, book: &kept::Book) -> anyhow::Result<Address> {
        let address = Address::parse(named, true)?;
        let allowed = self.insecure_http || book.servers.get(address.as_str()).is_some_and(|entry| entry.insecure_http);
        Address::parse(named, allowed)
    }

    /// A client that signs in.
    pub fn client(&self) -> anyhow::Result<ApiClient> {
        self.target()?.client()
    }
}

impl Target {
    /// A client that signs in.
    pub fn client(&self) -> anyhow::Result<ApiClient> {
        let Some(token) = &self.token else {
            let address = &self.address;
            bail!(
                "no token for {address}: sign in with `hardie login {address}`, or set HARDIE_TOKEN or give --token (one is made in the browser \
                 under Settings, or with `hardie admin token create`)"
            );
        };
        Ok(ApiClient::new(self.address.as_str(), Some(token))?)
    }

    /// The repository that was named, or the one of the clone that the command was started in.
    pub fn repo(&self, named: Option<&str>) -> anyhow::Result<RepoPath> {
        match named {
            Some(named) => RepoPath::parse(named).with_context(|| format!("{named:?} is not OWNER/REPO")),
            None => here::repo(&self.address)
                .with_context(|| format!("say which repository: OWNER/REPO (this folder is not a clone of one at {})", self.address)),
        }
    }
}

/// The part of a path that names a repository.
pub fn repo_path(repo: &RepoPath) -> anyhow::Result<String> {
    Ok(format!("/api/v1/repos/{}/{}", segment(&repo.owner)?, segment(&repo.name)?))
}

/// A name that may stand in a path as it is.
pub fn segment(name: &str) -> anyhow::Result<&str> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if name.is_empty() || !plain || name == "." || name == ".." {
        bail!("{name:?} cannot be the name of an owner or a repository");
    }
    Ok(name)
}

/// Letters of what a server says is wrong.
const WORDS: usize = 2000;

/// The answer, or what the server says is wrong.
pub fn accepted(response: ApiResponse, doing: &str) -> anyhow::Result<ApiResponse> {
    let status = response.status;
    if response.is_success() {
        return Ok(response);
    }
    let said: String = response.message().chars().take(WORDS).collect();
    match status {
        300..=399 => {
            bail!("{doing}: it is elsewhere now (status {status}: {said}); name its new address, since a token goes nowhere by itself")
        }
        401 => bail!("{doing}: {said} (status 401); `hardie login URL` gets a new token"),
        _ => bail!("{doing}: {said} (status {status})"),
    }
}
