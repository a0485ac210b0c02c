//! Who may put which component where.

use hardie_domain::access::RepoAction;
use hardie_domain::grant::that_need_an_administrator;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::scope::{Category, Level};
use hardie_store::plugins::{ComponentRow, InstallationRow, Scope};

use super::signatures::require_signature;
use crate::access::{RepoAccess, is_admin, repo_by_id, repo_for, require_admin, require_more_than_public, require_scope};
use crate::accounts::{Account, known_account, may_own_under};
use crate::state::PluginPolicy;
use crate::{App, Ctx, Error, Result};

/// What somebody wants to guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every repository of the server.
    Site,
    /// Every repository of a user or an organisation.
    Account(String),
    /// One repository.
    Repo(RepoPath),
}

/// The same, found and authorised.
pub(crate) enum Guarded {
    Site,
    Account(Box<Account>),
    Repo(Box<RepoAccess>),
}

impl Guarded {
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Guarded::Site => Scope::Site,
            Guarded::Account(account) => Scope::Account(account.id),
            Guarded::Repo(access) => Scope::Repo(access.repo.id),
        }
    }

    pub(crate) fn repo(&self) -> Option<RepoId> {
        match self {
            Guarded::Repo(access) => Some(access.repo.id),
            Guarded::Site | Guarded::Account(_) => None,
        }
    }

    /// Below whom repositories may be named to the asker: what became of one after it left is the affair of those who have it now.
    pub(super) fn owner(&self) -> Option<AccountId> {
        match self {
            Guarded::Account(account) => Some(account.id),
            Guarded::Site | Guarded::Repo(_) => None,
        }
    }

    /// For the audit log.
    pub(crate) fn name(&self) -> String {
        match self {
            Guarded::Site => "the whole site".to_owned(),
            Guarded::Account(account) => account.name.to_string(),
            Guarded::Repo(access) => access.path(),
        }
    }
}

/// Finds what is to be guarded, if the asker administers it.
pub(crate) async fn administered(app: &App, ctx: &Ctx, target: &Target, level: Level) -> Result<Guarded> {
    match target {
        Target::Site => require_admin(ctx, level).map(|()| Guarded::Site),
        Target::Account(name) => {
            // Policies of an account are about its private repositories too, and their settings are nobody else's.
            require_more_than_public(ctx)?;
            if !is_admin(ctx, level) {
                require_scope(ctx, Category::Repository, level)?;
            }
            let account = known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?;
            match may_own_under(app, ctx, &account).await? {
                true => Ok(Guarded::Account(Box::new(account))),
                false => Err(Error::forbidden(format!("only {}'s owner may do this", account.name))),
            }
        }
        Target::Repo(path) => Ok(Guarded::Repo(Box::new(repo_for(app, ctx, path, RepoAction::Administer).await?))),
    }
}

/// Whether the asker may bring components to the server at all.
pub(super) fn require_upload(app: &App, ctx: &Ctx) -> Result<()> {
    if is_admin(ctx, Level::Write) {
        return Ok(());
    }
    require_scope(ctx, Category::Repository, Level::Write)?;
    match app.config.plugins {
        PluginPolicy::Open => Ok(()),
        PluginPolicy::Listed => Err(Error::forbidden("this server takes new plugins from its administrators only; ask one to list it")),
        PluginPolicy::Closed => Err(Error::forbidden("only administrators of this server manage plugins here")),
    }
}

/// Whether the asker, who administers the target, may put this component to work there.
pub(super) async fn require_install(app: &App, ctx: &Ctx, component: &ComponentRow) -> Result<()> {
    require_signature(app, component).await?;
    if is_admin(ctx, Level::Write) {
        return Ok(());
    }
    let grave = that_need_an_administrator(&component.imports, &component.worlds);
    if !grave.is_empty() {
        let text = format!("{} asks for {}: only an administrator of this server can grant that", component.name, grave.join(", "));
        return Err(Error::forbidden(text));
    }
    match app.config.plugins {
        PluginPolicy::Open => Ok(()),
        PluginPolicy::Closed => Err(Error::forbidden("only administrators of this server manage plugins here")),
        PluginPolicy::Listed if is_listed(app, component).await? => Ok(()),
        PluginPolicy::Listed => Err(Error::forbidden(
            "this component is not listed: an administrator lists one by installing it for the site, switched off if need be",
        )),
    }
}

/// Whether the asker may send web requests to an installation, and the one repository that it is for. One that is for a repository answers
/// whoever may read that, one for an account its members, one for the site whoever has signed in. To everybody else it is not there.
pub(super) async fn require_ask(app: &App, ctx: &Ctx, installation: &InstallationRow, level: Level) -> Result<Option<RepoAccess>> {
    let absent = Error::NotFound("plugin");
    let access = match (installation.scope, &ctx.actor) {
        (Scope::Repo(repo), _) => match repo_by_id(app, ctx, repo, RepoAction::Read).await {
            Err(Error::NotFound(_)) => return Err(absent),
            access => Some(access?),
        },
        (Scope::Account(of), Some(actor)) if !(actor.id == of || is_admin(ctx, level)) => {
            app.store.find_org_role(of, actor.id).await?.ok_or(absent).map(|_| None)?
        }
        (Scope::Account(_) | Scope::Site, Some(_)) => None,
        (Scope::Account(_) | Scope::Site, None) => return Err(absent),
    };
    if access.is_none() {
        require_more_than_public(ctx)?;
    }
    // Also where everybody may read: a plugin is told who asks and in which role, and a token must not lend more of that than it was given.
    if ctx.actor.is_some() {
        require_scope(ctx, Category::Repository, level)?;
    }
    if level == Level::Write && access.as_ref().is_some_and(|access| access.repo.archived) {
        return Err(Error::forbidden("this repository is archived: its plugins answer what changes nothing"));
    }
    Ok(access)
}

/// Listed means installed for the site, in whatever mode.
pub(super) async fn is_listed(app: &App, component: &ComponentRow) -> Result<bool> {
    let listed = app.store.list_installations(Scope::Site).await?;
    Ok(listed.iter().any(|installation| installation.digest == component.digest))
}
