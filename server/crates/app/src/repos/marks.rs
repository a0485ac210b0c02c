//! Stars and watches: what an account says of a repository that it may see.

use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
use hardie_domain::time::Timestamp;
pub use hardie_store::marks::Mark;

use crate::access::{repo_for, require_scope};
use crate::accounts::{Account, shown};
use crate::{App, Ctx, Error, Result};

/// Marks of one kind that one account may make.
const MOST: u64 = 10_000;

/// A star is a thing of the account, a watch one of the repository, as Gitea's scopes have it.
fn category(mark: Mark) -> Category {
    match mark {
        Mark::Star => Category::User,
        Mark::Watch => Category::Repository,
    }
}

/// Since when the actor has marked a repository; `None` if it is not marked.
pub async fn find_mark(app: &App, ctx: &Ctx, path: &RepoPath, mark: Mark) -> Result<Option<Timestamp>> {
    let actor = require_scope(ctx, category(mark), Level::Read)?.id;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    Ok(app.store.find_mark(actor, mark, access.repo.id).await?)
}

/// Marks a repository or takes the mark away, for the actor. Twice is once.
///
/// It leaves no line in the audit log: it changes nothing but how the repository stands with its readers.
pub async fn set_mark(app: &App, ctx: &Ctx, path: &RepoPath, mark: Mark, is_marked: bool) -> Result<()> {
    let actor = require_scope(ctx, category(mark), Level::Write)?.id;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    if is_marked && app.store.count_marks(actor, mark).await? >= MOST {
        return Err(Error::Quota(format!("an account may mark {MOST} repositories so: take some marks away first")));
    }
    let mut tx = app.store.begin().await?;
    tx.set_mark(actor, mark, access.repo.id, is_marked, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Accounts that marked a repository, the first of them first.
pub async fn list_markers(app: &App, ctx: &Ctx, path: &RepoPath, mark: Mark, page: Page) -> Result<Paged<Account>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    Ok(app.store.list_markers(access.repo.id, mark, page).await?.map(|account| shown(ctx, account)))
}
