//! Changing a webhook: what is not named stays as it is, secrets too.

use hardie_domain::error::Invalid;
use hardie_domain::ids::InstallationId;
use hardie_domain::scope::Level;
use hardie_domain::webhook::kinds_of;
use hardie_store::plugins::InstallationChange;

use super::kept::{ADDRESS, AUTHORIZATION, KEY, Kept, checked_address, checked_secret, keep};
use super::manage::{Webhook, mode, owned, view};
use super::settings::Settings;
use crate::plugins::{Target, administered, audit, lock};
use crate::{App, Ctx, Error, Result};

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// Where it sends.
    pub url: Option<String>,
    /// What it signs with; empty for nothing.
    pub secret: Option<String>,
    /// What it sends as `Authorization`; empty for none.
    pub authorization: Option<String>,
    /// `json` or `form`.
    pub content_type: Option<String>,
    /// Names of events.
    pub events: Option<Vec<String>>,
    /// Which branches.
    pub branch_filter: Option<String>,
    /// Whether it is told of anything.
    pub active: Option<bool>,
}

/// Changes a webhook. What waited for its receiver is tried again.
pub async fn update_webhook(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, change: WebhookChange) -> Result<Webhook> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let before = Settings::parse(&owned(app, &guarded, id).await?.config);
    let settings = Settings::checked(
        change.events.as_ref().unwrap_or(&before.events),
        change.branch_filter.as_ref().unwrap_or(&before.branch_filter),
        change.content_type.as_ref().unwrap_or(&before.content_type),
    )?;
    let address = change.url.as_deref().map(|url| checked_address(app, url)).transpose()?;
    let key = change.secret.as_deref().map(|value| checked_secret("config.secret", value)).transpose()?;
    let authorization = change.authorization.as_deref().map(|value| checked_secret("authorization_header", value)).transpose()?;
    let kept = Kept::of(app, id).await?;
    let sent_to = kept.row(ADDRESS).map(|row| row.destination.clone()).unwrap_or_default();
    let destination = address.as_ref().map_or(&sent_to, |(_, destination)| destination);
    if *destination != sent_to && authorization.is_none() && kept.row(AUTHORIZATION).is_some() {
        // Whoever changes the address would have the header sent to a host of theirs.
        let why = format!("was set for {sent_to}, to which it stays bound: give it again with the new address, or leave it empty");
        return Err(Invalid::new("authorization_header", why).into());
    }
    let config = settings.to_config()?;
    let row = InstallationChange { mode: change.active.map(mode), config: Some(&config), ..InstallationChange::default() };
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    tx.lock_handler(id).await?.ok_or(Error::NotFound("webhook"))?;
    let by = ctx.actor.as_ref().map(|actor| actor.id);
    if !tx.update_installation(guarded.scope(), id, &row, by, now).await? {
        return Err(Error::NotFound("webhook"));
    }
    tx.set_handler_kinds(id, &kinds_of(&settings.events)).await?;
    if let Some((url, _)) = &address {
        keep(&mut tx, app, ctx, id, ADDRESS, destination, Some(url)).await?;
        tx.set_installation_hosts(id, &[format!("POST {destination}")]).await?;
    }
    for (name, value) in [(KEY, &key), (AUTHORIZATION, &authorization)] {
        if let Some(value) = value {
            keep(&mut tx, app, ctx, id, name, destination, value.as_ref()).await?;
        }
    }
    if address.is_some() || change.active == Some(true) {
        tx.resume_handler(id).await?;
    }
    let detail = format!("webhook {id} of {}: {} to {destination}{}", guarded.name(), settings.events.join(", "), told(&change));
    audit(&mut tx, app, ctx, &guarded, "webhook.edit", detail).await?;
    tx.commit().await?;
    app.wakes.deliveries();
    view(app, owned(app, &guarded, id).await?).await
}

/// What the line of the audit log says besides.
fn told(change: &WebhookChange) -> String {
    let mut parts = Vec::new();
    parts.extend(change.active.map(|active| if active { "active" } else { "not active" }));
    parts.extend(change.secret.as_ref().map(|_| "a new secret"));
    parts.extend(change.authorization.as_ref().map(|_| "a new header"));
    parts.iter().map(|part| format!(", {part}")).collect()
}
