//! Putting a component to work, changing how, and taking it away. Every change makes pushes in flight be judged again.
//!
//! A component that handles events is told of them from the moment on at which it is first switched on; what happens while it is off later
//! is held for it.

use bytes::Bytes;
use hardie_domain::error::Invalid;
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::{Digest, Mode};
use hardie_domain::scope::Level;
use hardie_domain::world;
use hardie_store::Tx;
use hardie_store::plugins::{ComponentRow, InstallationRow};

use super::hosts;
use super::list::{Installation, get_installation};
use super::receiver::Receiver;
use super::rights::{Guarded, Target, administered, require_install};
use crate::audit::entry;
use crate::deliveries::clear_out;
use crate::{App, Ctx, Error, Result};

/// Each push asks all of them: a bound on what one push costs.
const MAX_INSTALLATIONS: usize = 20;
const MAX_CONFIG_BYTES: usize = 64 << 10;

/// A component to be put to work.
#[derive(Clone, Debug)]
pub struct NewInstallation {
    /// A component that was uploaded.
    pub digest: Digest,
    /// What people call it, unique where it is installed; the component's own name if absent.
    pub name: Option<String>,
    /// What its verdict does.
    pub mode: Mode,
    /// JSON; the component's own default if absent.
    pub config: Option<String>,
    /// Whether a fault of its own lets a push pass.
    pub fail_open: bool,
    /// Where its requests may go, which only an administrator of the server grants.
    pub hosts: Vec<String>,
}

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct InstallationChange {
    /// What its verdict does.
    pub mode: Option<Mode>,
    /// JSON.
    pub config: Option<String>,
    /// Whether a fault of its own lets a push pass.
    pub fail_open: Option<bool>,
    /// Where its requests may go from now on; only an administrator of the server grants what was not granted before.
    pub hosts: Option<Vec<String>>,
}

/// Puts a component to work, after asking it whether the configuration suits it.
pub async fn install(app: &App, ctx: &Ctx, target: &Target, new: NewInstallation) -> Result<Installation> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let component = usable(app, new.digest).await?;
    require_install(app, ctx, &component).await?;
    let name = checked_name(new.name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&component.name))?;
    let config = new.config.as_deref().unwrap_or(&component.default_config);
    let hosts = hosts::checked(app, &new.hosts)?;
    hosts::require_grant(ctx, &component, &hosts)?;
    check_config(app, &component, config).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    if tx.list_installations(guarded.scope()).await?.len() >= MAX_INSTALLATIONS {
        return Err(Error::Quota(format!("{MAX_INSTALLATIONS} plugins may be installed in one place")));
    }
    let row = hardie_store::plugins::NewInstallation {
        scope: guarded.scope(),
        name: &name,
        digest: component.digest,
        mode: new.mode,
        fail_open: new.fail_open,
        config,
        grants: &component.imports,
        by: ctx.actor.as_ref().map(|a| a.id),
        at: now,
    };
    let taken = || Error::Conflict(format!("a plugin named {name:?} is installed there already"));
    let id = tx.insert_installation(&row).await?.ok_or_else(taken)?;
    set_handler(&mut tx, id, new.mode, &component).await?;
    tx.set_installation_hosts(id, &hosts).await?;
    let granted = if hosts.is_empty() { String::new() } else { format!(", {}", hosts::told(&[], &hosts)) };
    let detail = format!("{name} ({} {}) on {}, {}{granted}", component.name, component.version, guarded.name(), new.mode.as_str());
    audit(&mut tx, app, ctx, &guarded, "plugin.install", detail).await?;
    tx.commit().await?;
    get_installation(app, ctx, target, id).await
}

/// Changes an installation. Switching it off and taking hosts from it take no more than administering what it guards; anything else needs the
/// right to install its component.
pub async fn update_installation(
    app: &App,
    ctx: &Ctx,
    target: &Target,
    id: InstallationId,
    change: InstallationChange,
) -> Result<Installation> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let before = owned(app, &guarded, id).await?;
    let component = usable(app, before.digest).await?;
    let hosts = change.hosts.as_deref().map(|wanted| hosts::checked(app, wanted)).transpose()?;
    let less = hosts.as_ref().map_or(change.mode.is_some(), |wanted| hosts::more(&before.hosts, wanted).is_empty());
    let only_less = less && change.mode.is_none_or(|mode| mode == Mode::Off) && change.config.is_none() && change.fail_open.is_none();
    if !only_less {
        require_install(app, ctx, &component).await?;
    }
    if let Some(config) = &change.config {
        check_config(app, &component, config).await?;
    }
    // What was looked at may do what is asked; to be switched off, anything may.
    let runs = (!only_less).then_some(before.digest);
    let row = hardie_store::plugins::InstallationChange {
        mode: change.mode,
        fail_open: change.fail_open,
        config: change.config.as_deref(),
        runs,
    };
    let mut tx = app.store.begin().await?;
    lock(&mut tx, &guarded).await?;
    let by = ctx.actor.as_ref().map(|a| a.id);
    if !tx.update_installation(guarded.scope(), id, &row, by, app.clock.now()).await? {
        return Err(super::versions::moved());
    }
    if !only_less {
        set_handler(&mut tx, id, change.mode.unwrap_or(before.mode), &component).await?;
    }
    let edited = describe(&change);
    if hosts.is_none() || !edited.is_empty() {
        let detail = format!("{} on {}: {edited}", before.name, guarded.name());
        audit(&mut tx, app, ctx, &guarded, "plugin.edit", detail).await?;
    }
    if let Some(hosts) = hosts {
        // Against what is granted now: what somebody took away meanwhile is not given back by who may only take.
        let held = tx.lock_installation(guarded.scope(), id).await?.ok_or(Error::NotFound("plugin"))?.hosts;
        hosts::require_grant(ctx, &component, &hosts::more(&held, &hosts))?;
        tx.set_installation_hosts(id, &hosts).await?;
        let told = hosts::told(&held, &hosts);
        if !told.is_empty() {
            audit(&mut tx, app, ctx, &guarded, "plugin.grant", format!("{} on {} {told}", before.name, guarded.name())).await?;
        }
    }
    tx.commit().await?;
    get_installation(app, ctx, target, id).await
}

/// Takes an installation away. What it said stays with the pushes.
pub async fn remove_installation(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<()> {
    let guarded = administered(app, ctx, target, Level::Write).await?;
    let before = owned(app, &guarded, id).await?;
    let detail = format!("{} from {}", before.name, guarded.name());
    remove(app, ctx, &guarded, id, "plugin.remove", detail).await
}

/// Takes an installation away that the asker may take away, with its deliveries.
pub(crate) async fn remove(
    app: &App,
    ctx: &Ctx,
    guarded: &Guarded,
    id: InstallationId,
    action: &'static str,
    detail: String,
) -> Result<()> {
    let mut tx = app.store.begin().await?;
    lock(&mut tx, guarded).await?;
    // Nothing begins any more, and nobody is told of anything new: what it leaves behind can go little by little.
    tx.delete_handler(id).await?;
    tx.commit().await?;
    clear_out(app, id).await?;
    let mut tx = app.store.begin().await?;
    lock(&mut tx, guarded).await?;
    // Somebody else who removes it may have been first.
    if tx.delete_installation(guarded.scope(), id).await? {
        audit(&mut tx, app, ctx, guarded, action, detail).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// An installation that belongs to exactly this target: one that is inherited is changed where it was made.
pub(super) async fn owned(app: &App, guarded: &Guarded, id: InstallationId) -> Result<InstallationRow> {
    Receiver::Plugin.owned(app, guarded, id).await
}

pub(super) async fn usable(app: &App, digest: Digest) -> Result<ComponentRow> {
    let unknown = || Error::from(Invalid::new("digest", format!("{digest} was not uploaded to this server")));
    let component = app.store.find_component(digest).await?.ok_or_else(unknown)?;
    match [world::judges, world::handles, world::answers].iter().any(|serves| serves(&component.worlds)) {
        true => Ok(component),
        false => {
            let text = format!("{} exports neither a policy nor a handler of events or web requests", component.name);
            Err(Invalid::new("digest", text).into())
        }
    }
}

/// Refuses what judges no pushes.
pub(super) fn require_policy(component: &ComponentRow) -> Result<()> {
    match world::judges(&component.worlds) {
        true => Ok(()),
        false => Err(Invalid::new("digest", format!("{} exports no policy: it judges no pushes", component.name)).into()),
    }
}

/// From now on an installation is told of events, or not any more, as its component has it. One that is off and was never on is not: it
/// may be there to be listed alone. Whether it is told of nothing any more: then what waits is to be skipped.
pub(super) async fn set_handler(tx: &mut Tx, id: InstallationId, mode: Mode, component: &ComponentRow) -> Result<bool> {
    match (world::handles(&component.worlds), mode) {
        (true, Mode::Off) => Ok(false),
        (true, Mode::Enforce | Mode::Monitor) => Ok(tx.insert_handler(id).await.map(|_| false)?),
        (false, _) => Ok(tx.delete_handler(id).await?),
    }
}

/// Makes an installed component ready to run in this process.
pub(crate) async fn make_ready(app: &App, digest: Digest) -> Result<()> {
    match app.store.find_component(digest).await? {
        Some(component) => loaded(app, &component).await.map(drop),
        None => Ok(()),
    }
}

/// Makes a component ready to run; its bytes.
pub(super) async fn loaded(app: &App, component: &ComponentRow) -> Result<Bytes> {
    let missing = || Error::internal(format!("the bytes of component {} are missing", component.digest));
    let bytes = Bytes::from(app.store.find_component_bytes(component.digest).await?.ok_or_else(missing)?);
    app.policies.load(component.digest, bytes.clone()).await.map_err(Error::Unavailable)?;
    Ok(bytes)
}

/// Asks the component itself, in its sandbox.
pub(super) async fn check_config(app: &App, component: &ComponentRow, config: &str) -> Result<()> {
    if config.len() > MAX_CONFIG_BYTES {
        return Err(Invalid::new("config", format!("may have {} KiB at most", MAX_CONFIG_BYTES >> 10)).into());
    }
    serde_json::from_str::<serde_json::Value>(config).map_err(|why| Invalid::new("config", format!("is not JSON: {why}")))?;
    let bytes = loaded(app, component).await?;
    let answer = app.policies.validate_config(component.digest, bytes, config).await;
    answer.map_err(|problems| Invalid::new("config", problems.join("; ")).into())
}

/// The repository first: it is the one order in which everybody takes locks.
pub(crate) async fn lock(tx: &mut Tx, guarded: &Guarded) -> Result<()> {
    let Some(repo) = guarded.repo() else { return Ok(()) };
    tx.lock_repo(repo).await?.map(|_| ()).ok_or(Error::NotFound("repository"))
}

pub(crate) async fn audit(tx: &mut Tx, app: &App, ctx: &Ctx, guarded: &Guarded, action: &'static str, detail: String) -> Result<()> {
    let mut line = entry(ctx, action);
    line.repo = guarded.repo();
    if let Guarded::Account(account) = guarded {
        line.account = Some(account.id);
    }
    line.detail = detail;
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}

fn describe(change: &InstallationChange) -> String {
    let mut parts = Vec::new();
    parts.extend(change.mode.map(|mode| mode.as_str().to_owned()));
    parts.extend(change.config.as_ref().map(|_| "configured".to_owned()));
    parts.extend(change.fail_open.map(|open| if open { "fails open" } else { "fails closed" }.to_owned()));
    parts.join(", ")
}

pub(super) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let good = (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    match good {
        true => Ok(name.to_owned()),
        false => Err(Invalid::new("name", "must have 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'").into()),
    }
}
