//! What an installed policy said.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hardie_domain::ids::{AccountId, InstallationId, PushId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::FailureClass;
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use hardie_store::verdicts::VerdictRow;

use super::install::owned;
use super::list::find_for;
use super::rights::{Target, administered};
use crate::{App, Ctx, Result};

/// One call of a policy over one push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictLine {
    /// What it said and what it used.
    pub row: VerdictRow,
    /// `owner/name` as it is now; `None` if the repository is deleted, or was given to another owner than the one who asks.
    pub repo: Option<String>,
}

/// What an installation said, newest first: about this repository, or about all that it guards.
pub async fn verdicts(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, page: Page) -> Result<Paged<VerdictLine>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let installation = find_for(app, &guarded, id).await?;
    let only = match (installation.scope == guarded.scope(), guarded.repo()) {
        // An inherited policy is asked about this target alone; an account's owner has no view over the whole site.
        (false, None) => return Ok(Paged { items: Vec::new(), total: 0 }),
        (_, repo) => repo,
    };
    let found = app.store.list_verdicts_of_installation(installation.id, only, page).await?;
    Ok(Paged { items: with_paths(app, found.items, guarded.owner()).await?, total: found.total })
}

/// A line of a plugin's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The push that was judged.
    pub push: PushId,
    /// As for a [`VerdictLine`].
    pub repo: Option<String>,
    /// How the run ended; `None` if it accepted.
    pub failure: Option<FailureClass>,
    /// When.
    pub at: Timestamp,
    /// Level and text; no control characters.
    pub text: String,
}

/// What an installation logged in its newest runs, the last line first; only where it was installed.
pub async fn logs(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, page: Page) -> Result<Paged<LogLine>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let installation = owned(app, &guarded, id).await?;
    let runs = with_paths(app, app.store.list_logged_verdicts(installation.id).await?, guarded.owner()).await?;
    let lines = runs.iter().flat_map(|run| {
        let line = |text: &str| LogLine {
            push: run.row.push,
            repo: run.repo.clone(),
            failure: run.row.failure,
            at: run.row.at,
            text: text.to_owned(),
        };
        run.row.log.lines().rev().map(line).collect::<Vec<_>>()
    });
    let lines: Vec<LogLine> = lines.collect();
    let total = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let (start, limit) = (usize::try_from(page.offset()).unwrap_or(usize::MAX), usize::try_from(page.limit()).unwrap_or(usize::MAX));
    Ok(Paged { items: lines.into_iter().skip(start).take(limit).collect(), total })
}

/// Joins paths, only those below `owner` if there is one.
async fn with_paths(app: &App, found: Vec<VerdictRow>, owner: Option<AccountId>) -> Result<Vec<VerdictLine>> {
    let paths = paths_of(app, found.iter().map(|row| row.repo), owner).await?;
    Ok(found.into_iter().map(|row| VerdictLine { repo: paths.get(&row.repo).cloned().flatten(), row }).collect())
}

/// The paths of repositories as they are now, only those below `owner` if there is one.
pub(super) async fn paths_of(
    app: &App,
    repos: impl Iterator<Item = RepoId>,
    owner: Option<AccountId>,
) -> Result<HashMap<RepoId, Option<String>>> {
    let mut paths = HashMap::new();
    for repo in repos {
        if let Entry::Vacant(vacant) = paths.entry(repo) {
            let found = app.store.find_owned_repo(repo).await?.filter(|r| owner.is_none_or(|owner| r.owner.id == owner));
            vacant.insert(found.map(|r| format!("{}/{}", r.owner.name, r.repo.name)));
        }
    }
    Ok(paths)
}
