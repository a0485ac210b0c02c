//! The audit log: every use case that changes something writes its line in the transaction of the change; what was refused is counted in
//! memory and written soon after ([`Denials`]). A sealer chains all lines by their hashes.

mod chain;
mod denials;
mod export;

use hardie_domain::access::{Actor, Credential, RepoAction};
use hardie_domain::audit::{AuditEntry, Link, Outcome};
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::page::{Page, Paged};
use hardie_domain::push::Door;
use hardie_domain::scope::Level;
use hardie_domain::time::Timestamp;
use hardie_store::audit::AuditFilter;
pub use hardie_store::audit::AuditRow as AuditLine;

use crate::access::{repo_for, require_admin, require_more_than_public};
use crate::accounts::owned_org;
use crate::{App, Ctx, Error, Result};

pub use chain::{ChainReport, SEALED_AT_ONCE, prune_audit, seal_audit, verify_audit};
pub use denials::{Denials, write_denials};
pub use export::AuditExport;

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// About this repository alone. Its administrators may read these lines.
    pub repo: Option<RepoPath>,
    /// About this organisation and its repositories alone. Its owners may read these lines; all others are the server's administrators'.
    pub org: Option<String>,
    /// About this account alone.
    pub account: Option<String>,
    /// About this account or this `owner/name` alone.
    pub target: Option<String>,
    /// By this user alone.
    pub actor: Option<String>,
    /// This action, or all that begin with it and a dot: `repository` finds `repository.create`.
    pub action: Option<String>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Then or later.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

/// A query with names looked up.
#[derive(Clone, Debug, Default)]
struct Wanted {
    repo: Option<RepoId>,
    account: Option<AccountId>,
    owner: Option<AccountId>,
    actor: Option<AccountId>,
    action: Option<String>,
    outcome: Option<Outcome>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Wanted {
    fn filter(&self) -> AuditFilter<'_> {
        let Wanted { repo, account, owner, actor, action, outcome, from, to } = self;
        let (repo, account, owner, actor) = (*repo, *account, *owner, *actor);
        AuditFilter { repo, account, owner, actor, action: action.as_deref(), outcome: *outcome, from: *from, to: *to }
    }
}

/// Lines of the log, newest first.
pub async fn list_audit(app: &App, ctx: &Ctx, query: &AuditQuery, page: Page) -> Result<Paged<AuditLine>> {
    let wanted = authorised(app, ctx, query).await?;
    Ok(app.store.list_audit(&wanted.filter(), page).await?)
}

async fn authorised(app: &App, ctx: &Ctx, query: &AuditQuery) -> Result<Wanted> {
    let mut wanted = Wanted { action: query.action.clone(), outcome: query.outcome, from: query.from, to: query.to, ..Wanted::default() };
    match (&query.repo, &query.org) {
        (Some(path), _) => wanted.repo = Some(repo_for(app, ctx, path, RepoAction::Administer).await?.repo.id),
        (None, Some(name)) => {
            require_more_than_public(ctx)?;
            wanted.owner = Some(owned_org(app, ctx, name).await?.id);
        }
        (None, None) => require_admin(ctx, Level::Read)?,
    }
    wanted.actor = id_of(app, query.actor.as_deref()).await?;
    wanted.account = id_of(app, query.account.as_deref()).await?;
    match query.target.as_deref().map(|target| (target, target.split_once('/'))) {
        None => {}
        Some((_, Some((owner, name)))) => {
            let path = RepoPath { owner: owner.to_owned(), name: name.to_owned() };
            let found = repo_for(app, ctx, &path, RepoAction::Administer).await?.repo.id;
            if wanted.repo.is_some_and(|repo| repo != found) {
                return Err(Invalid::new("target", "is another repository than the one that is asked about").into());
            }
            wanted.repo = Some(found);
        }
        Some((name, None)) => wanted.account = id_of(app, Some(name)).await?,
    }
    Ok(wanted)
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
        address: ctx.address.map(|a| a.to_string()),
        door: ctx.door.as_str(),
        credential: proof(ctx.actor.as_ref(), ctx.door),
        request_id: ctx.request_id.clone(),
        ..AuditEntry::default()
    }
}

/// A link as `SEQ:HASH`.
pub fn shown_link(link: Link) -> String {
    format!("{}:{}", link.seq, hex::encode(link.hash))
}

/// The reverse of [`shown_link`].
pub fn parse_link(text: &str) -> Option<Link> {
    let (seq, hash) = text.trim().split_once(':')?;
    let hash = hex::decode(hash).ok()?.try_into().ok()?;
    Some(Link { seq: seq.parse().ok()?, hash })
}

/// By which proof somebody acts.
pub(crate) fn proof(actor: Option<&Actor>, door: Door) -> String {
    match actor.map(|actor| actor.credential) {
        None if door == Door::System => "system".to_owned(),
        None => String::new(),
        Some(Credential::Password) => "password".to_owned(),
        Some(Credential::Session(id)) => format!("session:{id}"),
        Some(Credential::Token(id)) => format!("token:{id}"),
        Some(Credential::Grant(id)) => format!("grant:{id}"),
        Some(Credential::SshKey(id)) => format!("ssh-key:{id}"),
        Some(Credential::DeployKey(id)) => format!("deploy-key:{id}"),
        Some(Credential::System) => "system".to_owned(),
    }
}
