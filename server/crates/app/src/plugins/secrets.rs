//! Secrets of installations: set, listed by name, removed. No use case gives a value back.
//!
//! Whoever may install the component may give it secrets; whoever administers what it guards may look at their names and take them away.

use hardie_domain::error::Invalid;
use hardie_domain::grant::names_secrets;
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin_secret::{MOST, check_name, check_value, checked_header};
use hardie_domain::scope::Level;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::plugin_secrets::SecretRow;

use super::install::{audit, lock, owned, usable};
use super::list::person;
use super::rights::{Target, administered, require_install};
use super::sealed::seal;
use crate::accounts::Account;
use crate::{App, Ctx, Error, Result};

/// A secret to be kept.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// By which the component asks for it.
    pub name: String,
    /// Where it may go: scheme, host and port; the host may begin with `*.`.
    pub destination: String,
    /// The one header in which it may stand; empty for any place.
    pub header: String,
    /// Itself.
    pub value: Secret,
}

/// What may be known of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// Its name.
    pub name: String,
    /// Where it may go.
    pub destination: String,
    /// The one header in which it may stand; empty for any place.
    pub header: String,
    /// Whether this server has the key under which it was sealed.
    pub has_key: bool,
    /// Who set it; `None` if the account is gone.
    pub set_by: Option<Account>,
    /// When.
    pub set_at: Timestamp,
}

/// The secrets of an installation, by name. Those of one that is inherited are listed where it was made.
pub async fn list_secrets(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<Vec<SecretView>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    owned(app, &guarded, id).await?;
    let mut list = Vec::new();
    for row in app.store.list_secrets(id).await? {
        list.push(view(app, ctx, row).await?);
    }
    Ok(list)
}

/// Keeps a secret in place of the one of its name, whose value and bounds are forgotten together; whether that is new.
pub async fn set_secret(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, new: NewSecret) -> Result<(SecretView, bool)> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = owned(app, &guarded, id).await?;
    let component = usable(app, installation.digest).await?;
    require_install(app, ctx, &component).await?;
    check_name(&new.name)?;
    if !names_secrets(&component.imports) {
        return Err(Invalid::new("name", format!("is no secret of {}: {} asks for none", installation.name, component.name)).into());
    }
    check_value(new.value.expose())?;
    let destination = app.sender.destination(&new.destination).map_err(|why| Invalid::new("destination", why))?;
    let mut row = SecretRow {
        installation: id,
        name: new.name,
        destination,
        header: checked_header(&new.header)?,
        key_id: String::new(),
        sealed: Vec::new(),
        set_by: ctx.actor.as_ref().map(|a| a.id),
        set_at: app.clock.now(),
    };
    let sealed = seal(app, &row, &new.value)?;
    (row.key_id, row.sealed) = (sealed.key_id, sealed.bytes);
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    tx.lock_installation(guarded.scope(), id).await?.ok_or(Error::NotFound("plugin"))?;
    let is_new = tx.set_secret(&row).await?;
    if is_new && tx.count_secrets_of(id).await? > MOST {
        return Err(Error::Quota(format!("a plugin may have {MOST} secrets")));
    }
    let header = if row.header.is_empty() { String::new() } else { format!(" in {}", row.header) };
    let detail = format!("{} of {} on {}, for {}{header}", row.name, installation.name, guarded.name(), row.destination);
    audit(&mut tx, app, ctx, &guarded, "plugin.secret.set", detail).await?;
    tx.commit().await?;
    Ok((view(app, ctx, row).await?, is_new))
}

/// Forgets a secret.
pub async fn remove_secret(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, name: &str) -> Result<()> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let installation = owned(app, &guarded, id).await?;
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    if !tx.delete_secret(id, name).await? {
        return Err(Error::NotFound("secret"));
    }
    let detail = format!("{name} of {} on {}", installation.name, guarded.name());
    audit(&mut tx, app, ctx, &guarded, "plugin.secret.remove", detail).await?;
    Ok(tx.commit().await?)
}

async fn view(app: &App, ctx: &Ctx, row: SecretRow) -> Result<SecretView> {
    let set_by = person(app, ctx, row.set_by).await?;
    let has_key = app.sealing.has(&row.key_id);
    Ok(SecretView { name: row.name, destination: row.destination, header: row.header, has_key, set_by, set_at: row.set_at })
}
