//! What happened, for the world outside: announced in the transaction of the change, read in order afterwards.

mod follow;
mod pushes;

use hardie_domain::access::RepoAction;
use hardie_domain::ids::EventSeq;
use hardie_domain::names::RepoPath;
use hardie_domain::scope::Level;
use hardie_store::Tx;
pub use hardie_store::certificates::CertificateRow;
pub use hardie_store::events::EventRow as Event;
pub(crate) use hardie_store::outbox::Cause;
use hardie_store::repos::RepoRow;
use serde_json::{Value, json};

use crate::access::{repo_for, require_admin};
use crate::accounts::Account;
use crate::{App, Ctx, Error, Result};

pub use follow::{Follower, Heard, follow, tell_followers};
pub use pushes::{PushLine, get_push, get_push_certificate, list_pushes};

const MAX_EVENTS: u32 = 100;

/// Events after `since`, in order: of one repository for its administrators, of all for the server's. At most 100, and fewer that
/// are large: the end is where nothing comes any more. Without `since` they begin with the oldest that is kept; `Gone` if some after `since` are not kept any more.
pub async fn list_events(app: &App, ctx: &Ctx, repo: Option<&RepoPath>, since: Option<EventSeq>, limit: u32) -> Result<Vec<Event>> {
    let limit = limit.clamp(1, MAX_EVENTS);
    let from = since.unwrap_or(EventSeq(0));
    let events = match repo {
        Some(path) => {
            let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
            app.store.list_repo_events_since(access.repo.id, from, limit).await?
        }
        None => {
            require_admin(ctx, Level::Read)?;
            app.store.list_events_since(from, limit).await?
        }
    };
    // Looked at afterwards: what is removed in between is noticed.
    if let Some(since) = since {
        require_kept(app, since).await?;
    }
    Ok(events)
}

/// `Gone` if some of the events after `since` are not kept any more.
async fn require_kept(app: &App, since: EventSeq) -> Result<()> {
    let first = app.store.first_event().await?;
    match since.0.saturating_add(1) < first.0 {
        true => Err(Error::Gone(format!("the events after {since} are not all kept: the oldest that is left is {first}"))),
        false => Ok(()),
    }
}

/// Announces a change of a repository. `more` is an object whose fields join the common ones.
pub(crate) async fn announce(tx: &mut Tx, app: &App, ctx: &Ctx, kind: &str, repo: &RepoRow, owner: &Account, more: Value) -> Result<()> {
    announce_caused(tx, app, ctx, kind, repo, owner, more, Cause::default()).await
}

/// As [`announce`], for what a handler may have caused.
#[expect(clippy::too_many_arguments, reason = "all that is known of one change")]
pub(crate) async fn announce_caused(
    tx: &mut Tx,
    app: &App,
    ctx: &Ctx,
    kind: &str,
    repo: &RepoRow,
    owner: &Account,
    more: Value,
    cause: Cause,
) -> Result<()> {
    let mut payload = json!({
        "repository": {
            "id": repo.id.0,
            "name": repo.name.as_str(),
            "full_name": format!("{}/{}", owner.name, repo.name),
            "owner": { "id": owner.id.0, "login": owner.name.as_str() },
            "private": repo.visibility == hardie_domain::access::Visibility::Private,
            "archived": repo.archived,
            "default_branch": repo.default_branch.short(),
        },
        "actor": ctx.actor.as_ref().map(|a| json!({ "id": a.id.0, "login": a.name.as_str() })),
    });
    if let (Value::Object(common), Value::Object(more)) = (&mut payload, more) {
        common.extend(more);
    }
    tx.insert_caused_outbox(kind, Some(repo.id), &payload.to_string(), app.clock.now(), cause).await?;
    Ok(())
}
