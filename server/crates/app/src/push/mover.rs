//! Refs moved for somebody who speaks no git: what the API makes goes through the door as a push does, and is answered as an API is.

use std::io::{Cursor, Read};
use std::sync::Arc;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_git::Cancel;
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::report::ATOMIC;
use super::{PackSource, PushReport, PushRequest, push};
use crate::access::{RepoAccess, repo_for};
use crate::git_access::open_repo;
use crate::transport::Slot;
use crate::{App, Ctx, Error, Result, damage};

/// Gives the bytes of a pack.
pub(crate) type PackReader = Box<dyn Read + Send>;

/// Somebody who may push to a repository, with one of their turns to.
#[derive(Clone)]
pub struct RefMover {
    app: App,
    ctx: Ctx,
    access: RepoAccess,
    _slot: Arc<Slot>,
}

impl RefMover {
    /// Authorises, and takes a turn that is given back when this is dropped.
    pub async fn new(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RefMover> {
        let access = repo_for(app, ctx, path, RepoAction::Push).await?;
        let slot = Arc::new(app.git.slots.take(ctx)?);
        Ok(RefMover { app: app.clone(), ctx: ctx.clone(), access, _slot: slot })
    }

    /// The use cases.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Who asks.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// The repository.
    pub(crate) fn access(&self) -> &RepoAccess {
        &self.access
    }

    /// Moves the refs, all or none, with the pack that brings what they need.
    ///
    /// Fails with `Conflict` where one of them is not any more what the update says, `Forbidden` where rules or policies refuse, with
    /// all of their reasons.
    pub async fn push(&self, updates: Vec<RefUpdate>, pack: Option<Vec<u8>>) -> Result<()> {
        self.push_read(updates, pack.map(|bytes| Box::new(Cursor::new(bytes)) as PackReader)).await
    }

    /// As [`RefMover::push`], of a pack that is made while it is read.
    pub(crate) async fn push_read(&self, updates: Vec<RefUpdate>, pack: Option<PackReader>) -> Result<()> {
        let (mover, asked) = (self.clone(), updates.clone());
        // A task of its own: it may hold a lock of the database, and goes on when the client leaves.
        let report = tokio::spawn(async move { mover.run(asked, pack).await }.in_current_span()).await;
        damage::settle_or_log(&self.app).await;
        let report = report.map_err(Error::internal)??;
        if report.results.iter().all(|(_, outcome)| outcome.is_accepted()) {
            return Ok(());
        }
        if report.passing {
            return Err(Error::Unavailable(reasons(report)));
        }
        if report.barred {
            return Err(Error::forbidden(reasons(report)));
        }
        if report.too_large {
            return Err(Error::Quota(report.unpack.unwrap_or_default()));
        }
        if let Some(moved) = self.moved(&updates).await? {
            return Err(moved);
        }
        Err(match report.unpack {
            Some(text) => Invalid::new("content", text).into(),
            None => Error::forbidden(reasons(report)),
        })
    }

    async fn run(self, updates: Vec<RefUpdate>, pack: Option<PackReader>) -> Result<PushReport> {
        let wall = self.app.config.git_limits.wall;
        let request = PushRequest { updates, has_impossible: false, options: Vec::new(), atomic: true, certificate: None };
        // Nobody reads the progress.
        let (progress, _) = mpsc::channel(1);
        let pack = pack.map(|reader| PackSource { reader, progress, cancel: Cancel::new() });
        let late = |_| Error::Unavailable(format!("the push took longer than {} seconds", wall.as_secs()));
        let pushed = push(&self.app, &self.ctx, &self.access, request, pack);
        tokio::time::timeout(wall, pushed).await.map_err(late)?
    }

    /// The refusal for a ref that is not what an update believed.
    async fn moved(&self, updates: &[RefUpdate]) -> Result<Option<Error>> {
        let now = open_repo(&self.app, self.access.repo.id).await?;
        Ok(updates.iter().find_map(|update| {
            let current = now.refs.find(update.name.as_bytes()).map_or(Oid::ZERO, |found| found.oid);
            let name = update.name.short();
            (current != update.old).then(|| {
                Error::Conflict(match (update.old.is_zero(), current.is_zero()) {
                    (true, _) => format!("{name} exists already"),
                    (false, true) => format!("{name} was deleted meanwhile"),
                    (false, false) => {
                        format!("{name} was moved meanwhile, to {}: read it again, and repeat the change upon that", current.short())
                    }
                })
            })
        }))
    }
}

/// Why it was refused: each reason once, then what was said beside.
pub(crate) fn reasons(report: PushReport) -> String {
    let refused = report.results.into_iter().filter_map(|(_, outcome)| match outcome {
        RefOutcome::Refused(why) => Some(why),
        RefOutcome::Accepted => None,
    });
    let mut lines: Vec<String> = Vec::new();
    for line in report.unpack.into_iter().chain(refused).filter(|why| why != ATOMIC).chain(report.messages) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
