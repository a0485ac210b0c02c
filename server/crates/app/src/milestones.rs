//! Milestones: what is to be done in a repository by some day. Whoever may push changes them, whoever sees the repository reads them.

mod write;

use hardie_domain::access::RepoAction;
use hardie_domain::ids::{MilestoneId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
pub use hardie_store::milestones::{MilestoneFilter, MilestoneRow as Milestone};

use crate::access::repo_for;
use crate::{App, Ctx, Error, Result};

pub use write::{MilestoneChange, NewMilestone, create_milestone, delete_milestone, update_milestone};

const MILESTONE: &str = "milestone";

/// Milestones, those first that are due first.
pub async fn list_milestones(app: &App, ctx: &Ctx, path: &RepoPath, filter: &MilestoneFilter, page: Page) -> Result<Paged<Milestone>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    Ok(app.store.list_milestones(access.repo.id, filter, page).await?)
}

/// A milestone by its id or, where that is none of a milestone here, by its title.
pub async fn get_milestone(app: &App, ctx: &Ctx, path: &RepoPath, key: &str) -> Result<Milestone> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    named(app, access.repo.id, key).await
}

async fn named(app: &App, repo: RepoId, key: &str) -> Result<Milestone> {
    if let Ok(id) = key.parse()
        && let Some(found) = app.store.find_milestone(repo, MilestoneId(id)).await?
    {
        return Ok(found);
    }
    app.store.find_milestone_by_title(repo, key).await?.ok_or(Error::NotFound(MILESTONE))
}
