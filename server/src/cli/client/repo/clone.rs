//! `hardie repo clone`: git clones, and asks hardie for the password.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use hardie_api_types::repo::Repository;
use hardie_domain::names::RepoPath;
use hardie_outbound::Url;

use super::super::git_setup;
use super::super::remote::{Remote, Target, accepted, repo_path, segment};
use crate::cli::git::git;
use crate::cli::runtime;

/// Arguments of `hardie repo clone`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// OWNER/REPO
    #[arg(value_name = "OWNER/REPO")]
    repo: String,
    /// Where to [default: a folder of the repository's name]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Over SSH, with your key
    #[arg(long)]
    ssh: bool,
    #[command(flatten)]
    remote: Remote,
    /// Handed on to git clone, as in `-- --depth 1`
    #[arg(last = true, value_name = "GIT OPTION")]
    more: Vec<String>,
}

/// Clones.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let target = args.remote.target()?;
    let repo = target.repo(Some(&args.repo))?;
    if !args.ssh {
        return over_http(&target, &repo, args.folder.as_deref(), &args.more);
    }
    let client = target.client()?;
    let path = repo_path(&repo)?;
    let found: Repository =
        runtime()?.block_on(async { anyhow::Ok(accepted(client.get(&path).await?, "the server does not show it")?.json()?) })?;
    run_git(&target, &ssh_address(&found.ssh_url)?, args.folder.as_deref(), &[], &args.more)
}

/// By an address of our own making: what the server says that it is might be a command to git.
pub fn over_http(target: &Target, repo: &RepoPath, folder: Option<&Path>, more: &[String]) -> anyhow::Result<()> {
    let url = format!("{}/{}/{}.git", target.address, segment(&repo.owner)?, segment(&repo.name)?);
    let key = git_setup::key(&target.address);
    // The helpers of before are not asked, and told nothing; nothing of this is written into the clone.
    let settings = [format!("{key}="), format!("{key}={}", git_setup::helper()?)];
    run_git(target, &url, folder, &settings, more)
}

fn run_git(target: &Target, url: &str, folder: Option<&Path>, settings: &[String], more: &[String]) -> anyhow::Result<()> {
    let mut command = git(Path::new("."));
    for setting in settings {
        command.args(["-c", setting]);
    }
    command.arg("clone").args(more).arg("--").arg(url).args(folder).env("GIT_ALLOW_PROTOCOL", "http:https:ssh");
    // What was given with this call is for the helper below git; otherwise it finds what is kept.
    match &target.token {
        Some(token) if target.given => command.env("HARDIE_TOKEN", token.expose()).env("HARDIE_SERVER", target.address.as_str()),
        _ => command.env_remove("HARDIE_TOKEN").env_remove("HARDIE_SERVER"),
    };
    let ended = command.status().context("cannot run git; is it installed?")?;
    ensure!(ended.success(), "git did not clone it; its messages are above");
    Ok(())
}

/// The server's word for its own SSH door, if it is no more than that.
fn ssh_address(told: &str) -> anyhow::Result<String> {
    let url = Url::parse(told).ok().filter(|url| url.scheme() == "ssh" && url.password().is_none());
    let plain = |text: &str| {
        !text.starts_with('-') && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
    };
    match url.filter(|url| url.host_str().is_some_and(plain) && plain(url.username())) {
        Some(url) => Ok(url.into()),
        None => bail!("the server names {told:?} for SSH, which is no address of it; clone without --ssh"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_have_git_run_a_command() {
        assert_eq!(ssh_address("ssh://git@forge.example:2222/ann/tool.git").unwrap(), "ssh://git@forge.example:2222/ann/tool.git");
        for told in [
            "ext::sh -c 'touch /tmp/x'",
            "ssh://-oProxyCommand=touch/x",
            "ssh://-oProxyCommand@forge.example/x",
            "--upload-pack=touch",
            "file:///etc",
            "/srv/x",
            "",
            "ssh:///x",
        ] {
            assert!(ssh_address(told).is_err(), "{told}");
        }
    }
}
