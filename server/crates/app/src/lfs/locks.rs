//! Locks: who works on a file that cannot be merged. Clients refuse to push what others hold; the server only keeps the list.

use hardie_domain::access::{Credential, RepoAction, Role};
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, LfsLockId};
use hardie_domain::names::RepoPath;
use hardie_store::lfs_locks::LfsLockFilter;
pub use hardie_store::lfs_locks::LfsLockRow as LfsLock;

use crate::access::{RepoAccess, repo_for};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

const MAX_PATH_BYTES: usize = 1024;
/// A bound on what one repository can hold.
const MAX_LOCKS: u64 = 10_000;
/// Locks of one page, and when nobody says otherwise.
const MAX_PAGE: u32 = 100;

/// What [`lock`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It is the asker's now.
    Made(LfsLock),
    /// Somebody holds it already; perhaps the asker.
    Held(LfsLock),
}

/// Which locks are wanted.
#[derive(Clone, Debug, Default)]
pub struct LockQuery {
    /// This path alone.
    pub path: Option<String>,
    /// This lock alone.
    pub id: Option<LfsLockId>,
    /// The last lock of the page before.
    pub after: Option<LfsLockId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockPage {
    /// By id.
    pub locks: Vec<LfsLock>,
    /// What to ask the next page after, if there is one.
    pub next: Option<LfsLockId>,
}

/// One page, by whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLocks {
    /// The asker's.
    pub ours: Vec<LfsLock>,
    /// Everybody else's.
    pub theirs: Vec<LfsLock>,
    /// What to ask the next page after, if there is one.
    pub next: Option<LfsLockId>,
}

/// Locks a path.
pub async fn lock(app: &App, ctx: &Ctx, repo: &RepoPath, path: &str) -> Result<Locked> {
    let access = repo_for(app, ctx, repo, RepoAction::Push).await?;
    check_path(path)?;
    if app.store.count_lfs_locks(access.repo.id).await? >= MAX_LOCKS {
        return Err(Error::Quota(format!("a repository may have {MAX_LOCKS} locks: unlock what nobody works on")));
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let made = tx.insert_lfs_lock(access.repo.id, path, holder(ctx)?, now).await?;
    let filter = LfsLockFilter { path: Some(path), ..LfsLockFilter::default() };
    let held = tx.list_lfs_locks(access.repo.id, filter, 1).await?.pop();
    let held = held.ok_or_else(|| Error::Conflict("this lock was released at the same moment; try again".to_owned()))?;
    if made.is_none() {
        return Ok(Locked::Held(held));
    }
    tx.insert_audit(&line(ctx, &access, "lfs.lock", format!("{path:?}")), now).await?;
    tx.commit().await?;
    Ok(Locked::Made(held))
}

/// Who holds what this asker locks: people do, keys of repositories do not.
fn holder(ctx: &Ctx) -> Result<AccountId> {
    let actor = ctx.require_actor()?;
    match actor.credential {
        Credential::DeployKey(_) => Err(Error::forbidden("a deploy key holds no locks and ends none: use an account's own key or token")),
        _ => Ok(actor.id),
    }
}

/// Locks of a repository, for everybody who may read it.
pub async fn list_locks(app: &App, ctx: &Ctx, repo: &RepoPath, query: &LockQuery) -> Result<LockPage> {
    let access = repo_for(app, ctx, repo, RepoAction::Read).await?;
    page(app, &access, query).await
}

/// Locks of a repository before a push: whose they are, seen by the pusher.
pub async fn verify_locks(app: &App, ctx: &Ctx, repo: &RepoPath, query: &LockQuery) -> Result<VerifiedLocks> {
    let access = repo_for(app, ctx, repo, RepoAction::Push).await?;
    // A deploy key holds none, not even those of the account beside it.
    let asker = holder(ctx).ok();
    let LockPage { locks, next } = page(app, &access, query).await?;
    let (ours, theirs) = locks.into_iter().partition(|lock| Some(lock.owner) == asker);
    Ok(VerifiedLocks { ours, theirs, next })
}

/// Ends a lock: one's own, or by `force` anybody's, for administrators of the repository.
pub async fn unlock(app: &App, ctx: &Ctx, repo: &RepoPath, id: LfsLockId, force: bool) -> Result<LfsLock> {
    let access = repo_for(app, ctx, repo, RepoAction::Push).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let filter = LfsLockFilter { id: Some(id), ..LfsLockFilter::default() };
    let held = tx.list_lfs_locks(access.repo.id, filter, 1).await?.pop().ok_or(Error::NotFound("lock"))?;
    if held.owner != holder(ctx)? {
        if !force {
            return Err(Error::forbidden(format!("this lock is held by {}; ask for it, or use --force", held.owner_name)));
        }
        if access.role < Role::Admin {
            return Err(Error::forbidden(format!(
                "this lock is held by {}; only administrators of this repository may end it by force",
                held.owner_name
            )));
        }
    }
    if !tx.delete_lfs_lock(access.repo.id, id).await? {
        return Err(Error::NotFound("lock"));
    }
    tx.insert_audit(&line(ctx, &access, "lfs.unlock", format!("{:?} of {}", held.path, held.owner_name)), now).await?;
    tx.commit().await?;
    Ok(held)
}

async fn page(app: &App, access: &RepoAccess, query: &LockQuery) -> Result<LockPage> {
    let limit = query.limit.filter(|n| *n > 0).unwrap_or(MAX_PAGE).min(MAX_PAGE);
    let filter = LfsLockFilter { path: query.path.as_deref(), id: query.id, after: query.after };
    let mut locks = app.store.list_lfs_locks(access.repo.id, filter, limit + 1).await?;
    let more = locks.len() > limit as usize;
    locks.truncate(limit as usize);
    let next = locks.last().filter(|_| more).map(|lock| lock.id);
    Ok(LockPage { locks, next })
}

/// A path as git has it. Clients print it on terminals.
fn check_path(path: &str) -> Result<()> {
    let wrong = |why: &str| Err(Invalid::new("path", why).into());
    if path.is_empty() || path.len() > MAX_PATH_BYTES {
        return wrong("must have 1 to 1024 bytes");
    }
    if path.chars().any(char::is_control) {
        return wrong("must not hold control characters");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return wrong("must be a path within the repository, such as art/cover.psd");
    }
    Ok(())
}

fn line(ctx: &Ctx, access: &RepoAccess, action: &'static str, detail: String) -> hardie_domain::audit::AuditEntry {
    let mut line = entry(ctx, action);
    (line.account, line.repo) = (Some(access.owner.id), Some(access.repo.id));
    line.detail = detail;
    line
}
