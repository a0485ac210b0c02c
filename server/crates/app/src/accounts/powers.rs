//! Who owns an organisation, and what else somebody may do in one as a whole.

use hardie_domain::access::Role;
use hardie_domain::scope::{Category, Level};

use super::members::OrgRole;
use super::{Account, AccountKind, find_member, get_org, get_user};
use crate::access::{is_admin, require_more_than_public, require_scope};
use crate::{App, Ctx, Error, Result};

/// What a user may do in an organisation as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrgPowers {
    /// Owns it.
    pub is_owner: bool,
    /// The greatest role in any of its repositories; `None` for none, or in those alone that name the user.
    pub role: Option<Role>,
    /// May make repositories in it.
    pub can_create: bool,
}

/// What a user may do in an organisation: one's own, or anybody's for its members and for administrators.
pub async fn org_powers(app: &App, ctx: &Ctx, org: &str, user: &str) -> Result<OrgPowers> {
    let member = find_member(app, ctx, org, user).await?;
    let (org, user) = (get_org(app, ctx, org).await?, get_user(app, ctx, user).await?);
    let is_owner = member == Some(OrgRole::Owner);
    let by_teams = app.store.find_team_powers(org.id, user.id).await?;
    let role = member.and_then(OrgRole::role).max(by_teams.role);
    Ok(OrgPowers { is_owner, role, can_create: is_owner || by_teams.can_create })
}

/// The organisation of this name, if the actor owns it or administers the server.
pub(crate) async fn owned_org(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    let org = get_org(app, ctx, name).await?;
    if is_admin(ctx, Level::Write) {
        return Ok(org);
    }
    let actor = require_scope(ctx, Category::Organization, Level::Write)?;
    require_more_than_public(ctx)?;
    match app.store.find_org_role(org.id, actor.id).await? {
        Some(OrgRole::Owner) => Ok(org),
        _ => Err(Error::forbidden("only owners of this organization may do this")),
    }
}

/// The organisation of this name, if the actor belongs to it or administers the server.
pub(crate) async fn member_org(app: &App, ctx: &Ctx, name: &str) -> Result<Account> {
    let actor = require_scope(ctx, Category::Organization, Level::Read)?;
    require_more_than_public(ctx)?;
    let org = get_org(app, ctx, name).await?;
    match is_admin(ctx, Level::Read) || app.store.find_org_role(org.id, actor.id).await?.is_some() {
        true => Ok(org),
        false => Err(Error::forbidden("only members of this organization see its teams")),
    }
}

/// Whether the actor owns this account: it is theirs, or an organisation that they own.
pub(crate) async fn may_own_under(app: &App, ctx: &Ctx, account: &Account) -> Result<bool> {
    let Some(actor) = &ctx.actor else { return Ok(is_admin(ctx, Level::Write)) };
    if actor.id == account.id || is_admin(ctx, Level::Write) {
        return Ok(true);
    }
    let role = match account.kind {
        AccountKind::Organization => app.store.find_org_role(account.id, actor.id).await?,
        AccountKind::User => None,
    };
    Ok(role == Some(OrgRole::Owner))
}

/// Whether the actor may make repositories under this account: as its owner, or in a team that may.
pub(crate) async fn may_create_under(app: &App, ctx: &Ctx, account: &Account) -> Result<bool> {
    if may_own_under(app, ctx, account).await? {
        return Ok(true);
    }
    match &ctx.actor {
        Some(actor) => Ok(app.store.find_team_powers(account.id, actor.id).await?.can_create),
        None => Ok(false),
    }
}

/// Refuses what would leave an organisation without an owner.
pub(crate) fn require_an_owner(owners: u64) -> Result<()> {
    match owners {
        0 => Err(Error::Conflict("an organization keeps at least one owner: make another one first".to_owned())),
        _ => Ok(()),
    }
}
