//! Another component for an installation, and the way back. Who asks is told what the new one may do that the old one may not.

use hardie_domain::error::Invalid;
use hardie_domain::grant::{Permission, added, permissions};
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::Digest;
use hardie_domain::scope::Level;
use hardie_store::versions::Exchange;

use super::install::{audit, check_config, lock, owned, set_handler, usable};
use super::list::{Installation, component_of, get_installation};
use super::rights::{Target, administered, require_install};
use crate::deliveries::{UNHEARD, skip_waiting};
use crate::{App, Ctx, Error, Result};

/// What an installation is to run.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// A component that was uploaded.
    pub digest: Digest,
    /// JSON; the configuration that it has if absent.
    pub config: Option<String>,
    /// Names of permissions that the one before did not have.
    pub consent: Vec<String>,
}

/// What became of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// It runs.
    Done(Box<Installation>),
    /// Nothing was changed: it may do more than the one before, and nobody consented to these.
    ConsentNeeded(Vec<Permission>),
}

/// Puts another component of the same name to work. What is judged at this moment ends on the one before, and is judged again when it
/// is committed.
pub async fn upgrade(app: &App, ctx: &Ctx, target: &Target, id: InstallationId, new: NewVersion) -> Result<Upgrade> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let before = owned(app, &guarded, id).await?;
    let (old, component) = (component_of(app, id, before.digest).await?, usable(app, new.digest).await?);
    require_install(app, ctx, &component).await?;
    if component.digest == old.digest {
        return Err(Error::Conflict(format!("{} runs this component already", before.name)));
    }
    if component.name != old.name {
        let text =
            format!("is called {}, and {} runs {}: install it beside that and remove the other", component.name, before.name, old.name);
        return Err(Invalid::new("digest", text).into());
    }
    let config = new.config.as_deref().unwrap_or(&before.config);
    check_config(app, &component, config).await?;
    let more = added(&permissions(&before.grants, &old.worlds), permissions(&component.imports, &component.worlds));
    let asked = more.iter().filter(|permission| !new.consent.contains(&permission.name)).cloned();
    let asked: Vec<Permission> = asked.map(|permission| permission.to_hosts(&before.hosts)).collect();
    if !asked.is_empty() {
        return Ok(Upgrade::ConsentNeeded(asked));
    }
    let by = ctx.actor.as_ref().map(|a| a.id);
    let (from, had, at) = (old.digest, Some(before.config.as_str()), app.clock.now());
    let exchange = Exchange { from, had, to: component.digest, config, grants: &component.imports, by, at };
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    if !tx.upgrade_installation(guarded.scope(), id, &exchange).await? {
        return Err(moved());
    }
    let unheard = set_handler(&mut tx, id, before.mode, &component).await?;
    // What made the one before rest says nothing of this one.
    tx.resume_handler(id).await?;
    let names: Vec<String> = more.into_iter().map(|permission| permission.name).collect();
    let more = if names.is_empty() { String::new() } else { format!(", and may now use {}", names.join(", ")) };
    let detail = format!("{} on {}: {} to {} {}{more}", before.name, guarded.name(), old.version, component.version, component.digest);
    audit(&mut tx, app, ctx, &guarded, "plugin.upgrade", detail).await?;
    tx.commit().await?;
    if unheard {
        skip_waiting(app, id, UNHEARD).await?;
    }
    Ok(Upgrade::Done(Box::new(get_installation(app, ctx, target, id).await?)))
}

/// Goes back to the component that ran before, and to the configuration with which it ran.
pub async fn rollback(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<Installation> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let before = owned(app, &guarded, id).await?;
    let versions = app.store.list_versions(id).await?;
    let earlier = versions.iter().skip_while(|version| version.digest != before.digest).nth(1);
    let none = || Error::Conflict(format!("{} has no earlier version to go back to", before.name));
    let earlier = earlier.ok_or_else(none)?;
    let (old, component) = (component_of(app, id, before.digest).await?, component_of(app, id, earlier.digest).await?);
    require_install(app, ctx, &component).await?;
    // Those that were installed before versions were kept may have had another.
    check_config(app, &component, &earlier.config).await?;
    let by = ctx.actor.as_ref().map(|a| a.id);
    let (config, grants) = (earlier.config.as_str(), component.imports.as_slice());
    let (from, had, at) = (old.digest, Some(before.config.as_str()), app.clock.now());
    let exchange = Exchange { from, had, to: component.digest, config, grants, by, at };
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    if !tx.rollback_installation(guarded.scope(), id, &exchange).await? {
        return Err(moved());
    }
    let unheard = set_handler(&mut tx, id, before.mode, &component).await?;
    // What made the one before rest says nothing of this one.
    tx.resume_handler(id).await?;
    let detail = format!("{} on {}: {} back to {} {}", before.name, guarded.name(), old.version, component.version, component.digest);
    audit(&mut tx, app, ctx, &guarded, "plugin.rollback", detail).await?;
    tx.commit().await?;
    if unheard {
        skip_waiting(app, id, UNHEARD).await?;
    }
    get_installation(app, ctx, target, id).await
}

pub(super) fn moved() -> Error {
    Error::Conflict("somebody else changed this plugin at the same moment; look at it and try again".to_owned())
}
