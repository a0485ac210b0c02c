//! Collection: objects that no ref reaches are set apart, and removed when their grace is over.
//!
//! A look works on one snapshot and replaces exactly its packs, in one transaction. Where something is removed, that transaction
//! sees refs that were looked at, and moves the epoch by which a push under way notices: what a push was judged by is judged again.

mod counts;
mod exchange;

use std::time::Duration;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::time::Timestamp;
use hardie_git::collect::{self, Held, State, Task};
use hardie_git::packs::PackHash;
use hardie_store::refs::RepoSnapshot;
use tokio::task::spawn_blocking;

use super::made::work_name;
use crate::cancel::CancelOnDrop;
use crate::error::with_causes;
use crate::{App, Ctx, Error, Result, access, damage};
pub use counts::CollectionCounts;
use exchange::Exchanged;

/// Looks in a row at a repository that changes under each.
const TRIES: u32 = 3;
/// Repositories listed in one go.
const BATCH: u32 = 100;
/// Between two looks at one repository there is at least this, whatever the operator set.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// A repository that could not be looked at is not tried again before.
const PAUSE_AFTER_FAULT: Duration = Duration::from_secs(3600);
/// Bytes of a pack that the server writes anew by itself for a single object.
const SMALL: u64 = 64 << 20;
/// Looks while something may become unreachable by time alone, in pauses.
const WAITING_PAUSES: u32 = 7;

/// How thorough a look is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As the server does by itself: a large pack is not written anew for a few objects.
    ByNeed,
    /// Every pack that holds something unreached.
    Thorough,
    /// The same, and all that no ref reaches is removed at once: neither the reflog nor any grace keeps it.
    AtOnce,
}

/// What a look did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    /// Packs that others replaced.
    pub superseded: u64,
    /// Bytes of the repository's packs before.
    pub bytes_before: u64,
    /// And after.
    pub bytes_after: u64,
    /// Objects that were written anew because something reaches them.
    pub kept: u64,
    /// Objects that nothing reaches and that wait for the end of their grace, as of this look.
    pub set_apart: u64,
    /// Objects that are gone from the repository.
    pub removed: u64,
    /// Replaced packs whose files stay although all was to go at once: other repositories, a backup or a push hold them.
    pub held: u64,
}

/// All repositories together.
#[derive(Clone, Debug, Default)]
pub struct Collections {
    /// Repositories looked at.
    pub repos: u64,
    /// What was done.
    pub sum: Collection,
    /// `owner/name` and why it could not be looked at.
    pub faults: Vec<(String, String)>,
}

/// Looks at the repository that waits for longest, if one does; whether there was one.
pub async fn collect_next(app: &App) -> Result<bool> {
    let now = app.clock.now();
    if app.store.is_backup_under_way(now).await? {
        return Ok(false);
    }
    let Some(repo) = app.store.next_to_collect(now).await? else { return Ok(false) };
    if let Err(error) = collect_repo(app, repo, How::ByNeed).await {
        // One damaged repository must not keep the others from being looked at.
        tracing::error!(error = &error as &dyn std::error::Error, repo.id = %repo, "could not look for unreachable objects");
        let mut tx = app.store.begin().await?;
        let generation = tx.find_generation(repo).await?.unwrap_or_default();
        let later = after(app.clock.now(), PAUSE_AFTER_FAULT.max(app.config.retention.look));
        tx.set_collect_at(repo, generation, Some(later), later).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// Looks at every repository. For the command line; `tell` hears of each.
pub async fn collect_all(app: &App, mut tell: impl FnMut(&str, &Collection)) -> Result<Collections> {
    let mut all = Collections::default();
    let mut last = RepoId(0);
    loop {
        let ids = app.store.list_repo_ids(last, BATCH).await?;
        let Some(end) = ids.last() else { return Ok(all) };
        last = *end;
        for id in ids {
            // A deleted one stays as it is until it is restored or purged.
            let Some(snapshot) = app.store.load_snapshot(id).await? else { continue };
            let name = format!("{}/{}", snapshot.owner.name, snapshot.repo.name);
            drop(snapshot);
            match collect_repo(app, id, How::Thorough).await {
                Ok(done) => {
                    tell(&name, &done);
                    all.repos += 1;
                    all.sum.add(&done);
                }
                Err(error) => all.faults.push((name, with_causes(&error))),
            }
        }
    }
}

/// Looks at `OWNER/REPO`. For the command line.
pub async fn collect_one(app: &App, path: &str, how: How) -> Result<Collection> {
    let path = RepoPath::parse(path).ok_or_else(|| Invalid::new("repo", "must look like OWNER/REPO"))?;
    let found = access::repo_for(app, &Ctx::system(), &path, RepoAction::Administer).await?;
    collect_repo(app, found.repo.id, how).await
}

async fn collect_repo(app: &App, repo: RepoId, how: How) -> Result<Collection> {
    let done = match damage::settle(app).await {
        Ok(()) => look(app, repo, how).await,
        Err(error) => Err(error),
    };
    if done.is_err() {
        damage::settle_or_log(app).await;
    }
    app.git.collections.note(&done, app.clock.now());
    done
}

async fn look(app: &App, repo: RepoId, how: How) -> Result<Collection> {
    for _ in 0..TRIES {
        let Some(snapshot) = app.store.load_snapshot(repo).await? else { return Err(Error::NotFound("repository")) };
        if snapshot.packs.iter().any(|pack| pack.damaged) {
            return Err(damage::refuse());
        }
        let now = app.clock.now();
        let collected = work(app, &snapshot, how, now).await?;
        let exchanged = exchange::exchange(app, &snapshot, how, &collected, now).await;
        drop(spawn_blocking(move || drop(collected)));
        match exchanged? {
            Exchanged::Done(done) => return Ok(done),
            Exchanged::Changed => tracing::debug!(repo.id = %repo, "the repository changed while it was looked at"),
        }
    }
    Err(Error::Unavailable("the repository changed each time it was looked at: try again".to_owned()))
}

async fn work(app: &App, snapshot: &RepoSnapshot, how: How, now: Timestamp) -> Result<collect::Collected> {
    let (repo, retention) = (snapshot.repo.id, app.config.retention);
    let reflog = match how {
        How::AtOnce => Vec::new(),
        How::ByNeed | How::Thorough => app.store.list_reflog_oids(repo, before(now, retention.reflog)).await?,
    };
    let state = |since: Option<Timestamp>| match since {
        None => State::Ordinary,
        Some(since) => State::Cruft { expired: after(since, retention.cruft) <= now },
    };
    let held: Vec<Held> = snapshot.packs.iter().map(|p| Held { hash: PackHash(p.hash), state: state(p.unreached_since) }).collect();
    let refs = snapshot.refs.iter().map(|r| r.oid).collect();
    let small = if how == How::ByNeed { SMALL } else { u64::MAX };
    let task = Task { refs, reflog, small, at_once: how == How::AtOnce };
    let (store, id) = (app.packs.clone(), work_name(app, "gc", repo));
    let (permit, wall) = (app.git.build_permit().await, app.config.git_limits.wall);
    // Dropped with this future when the server stops: the walk and the child end.
    let gone = CancelOnDrop::default();
    let cancel = gone.0.clone();
    let run = move || {
        let _permit = permit;
        collect::collect(&store, &id, &held, &task, wall, &cancel)
    };
    spawn_blocking(run).await.map_err(Error::internal)?.map_err(|error| {
        damage::suspect(app, repo, &error);
        Error::writing(error)
    })
}

impl Collection {
    fn add(&mut self, other: &Collection) {
        let Collection { superseded, bytes_before, bytes_after, kept, set_apart, removed, held } = other;
        self.superseded += superseded;
        self.bytes_before += bytes_before;
        self.bytes_after += bytes_after;
        self.kept += kept;
        self.set_apart += set_apart;
        self.removed += removed;
        self.held += held;
    }
}

/// So much later.
pub(crate) fn after(at: Timestamp, time: Duration) -> Timestamp {
    at.plus_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

fn before(at: Timestamp, time: Duration) -> Timestamp {
    at.plus_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_neg())
}
