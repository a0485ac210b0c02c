//! As whom a registry is asked.

use anyhow::{Context as _, ensure};
use hardie_domain::secret::Secret;

use super::docker;
use crate::cli::hidden;

/// The longest password; tokens of some registries are long.
const MOST: usize = 16 << 10;

/// How to get at a registry. Without a name here, what `docker login` left counts.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Registry")]
pub struct Access {
    /// Sign in to the registry as this user [default: what `docker login` left in ~/.docker/config.json]
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    pub username: Option<String>,
    /// Take the registry's password from the first line of stdin
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Ask the registry without TLS; on this machine that needs no saying
    #[arg(long)]
    pub plain_http: bool,
    /// Where the registry has people sign in, if that is of another domain
    #[arg(long, value_name = "HOST")]
    pub auth_host: Option<String>,
}

/// A user's name and password.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: Secret,
}

impl Access {
    /// What was given with the call, read now: stdin is there once.
    pub fn given(&self) -> anyhow::Result<Option<Login>> {
        let Some(username) = &self.username else { return Ok(None) };
        ensure!(!username.contains(':'), "--username {username}: a name that holds a colon cannot be sent");
        let password = hidden::line("password")?;
        ensure!(!password.is_empty(), "the password is empty: give it on stdin, as in `cat FILE | hardie plugin push … --password-stdin`");
        ensure!(password.len() <= MOST, "the password is longer than {MOST} bytes");
        Ok(Some(Login { username: username.clone(), password: Secret::new(password.as_str()) }))
    }
}

/// What `docker login` left for a registry.
pub fn kept(registry: &str) -> anyhow::Result<Option<Login>> {
    docker::login(registry).with_context(|| format!("cannot find out how to sign in to {registry}; --username does without"))
}
