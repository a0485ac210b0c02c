//! `hardie admin quota`.

use anyhow::{anyhow, bail};
use clap::Subcommand;
use hardie_app::quotas::{Quota, account_quota, repo_quota, set_account_quota, set_repo_quota};
use hardie_app::{App, Ctx};
use hardie_domain::names::RepoPath;
use hardie_domain::quota::{Bound, Bounds, Content, PerContent};

use super::named;
use crate::cli::print_line;

/// What can be done with quotas.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how much a user, an organisation or one repository holds and may hold
    #[command(after_help = "Example:\n  hardie admin quota show alice\n  hardie admin quota show alice/tool --json")]
    Show {
        /// A user, an organisation, or OWNER/REPO
        of: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Set how much the repositories of a user or an organisation together, or one repository, may hold
    ///
    /// What is not named stays as it is. What is there already stays, also if it is more. The site's own are [quotas] in the configuration.
    #[command(
        after_help = "Example:\n  hardie admin quota set alice --git 10G --lfs 50G\n  hardie admin quota set alice/tool --git unlimited"
    )]
    Set {
        /// A user, an organisation, or OWNER/REPO
        of: String,
        /// Of git data: bytes, with K, M, G or T; unlimited; or site for what the site has for all
        #[arg(long, value_name = "SIZE", value_parser = bound)]
        git: Option<Bound>,
        /// Of objects of Git LFS
        #[arg(long, value_name = "SIZE", value_parser = bound)]
        lfs: Option<Bound>,
        /// Of files of releases
        #[arg(long, value_name = "SIZE", value_parser = bound)]
        assets: Option<Bound>,
    },
}

pub async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Show { of, json } => show(&of, &find(app, &of).await?, json),
        Command::Set { of, git, lfs, assets } => {
            if [git, lfs, assets].iter().all(Option::is_none) {
                bail!("say what to set: --git, --lfs or --assets");
            }
            let before = find(app, &of).await?.bounds;
            let bounds =
                PerContent { git: git.unwrap_or(before.git), lfs: lfs.unwrap_or(before.lfs), assets: assets.unwrap_or(before.assets) };
            show(&of, &set(app, &of, bounds).await?, false)
        }
    }
}

async fn find(app: &App, of: &str) -> anyhow::Result<Quota> {
    let ctx = Ctx::system();
    match path(of)? {
        Some(path) => named(repo_quota(app, &ctx, &path).await, of),
        None => named(account_quota(app, &ctx, of).await, of),
    }
}

async fn set(app: &App, of: &str, bounds: Bounds) -> anyhow::Result<Quota> {
    let ctx = Ctx::system();
    match path(of)? {
        Some(path) => named(set_repo_quota(app, &ctx, &path, bounds).await, of),
        None => named(set_account_quota(app, &ctx, of, bounds).await, of),
    }
}

fn path(of: &str) -> anyhow::Result<Option<RepoPath>> {
    of.contains('/').then(|| RepoPath::parse(of).ok_or_else(|| anyhow!("{of} must be OWNER/REPO"))).transpose()
}

fn show(of: &str, quota: &Quota, json: bool) -> anyhow::Result<()> {
    if json {
        let part = |content: Content| {
            serde_json::json!({
                "used": quota.used.of(content), "limit": quota.limits.of(content), "set": quota.bounds.of(content).number(),
            })
        };
        let parts = Content::ALL.map(|content| (content.as_str().to_owned(), part(content)));
        return print_line(&serde_json::Value::Object(parts.into_iter().collect()).to_string());
    }
    for content in Content::ALL {
        let limit = quota.limits.of(content).map_or("unlimited".to_owned(), |limit| format!("{limit} bytes"));
        let from = if quota.bounds.of(content) == Bound::Site { ", the site's" } else { "" };
        print_line(&format!("{of} {}: {} bytes of {limit}{from}", content.as_str(), quota.used.of(content)))?;
    }
    Ok(())
}

fn bound(text: &str) -> Result<Bound, String> {
    let bytes = || {
        let (digits, unit) = match text.char_indices().next_back()? {
            (at, 'K' | 'k') => (text.get(..at)?, 10),
            (at, 'M' | 'm') => (text.get(..at)?, 20),
            (at, 'G' | 'g') => (text.get(..at)?, 30),
            (at, 'T' | 't') => (text.get(..at)?, 40),
            _ => (text, 0),
        };
        let bytes = digits.parse::<u64>().ok()?.checked_mul(1 << unit)?;
        i64::try_from(bytes).is_ok().then_some(Bound::Bytes(bytes))
    };
    match text {
        "unlimited" => Ok(Bound::Unlimited),
        "site" => Ok(Bound::Site),
        _ => bytes().ok_or_else(|| "give bytes, such as 500M or 10G, or unlimited, or site".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bound("10G"), Ok(Bound::Bytes(10 << 30)));
        assert_eq!(bound("7"), Ok(Bound::Bytes(7)));
        assert_eq!(bound("unlimited"), Ok(Bound::Unlimited));
        assert_eq!(bound("site"), Ok(Bound::Site));
        for wrong in ["", "G", "-1", "10 G", "1é", "99999999999T", "9223372036854775808"] {
            assert!(bound(wrong).is_err(), "{wrong}");
        }
    }
}
