//! How much repositories and owners may hold, kept by every way in which something comes to be kept: asked before bytes are taken in,
//! so that nobody sends in vain, and again in the transaction that makes them somebody's.

mod bounds;

use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::quota::{Bounds, Content, PerContent, Usage};
use hardie_domain::scope::{Category, Level};

pub(crate) use bounds::{Limits, Room, check, check_all, limits, room};

use crate::access::{repo_for, require_admin, require_more_than_public, require_scope};
use crate::accounts::{Account, known_account, member_org};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// What is there, and how much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes that are there.
    pub used: Usage,
    /// What was set here.
    pub bounds: Bounds,
    /// What counts: bytes, `None` for no bound.
    pub limits: PerContent<Option<u64>>,
}

fn quota(used: Usage, bounds: Bounds, site: &PerContent<Option<u64>>) -> Quota {
    let under = |content: Content| bounds.of(content).under(site.of(content));
    let limits = PerContent { git: under(Content::Git), lfs: under(Content::Lfs), assets: under(Content::Assets) };
    Quota { used, bounds, limits }
}

async fn of_account(app: &App, account: &Account) -> Result<Quota> {
    let used = app.store.owner_usage(account.id).await?;
    Ok(quota(used, account.quotas, &app.config.quotas.per_owner))
}

/// That of a repository. For its administrators.
pub async fn repo_quota(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Quota> {
    let repo = repo_for(app, ctx, path, RepoAction::Administer).await?.repo;
    Ok(quota(app.store.repo_usage(repo.id).await?, repo.quotas, &app.config.quotas.per_repository))
}

/// That of the actor's own repositories together.
pub async fn own_quota(app: &App, ctx: &Ctx) -> Result<Quota> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    require_more_than_public(ctx)?;
    of_account(app, &app.store.find_account(actor.id).await?.ok_or(Error::NotFound("user"))?).await
}

/// That of an organisation's repositories together. For its members.
pub async fn org_quota(app: &App, ctx: &Ctx, org: &str) -> Result<Quota> {
    of_account(app, &member_org(app, ctx, org).await?).await
}

/// That of any user or organisation. For administrators of the server.
pub async fn account_quota(app: &App, ctx: &Ctx, name: &str) -> Result<Quota> {
    require_admin(ctx, Level::Read)?;
    of_account(app, &known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?).await
}

/// Says how much the repositories of a user or an organisation may hold together. For administrators of the server. What is there already
/// stays, also if it is more.
pub async fn set_account_quota(app: &App, ctx: &Ctx, name: &str, bounds: Bounds) -> Result<Quota> {
    require_admin(ctx, Level::Write)?;
    let account = known_account(app, ctx, name).await?.ok_or(Error::NotFound("account"))?;
    let mut tx = app.store.begin().await?;
    if !tx.set_account_quotas(account.id, &bounds).await? {
        return Err(Error::NotFound("account"));
    }
    let mut line = entry(ctx, "quota.set");
    line.account = Some(account.id);
    line.detail = format!("of {}: {}", account.name, said(&bounds));
    tx.insert_audit(&line, app.clock.now()).await?;
    tx.commit().await?;
    of_account(app, &Account { quotas: bounds, ..account }).await
}

/// Says how much a repository may hold. For administrators of the server.
pub async fn set_repo_quota(app: &App, ctx: &Ctx, path: &RepoPath, bounds: Bounds) -> Result<Quota> {
    require_admin(ctx, Level::Write)?;
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    if !tx.set_repo_quotas(access.repo.id, &bounds).await? {
        return Err(Error::NotFound("repository"));
    }
    let mut line = entry(ctx, "quota.set");
    (line.account, line.repo) = (Some(access.owner.id), Some(access.repo.id));
    line.detail = format!("of {}: {}", access.path(), said(&bounds));
    tx.insert_audit(&line, app.clock.now()).await?;
    tx.commit().await?;
    Ok(quota(app.store.repo_usage(access.repo.id).await?, bounds, &app.config.quotas.per_repository))
}

fn said(bounds: &Bounds) -> String {
    let parts: Vec<String> = Content::ALL.iter().map(|content| format!("{} {}", content.as_str(), bounds.of(*content))).collect();
    parts.join(", ")
}
