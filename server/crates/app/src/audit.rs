//! The audit log: every use case that changes something writes its line in the transaction of the change.

use hardie_domain::access::RepoAction;
use hardie_domain::audit::AuditEntry;
use hardie_domain::ids::AccountId;
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::Level;
use hardie_store::audit::AuditFilter;
pub use hardie_store::audit::AuditRow as AuditLine;

use crate::access::{repo_for, require_admin};
use crate::{App, Ctx, Error, Result};

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// About this repository alone. Its administrators may read these lines; all others are the server's administrators'.
    pub repo: Option<RepoPath>,
    /// About this account alone.
    pub account: Option<String>,
    /// By this user alone.
    pub actor: Option<String>,
    /// This action, or all that begin with it and a dot: `repository` finds `repository.create`.
    pub action: Option<String>,
}

/// Lines of the log, newest first.
pub async fn list_audit(app: &App, ctx: &Ctx, query: &AuditQuery, page: Page) -> Result<Paged<AuditLine>> {
    let repo = match &query.repo {
        Some(path) => Some(repo_for(app, ctx, path, RepoAction::Administer).await?.repo.id),
        None => {
            require_admin(ctx, Level::Read)?;
            None
        }
    };
    let account = id_of(app, query.account.as_deref()).await?;
    let actor = id_of(app, query.actor.as_deref()).await?;
    let filter = AuditFilter { repo, account, actor, action: query.action.as_deref() };
    Ok(app.store.list_audit(&filter, page).await?)
}

async fn id_of(app: &App, name: Option<&str>) -> Result<Option<AccountId>> {
    match name {
        Some(name) => Ok(Some(app.store.find_account_by_name(name).await?.ok_or(Error::NotFound("account"))?.id)),
        None => Ok(None),
    }
}

/// A line for what this request does; the rest is filled in by the use case.
pub(crate) fn entry(ctx: &Ctx, action: &'static str) -> AuditEntry {
    AuditEntry {
        action,
        actor: ctx.actor.as_ref().map(|a| a.id),
        account: None,
        repo: None,
        address: ctx.address.map(|a| a.to_string()),
        detail: String::new(),
    }
}
