//! One authorised look into one snapshot, on a blocking thread, in turn and within bounds.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_git::reach::Reach;
use hardie_git::{Budget, Cancel};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::proof::Proof;
use super::revision::{self, Revision};
use crate::access::{RepoAccess, repo_for};
use crate::cancel::CancelOnDrop;
use crate::git_access::{RepoHandle, open_repo};
use crate::{App, Ctx, Error, Result, damage};

/// Who waits longer for a turn is told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// Objects looked at for one page, and the time for it.
const STEPS: u64 = 2_000_000;
const TIME: Duration = Duration::from_secs(10);

/// A repository that the asker may read, as it was at one moment.
pub(crate) struct Reading {
    pub handle: Arc<RepoHandle>,
    app: App,
    cancel: Cancel,
}

impl Reading {
    /// What one page may cost.
    pub fn budget(&self) -> Budget {
        Budget::new(STEPS, TIME, &self.cancel)
    }

    /// A smaller budget, for what a page can do without.
    pub fn spare_budget(&self, time: Duration) -> Budget {
        Budget::new(STEPS, time, &self.cancel)
    }

    /// What a name means; the default branch if there is none.
    pub fn resolve(&self, name: Option<&str>) -> Result<Revision> {
        revision::resolve(self, name)
    }

    /// Whether a visible ref reaches the object.
    pub fn may_read(&self, id: &Oid) -> Result<bool> {
        if self.handle.reached().contains(id) {
            return Ok(true);
        }
        let answer = self.reach().may_read(id).map_err(explain)?;
        if answer {
            self.handle.reached().note([*id]);
        }
        Ok(answer)
    }

    /// The same about many objects, all within this time.
    pub fn proof(&self, time: Duration) -> Proof<'_> {
        Proof::new(self, self.reach().within(time))
    }

    fn reach(&self) -> Reach {
        let known = self.app.git.histories.of(&self.handle);
        Reach::new(self.handle.odb.clone(), self.handle.refs.clone()).with_known(known).with_cancel(self.cancel.clone())
    }
}

/// Authorises, opens, waits for a turn and runs the work. Ends the work when the asker goes away.
pub(super) async fn read<T: Send + 'static>(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    read_authorised(app, &access, work).await
}

/// As [`read`], for what takes seconds: each asker has few of these under way, and all together half of the turns, so that pages,
/// fetches and pushes go on.
pub(super) async fn read_slowly<T: Send + 'static>(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    read_authorised_slowly(app, ctx, &access, work).await
}

/// As [`read_slowly`], for whoever had to know the repository before the work.
pub(crate) async fn read_authorised_slowly<T: Send + 'static>(
    app: &App,
    ctx: &Ctx,
    access: &RepoAccess,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    let _slot = app.git.slow_slots.take(ctx)?;
    let turn = timeout(LONGEST_WAIT, app.git.slow_permit()).await.map_err(busy)?;
    read_authorised(app, access, move |reading| {
        let _turn = turn;
        work(reading)
    })
    .await
}

fn busy(_: Elapsed) -> Error {
    Error::Unavailable("too many pages are being made at this moment: try again in a few seconds".to_owned())
}

/// As [`read`], for whoever had to know the repository before the work.
pub(crate) async fn read_authorised<T: Send + 'static>(
    app: &App,
    access: &RepoAccess,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    read_with(app, access, app.git.work_permit(), work).await
}

/// As [`read_authorised`], for what nobody waits for: it takes none of the turns that pages, fetches and pushes need.
pub(crate) async fn read_aside<T: Send + 'static>(
    app: &App,
    access: &RepoAccess,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    read_with(app, access, app.git.slow_permit(), work).await
}

async fn read_with<T: Send + 'static>(
    app: &App,
    access: &RepoAccess,
    turn: impl Future<Output = Option<OwnedSemaphorePermit>>,
    work: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    let handle = open_repo(app, access.repo.id).await?;
    let permit = timeout(LONGEST_WAIT, turn).await.map_err(busy)?;
    let gone = CancelOnDrop::default();
    let has_lost = !handle.odb.lost().is_empty();
    let reading = Reading { handle, app: app.clone(), cancel: gone.0.clone() };
    let done = spawn_blocking(move || {
        let _permit = permit;
        work(&reading)
    });
    let done = done.await.map_err(Error::internal)?;
    if done.is_err() {
        damage::settle_or_log(app).await;
    }
    match done {
        Err(Error::NotFound("object")) if has_lost => Err(damage::may_be_lost()),
        done => done,
    }
}

/// What git's errors mean to somebody who looks at a page.
pub(crate) fn explain(error: hardie_git::Error) -> Error {
    match error {
        hardie_git::Error::NotFound(_) => Error::NotFound("object"),
        hardie_git::Error::WrongKind { .. } => Error::NotFound("object of that kind"),
        hardie_git::Error::TooLarge(text) => Error::Quota(text),
        hardie_git::Error::Stopped(text) => Error::Unavailable(format!("this page took too long ({text})")),
        other => Error::internal(other),
    }
}
