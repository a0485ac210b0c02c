//! Webhooks as those see them who administer a repository, an organisation or the server.

use hardie_domain::error::Invalid;
use hardie_domain::event::WEBHOOK_TEST;
use hardie_domain::ids::InstallationId;
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::Mode;
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::{BUILT_IN, MOST, kinds_of};
use hardie_store::plugins::{InstallationRow, NewInstallation, Scope};
use serde_json::json;

use super::kept::{ADDRESS, AUTHORIZATION, KEY, Kept, checked_address, checked_secret, keep};
use super::settings::Settings;
use crate::browse::commit;
use crate::deliveries::{audit as audit_own, clear_out};
use crate::events::{Cause, announce_caused};
use crate::plugins::{Guarded, HandlerView, Receiver, Target, administered, audit, lock, remove, resume, view_of};
use crate::{App, Ctx, Error, Result};

/// Removals that are ended in one go.
const LEAVING: u32 = 100;

/// A webhook to be made.
#[derive(Clone, Debug, Default)]
pub struct NewWebhook {
    /// Where it sends.
    pub url: String,
    /// What it signs with; nothing is signed if it is empty.
    pub secret: String,
    /// What it sends as `Authorization`; none if it is empty.
    pub authorization: String,
    /// `json` or `form`.
    pub content_type: String,
    /// Names of events; `push` if there are none.
    pub events: Vec<String>,
    /// Which branches; all if it is empty.
    pub branch_filter: String,
    /// Whether it is told of anything.
    pub active: bool,
}

/// A webhook. Neither its secret nor its header is shown to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: InstallationId,
    /// Where it sends; empty if this server has not the key that sealed it.
    pub url: String,
    /// What it is told.
    pub events: Vec<String>,
    /// Which branches.
    pub branch_filter: String,
    /// `json` or `form`.
    pub content_type: String,
    /// Whether it signs.
    pub signs: bool,
    /// How it goes: whether it is switched on, rests or waits for a person, and how much waits.
    pub handling: HandlerView,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The webhooks of exactly this target, the oldest first.
pub async fn list_webhooks(app: &App, ctx: &Ctx, target: &Target, page: Page) -> Result<Paged<Webhook>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let Paged { items, total } = app.store.list_webhooks(guarded.scope(), page).await?;
    let mut list = Vec::with_capacity(items.len());
    for row in items {
        match view(app, row).await {
            Ok(webhook) => list.push(webhook),
            // Somebody removes it at this moment.
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Paged { items: list, total })
}

/// One of them.
pub async fn get_webhook(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<Webhook> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    view(app, owned(app, &guarded, id).await?).await
}

/// Makes one.
pub async fn create_webhook(app: &App, ctx: &Ctx, target: &Target, new: NewWebhook) -> Result<Webhook> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let settings = Settings::checked(&new.events, &new.branch_filter, &new.content_type)?;
    let (address, destination) = checked_address(app, &new.url)?;
    let key = checked_secret("config.secret", &new.secret)?;
    let authorization = checked_secret("authorization_header", &new.authorization)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    if tx.list_webhooks(guarded.scope(), Page::new(Some(1), Some(1))).await?.total >= MOST {
        return Err(Error::Quota(format!("{MOST} webhooks may be in one place")));
    }
    tx.insert_built_in_component(now).await?;
    let row = NewInstallation {
        scope: guarded.scope(),
        // No plugin has a name with a colon.
        name: &format!("webhook:{}", app.entropy.name()),
        digest: BUILT_IN,
        mode: mode(new.active),
        fail_open: false,
        config: &settings.to_config()?,
        grants: &[],
        by: ctx.actor.as_ref().map(|actor| actor.id),
        at: now,
    };
    let taken = || Error::internal("two webhooks got one name");
    let id = tx.insert_installation(&row).await?.ok_or_else(taken)?;
    tx.insert_handler(id).await?;
    tx.set_handler_kinds(id, &kinds_of(&settings.events)).await?;
    tx.set_installation_hosts(id, &[format!("POST {destination}")]).await?;
    for (name, value) in [(ADDRESS, Some(&address)), (KEY, key.as_ref()), (AUTHORIZATION, authorization.as_ref())] {
        keep(&mut tx, app, ctx, id, name, &destination, value).await?;
    }
    // Of the address the host alone: what is behind it often lets in whoever knows it.
    let detail = format!("webhook {id} of {}: {} to {destination}", guarded.name(), settings.events.join(", "));
    audit(&mut tx, app, ctx, &guarded, "webhook.create", detail).await?;
    tx.commit().await?;
    view(app, owned(app, &guarded, id).await?).await
}

/// Removes one, with all that it was told or waits to be.
pub async fn remove_webhook(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<()> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    // One whose removal did not come to its end, too: this ends it.
    let row = Receiver::Webhook.owned(app, &guarded, id).await?;
    let detail = format!("webhook {id} of {}, which sent to {}", guarded.name(), row.hosts.join(", "));
    remove(app, ctx, &guarded, id, "webhook.remove", detail).await
}

/// Sends what waits now, where the receiver did not answer. With `skip`, what waits is not sent any more.
pub async fn resume_webhook(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, skip: bool) -> Result<Webhook> {
    resume(app, ctx, target, Receiver::Webhook, id, skip).await?;
    get_webhook(app, ctx, target, id).await
}

/// Has the newest commit of the default branch sent, as if it had been pushed now, behind all that waits.
pub async fn test_webhook(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<()> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let row = owned(app, &guarded, id).await?;
    let (Guarded::Repo(access), Target::Repo(path)) = (&guarded, target) else {
        return Err(Invalid::new("id", "only a repository's webhook has something to be tested with").into());
    };
    if row.mode == Mode::Off {
        return Err(Error::Conflict("this webhook is not active: nothing is sent".to_owned()));
    }
    let branch = &access.repo.default_branch;
    let tip = match commit(app, ctx, path, &branch.short()).await {
        Ok(detail) => detail.commit.info,
        Err(Error::NotFound(_)) => return Err(Error::Conflict("the default branch has no commit yet that could be sent".to_owned())),
        Err(error) => return Err(error),
    };
    let before = tip.parents.first().copied().unwrap_or(Oid::ZERO);
    let refs = json!([{ "ref": branch.to_string(), "before": before.to_hex(), "after": tip.id.to_hex() }]);
    let mut tx = app.store.begin().await?;
    let cause = Cause { installation: Some(id), ..Cause::default() };
    announce_caused(&mut tx, app, ctx, WEBHOOK_TEST, &access.repo, &access.owner, json!({ "refs": refs }), cause).await?;
    audit(&mut tx, app, ctx, &guarded, "webhook.test", format!("webhook {id} of {}", guarded.name())).await?;
    tx.commit().await?;
    app.wakes.committed();
    Ok(())
}

/// Ends removals that a crash or a full disk interrupted; of how many webhooks.
pub(crate) async fn end_removals(app: &App) -> Result<u64> {
    let mut ended = 0;
    for row in app.store.list_leaving_webhooks(LEAVING).await? {
        clear_out(app, row.id).await?;
        let mut tx = app.store.begin().await?;
        if let Scope::Repo(repo) = row.scope {
            // The repository first: it is the one order in which everybody takes locks.
            tx.lock_repo(repo).await?;
        }
        if tx.delete_installation(row.scope, row.id).await? {
            audit_own(&mut tx, app, &row, "webhook.remove", "its removal, which was interrupted, came to its end").await?;
            tx.commit().await?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// A webhook of exactly this target, which nobody is removing.
pub(super) async fn owned(app: &App, guarded: &Guarded, id: InstallationId) -> Result<InstallationRow> {
    let row = Receiver::Webhook.owned(app, guarded, id).await?;
    app.store.find_handler(id).await?.ok_or(Error::NotFound("webhook"))?;
    Ok(row)
}

pub(super) fn mode(active: bool) -> Mode {
    if active { Mode::Enforce } else { Mode::Off }
}

pub(super) async fn view(app: &App, row: InstallationRow) -> Result<Webhook> {
    let kept = Kept::of(app, row.id).await?;
    let url = kept.open(app, ADDRESS).unwrap_or_else(|why| {
        tracing::warn!(webhook = %row.id, %why, "the address of a webhook does not open");
        None
    });
    let settings = Settings::parse(&row.config);
    Ok(Webhook {
        id: row.id,
        url: url.map(|url| url.expose().to_owned()).unwrap_or_default(),
        events: settings.events,
        branch_filter: settings.branch_filter,
        content_type: settings.content_type,
        signs: kept.row(KEY).is_some(),
        handling: view_of(app, &row).await?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
