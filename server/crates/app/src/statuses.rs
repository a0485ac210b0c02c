//! What builds and checks found of commits.

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::event;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
pub use hardie_domain::status::{CommitState, Finding};
use hardie_store::Tx;
use hardie_store::statuses::NewCommitStatus;
pub use hardie_store::statuses::{CombinedRow as Combined, CommitStatusFilter, CommitStatusRow};
use serde_json::json;

use crate::access::{RepoAccess, repo_for};
use crate::accounts::{Account, shown_by_id};
use crate::browse::{commit_named, require_commit};
use crate::events::{Cause, announce_caused};
use crate::repos::Repo;
use crate::{App, Ctx, Error, Result};

/// Contexts that one commit may have. Those who write at the same moment may pass it by their number.
const MAX_CONTEXTS: u64 = 1_000;
/// Findings of one context of one commit that are kept.
const KEPT: u32 = 100;

/// One finding with whoever said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    /// What was found, of which commit, and when.
    pub row: CommitStatusRow,
    /// Who said so; `None` if the account is gone.
    pub creator: Option<Account>,
}

/// What is known of a commit, taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStanding {
    /// Where.
    pub repo: Repo,
    /// The commit.
    pub sha: Oid,
    /// The newest findings together; `None` if there are none.
    pub combined: Option<Combined>,
    /// One page of the newest findings, by context.
    pub newest: Vec<CommitStatus>,
}

/// What a client says of a commit, not yet measured against the rules.
#[derive(Clone, Debug, Default)]
pub struct NewStatus {
    /// One of [`CommitState`].
    pub state: String,
    /// Which check it is; `default` if empty.
    pub context: String,
    /// A few words.
    pub description: String,
    /// Where more is told.
    pub target_url: String,
}

/// Writes down what was found of the commit with this full id. For those who may push.
///
/// It leaves no line in the audit log: the rows say who said what, and builds say much.
pub async fn create_status(app: &App, ctx: &Ctx, path: &RepoPath, sha: &str, new: NewStatus) -> Result<CommitStatus> {
    let access = repo_for(app, ctx, path, RepoAction::Push).await?;
    let finding = Finding::new(&new.state, &new.context, &new.description, &new.target_url)?;
    let sha = Oid::from_hex(sha.as_bytes()).ok_or_else(|| Invalid::new("sha", "must be the full id of a commit, 40 hexadecimal digits"))?;
    require_commit(app, &access, sha).await?;
    let mut tx = app.store.begin().await?;
    let row = write_status(&mut tx, app, ctx, &access, sha, finding, Cause::default()).await?;
    tx.commit().await?;
    app.wakes.committed();
    with_creators(app, ctx, vec![row]).await?.pop().ok_or(Error::NotFound("commit status"))
}

/// Writes a finding and announces it. Whoever calls knows that it may be said, and that a visible ref reaches the commit.
pub(crate) async fn write_status(
    tx: &mut Tx,
    app: &App,
    ctx: &Ctx,
    access: &RepoAccess,
    sha: Oid,
    finding: Finding,
    cause: Cause,
) -> Result<CommitStatusRow> {
    let (creator, now) = (ctx.actor.as_ref().map(|actor| actor.id), app.clock.now());
    if tx.count_other_contexts(access.repo.id, sha, &finding.context).await? >= MAX_CONTEXTS {
        return Err(Error::Quota(format!("a commit may have {MAX_CONTEXTS} contexts: say more with fewer")));
    }
    let id = tx.insert_commit_status(&NewCommitStatus { repo: access.repo.id, sha, finding: &finding, creator, at: now }, KEPT).await?;
    let more = json!({
        "id": id.0, "sha": sha.to_hex(), "context": finding.context, "state": finding.state.as_str(),
        "description": finding.description, "target_url": finding.target_url,
    });
    announce_caused(tx, app, ctx, event::STATUS, &access.repo, &access.owner, more, cause).await?;
    Ok(CommitStatusRow { id, sha, finding, creator, created_at: now })
}

/// What was found of a commit, by a branch, a tag or an id: all that is kept.
pub async fn list_statuses(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    rev: &str,
    filter: CommitStatusFilter,
    page: Page,
) -> Result<Paged<CommitStatus>> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let sha = commit_named(app, &access, rev).await?;
    let Paged { items, total } = app.store.list_commit_statuses(access.repo.id, sha, filter, page).await?;
    Ok(Paged { items: with_creators(app, ctx, items).await?, total })
}

/// The newest findings of a commit and what they are together, by a branch, a tag or an id.
pub async fn commit_standing(app: &App, ctx: &Ctx, path: &RepoPath, rev: &str, page: Page) -> Result<CommitStanding> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let sha = commit_named(app, &access, rev).await?;
    let combined = app.store.combine_commit_statuses(access.repo.id, &[sha]).await?.pop();
    let newest = app.store.list_newest_commit_statuses(access.repo.id, sha, page).await?;
    Ok(CommitStanding { repo: Repo::of(ctx, access), sha, combined, newest: with_creators(app, ctx, newest).await? })
}

async fn with_creators(app: &App, ctx: &Ctx, rows: Vec<CommitStatusRow>) -> Result<Vec<CommitStatus>> {
    let creators = shown_by_id(app, ctx, rows.iter().filter_map(|row| row.creator)).await?;
    let joined = |row: CommitStatusRow| CommitStatus { creator: row.creator.and_then(|id| creators.get(&id).cloned()), row };
    Ok(rows.into_iter().map(joined).collect())
}
