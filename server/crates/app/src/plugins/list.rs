//! What is installed where, as an administrator of it sees it.

use hardie_domain::grant::{Permission, permissions};
use hardie_domain::ids::{AccountId, InstallationId};
use hardie_domain::plugin::{Digest, Mode};
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use hardie_store::plugins::{ComponentRow, InstallationRow, Scope};

use super::rights::{Guarded, Target, administered};
use crate::accounts::{Account, shown};
use crate::{App, Ctx, Error, Result};

/// A component at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Its id.
    pub id: InstallationId,
    /// What people call it.
    pub name: String,
    /// What it guards.
    pub scope: ScopeView,
    /// Whether it belongs to the target that was asked about, rather than being inherited by it.
    pub editable: bool,
    /// What runs.
    pub component: ComponentRow,
    /// What its verdict does.
    pub mode: Mode,
    /// Whether a fault of its own lets a push pass.
    pub fail_open: bool,
    /// JSON.
    pub config: String,
    /// Where its requests may go, as far as the server's configuration allows it; empty unless it is editable.
    pub hosts: Vec<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Who installed or last changed it; `None` if the account is gone or it was done on the command line.
    pub enabled_by: Option<Account>,
    /// When it was installed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What it runs or ran, newest first; empty unless it is editable.
    pub versions: Vec<Version>,
}

/// A component that an installation runs or ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which component.
    pub component: ComponentRow,
    /// Whether it is the one that runs.
    pub current: bool,
    /// Who put it to work; `None` if the account is gone or it was done on the command line.
    pub by: Option<Account>,
    /// When.
    pub at: Timestamp,
}

/// What an installation guards, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeView {
    /// Every repository.
    Site,
    /// Every repository of this user or organisation.
    Account(Box<Account>),
    /// This repository, `owner/name`.
    Repo(String),
}

/// Everything that guards the target, in the order in which a push meets it: the site's, the owner's, its own. What is switched
/// off is listed too.
pub async fn list_installations(app: &App, ctx: &Ctx, target: &Target) -> Result<Vec<Installation>> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let rows = match &guarded {
        Guarded::Repo(access) => app.store.list_effective_installations(access.repo.id).await?,
        Guarded::Account(_) => {
            let mut rows = app.store.list_installations(Scope::Site).await?;
            rows.extend(app.store.list_installations(guarded.scope()).await?);
            rows
        }
        Guarded::Site => app.store.list_installations(Scope::Site).await?,
    };
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        list.push(view(app, ctx, &guarded, row).await?);
    }
    Ok(list)
}

/// One installation that guards the target.
pub async fn get_installation(app: &App, ctx: &Ctx, target: &Target, id: InstallationId) -> Result<Installation> {
    let guarded = administered(app, ctx, target, Level::Read).await?;
    let row = find_for(app, &guarded, id).await?;
    view(app, ctx, &guarded, row).await
}

/// An installation, looked up under what it guards.
pub(super) async fn find_for(app: &App, guarded: &Guarded, id: InstallationId) -> Result<InstallationRow> {
    let row = app.store.find_installation(id).await?.filter(|row| !row.is_webhook()).ok_or(Error::NotFound("plugin"))?;
    let guards = match (row.scope, guarded) {
        (Scope::Site, _) => true,
        (Scope::Account(account), Guarded::Repo(access)) => access.owner.id == account,
        (scope, guarded) => scope == guarded.scope(),
    };
    guards.then_some(row).ok_or(Error::NotFound("plugin"))
}

async fn view(app: &App, ctx: &Ctx, guarded: &Guarded, row: InstallationRow) -> Result<Installation> {
    let component = component_of(app, row.id, row.digest).await?;
    let scope = match (row.scope, guarded) {
        (Scope::Site, _) => ScopeView::Site,
        (Scope::Account(_), Guarded::Account(account)) => ScopeView::Account(Box::new(shown(ctx, (**account).clone()))),
        (Scope::Account(_) | Scope::Repo(_), Guarded::Repo(access)) => match row.scope {
            Scope::Repo(_) => ScopeView::Repo(access.path()),
            _ => ScopeView::Account(Box::new(shown(ctx, access.owner.clone()))),
        },
        _ => return Err(Error::NotFound("plugin")),
    };
    let editable = row.scope == guarded.scope();
    let enabled_by = person(app, ctx, row.changed_by).await?;
    let versions = if editable { versions(app, ctx, &row).await? } else { Vec::new() };
    // What an organisation or the site configured is not the repository's to read.
    let (config, hosts) = if editable { (row.config, row.hosts) } else { (String::from("{}"), Vec::new()) };
    let mut permissions = permissions(&component.imports, &component.worlds);
    if editable {
        permissions = permissions.into_iter().map(|permission| permission.to_hosts(&hosts)).collect();
    }
    Ok(Installation {
        id: row.id,
        name: row.name,
        scope,
        editable,
        component,
        mode: row.mode,
        fail_open: row.fail_open,
        config,
        hosts,
        permissions,
        enabled_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
        versions,
    })
}

async fn versions(app: &App, ctx: &Ctx, row: &InstallationRow) -> Result<Vec<Version>> {
    let mut versions = Vec::new();
    for version in app.store.list_versions(row.id).await? {
        let component = component_of(app, row.id, version.digest).await?;
        let by = person(app, ctx, version.changed_by).await?;
        versions.push(Version { component, current: version.digest == row.digest, by, at: version.at });
    }
    Ok(versions)
}

/// A component that an installation needs: the rows keep it there.
pub(super) async fn component_of(app: &App, id: InstallationId, digest: Digest) -> Result<ComponentRow> {
    let missing = || Error::internal(format!("component {digest} of installation {id} is missing"));
    app.store.find_component(digest).await?.ok_or_else(missing)
}

pub(super) async fn person(app: &App, ctx: &Ctx, id: Option<AccountId>) -> Result<Option<Account>> {
    let Some(id) = id else { return Ok(None) };
    Ok(app.store.find_account(id).await?.map(|account| shown(ctx, account)))
}
