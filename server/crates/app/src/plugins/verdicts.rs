//! What an installed policy said.

use std::collections::HashMap;

use hardie_domain::ids::{AccountId, InstallationId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::Level;
use hardie_store::verdicts::VerdictRow;

use super::list::find_for;
use super::rights::{Guarded, Target, administered};
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
    // What became of a repository after it left is the affair of those who have it now.
    let owner = match &guarded {
        Guarded::Account(account) => Some(account.id),
        Guarded::Site | Guarded::Repo(_) => None,
    };
    with_paths(app, found, owner).await
}

/// Joins paths, only those below `owner` if there is one.
async fn with_paths(app: &App, found: Paged<VerdictRow>, owner: Option<AccountId>) -> Result<Paged<VerdictLine>> {
    let mut paths: HashMap<RepoId, Option<String>> = HashMap::new();
    let mut items = Vec::with_capacity(found.items.len());
    for row in found.items {
        let repo = match paths.get(&row.repo) {
            Some(path) => path.clone(),
            None => {
                let found = app.store.find_owned_repo(row.repo).await?.filter(|r| owner.is_none_or(|owner| r.owner.id == owner));
                let path = found.map(|r| format!("{}/{}", r.owner.name, r.repo.name));
                paths.insert(row.repo, path.clone());
                path
            }
        };
        items.push(VerdictLine { row, repo });
    }
    Ok(Paged { items, total: found.total })
}
