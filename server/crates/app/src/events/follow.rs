//! Following the log: what happens in the repositories that somebody administers, from a place on, as it happens.
//!
//! Who follows reads the log by itself, only when there is news: one look at the end of the log, in `worker`, serves all who wait.

use std::collections::HashMap;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::{EventSeq, RepoId};
use hardie_domain::scope::{Category, Level};
use hardie_store::events::BATCH_BYTES;
use tokio::sync::watch;

use super::{Event, require_kept};
use crate::access::{is_admin, repo_by_id, require_more_than_public, require_scope};
use crate::identity::as_of_now;
use crate::{App, Ctx, Error, Result};

/// Events read at once, whether or not they are shown.
const BATCH: u32 = 100;

/// Somebody who follows the log. Dropping it is leaving.
pub struct Follower {
    app: App,
    ctx: Ctx,
    at: EventSeq,
    end: watch::Receiver<i64>,
}

/// What there was to read.
pub struct Heard {
    /// Those that the asker may see, in order.
    pub events: Vec<Event>,
    /// The place up to which the log was read, the events that are not shown included.
    pub upto: EventSeq,
    /// Whether more can be read at once.
    pub more: bool,
}

/// Begins after `since`, or with what happens from now on.
///
/// Administrators of the server are shown everything, others what happens in repositories that they administer when it is read: the rule of
/// [`super::list_events`]. Fails with `Gone` if events after `since` are not kept any more.
pub async fn follow(app: &App, ctx: &Ctx, since: Option<EventSeq>) -> Result<Follower> {
    if !is_admin(ctx, Level::Read) {
        // A credential to which nothing will ever be shown is told so.
        require_scope(ctx, Category::Repository, Level::Write)?;
        require_more_than_public(ctx)?;
    }
    let end = app.wakes.follow();
    let last = app.store.last_event().await?;
    if since.is_some_and(|since| since > last) {
        return Err(Error::Invalid(Invalid::new("since", format!("is beyond the end of the log, {last}"))));
    }
    if let Some(since) = since {
        require_kept(app, since).await?;
    }
    Ok(Follower { app: app.clone(), ctx: ctx.clone(), at: since.unwrap_or(last), end })
}

impl Follower {
    /// The place up to which the log was read.
    pub fn at(&self) -> EventSeq {
        self.at
    }

    /// Reads on. Fails if the credential does not stand any more, or what comes next is not kept.
    pub async fn read(&mut self) -> Result<Heard> {
        let ctx = as_of_now(&self.app, &self.ctx).await?;
        let read = self.app.store.list_events_since(self.at, BATCH).await?;
        // Looked at afterwards: what is removed in between is noticed.
        require_kept(&self.app, self.at).await?;
        let upto = read.last().map_or(self.at, |event| event.seq);
        let bytes: usize = read.iter().map(|event| event.payload.len()).sum();
        let more = u32::try_from(read.len()).is_ok_and(|read| read >= BATCH) || bytes >= BATCH_BYTES;
        let events = shown(&self.app, &ctx, read).await?;
        self.at = upto;
        Ok(Heard { events, upto, more })
    }

    /// Waits until the log goes on.
    pub async fn news(&mut self) {
        let at = self.at.0;
        if self.end.wait_for(|end| *end > at).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Those that the asker may see as of now.
async fn shown(app: &App, ctx: &Ctx, events: Vec<Event>) -> Result<Vec<Event>> {
    if is_admin(ctx, Level::Read) {
        return Ok(events);
    }
    let mut known: HashMap<RepoId, bool> = HashMap::new();
    let mut shown = Vec::new();
    for event in events {
        let Some(repo) = event.repo else { continue };
        let may_see = match known.get(&repo) {
            Some(may_see) => *may_see,
            None => {
                let may_see = match repo_by_id(app, ctx, repo, RepoAction::Administer).await {
                    Ok(_) => true,
                    Err(Error::NotFound(_) | Error::Forbidden(_)) => false,
                    Err(error) => return Err(error),
                };
                known.insert(repo, may_see);
                may_see
            }
        };
        if may_see {
            shown.push(event);
        }
    }
    Ok(shown)
}

/// Tells those who follow how far the log goes, if anybody does.
pub async fn tell_followers(app: &App) -> Result<()> {
    if app.wakes.is_followed() {
        app.wakes.tell(app.store.last_event().await?.0);
    }
    Ok(())
}
