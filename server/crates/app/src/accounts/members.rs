//! Who belongs to an organisation, and as what.

use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
pub use hardie_store::org_members::{OrgMemberRow as Member, OrgRole};

use super::powers::{owned_org, require_an_owner};
use super::{get_org, get_user, shown};
use crate::access::{is_admin, require_more_than_public, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// Members of an organisation, by name. For its members and for administrators.
pub async fn list_members(app: &App, ctx: &Ctx, org: &str, page: Page) -> Result<Paged<Member>> {
    let actor = require_scope(ctx, Category::Organization, Level::Read)?;
    require_more_than_public(ctx)?;
    let org = get_org(app, ctx, org).await?;
    if !is_admin(ctx, Level::Read) && app.store.find_org_role(org.id, actor.id).await?.is_none() {
        return Err(Error::forbidden("only members of this organization see who belongs to it; public_members lists those who say so"));
    }
    let members = app.store.list_org_members(org.id, page).await?;
    Ok(members.map(|member| Member { user: shown(ctx, member.user), ..member }))
}

/// The role of a user in an organisation: one's own, or anybody's for its members and for administrators.
pub async fn find_member(app: &App, ctx: &Ctx, org: &str, user: &str) -> Result<Option<OrgRole>> {
    let actor = require_scope(ctx, Category::Organization, Level::Read)?;
    require_more_than_public(ctx)?;
    let org = get_org(app, ctx, org).await?;
    let user = get_user(app, ctx, user).await?;
    let inside = user.id == actor.id || is_admin(ctx, Level::Read) || app.store.find_org_role(org.id, actor.id).await?.is_some();
    match inside {
        true => Ok(app.store.find_org_role(org.id, user.id).await?),
        false => Err(Error::forbidden("only members of this organization see who belongs to it")),
    }
}

/// Adds a member or changes a role. For the organisation's owners; one of them must remain.
pub async fn set_member(app: &App, ctx: &Ctx, org: &str, user: &str, role: OrgRole) -> Result<()> {
    let org = owned_org(app, ctx, org).await?;
    let user = get_user(app, ctx, user).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !tx.bump_account_rules(org.id).await? {
        return Err(Error::NotFound("organization"));
    }
    tx.set_org_member(org.id, user.id, role, now).await?;
    require_an_owner(tx.count_org_owners(org.id).await?)?;
    let mut line = entry(ctx, "organization.member-set");
    line.account = Some(org.id);
    line.detail = format!("{} is {}", user.name, role.as_str());
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}

/// Removes a member, from every team too: by the organisation's owners, or by the member, who may leave. One owner must remain.
pub async fn remove_member(app: &App, ctx: &Ctx, org: &str, user: &str) -> Result<()> {
    let actor = require_scope(ctx, Category::Organization, Level::Write)?;
    let leaves = actor.name.lower() == user.to_ascii_lowercase();
    let org = if leaves { get_org(app, ctx, org).await? } else { owned_org(app, ctx, org).await? };
    let user = get_user(app, ctx, user).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !tx.delete_org_member(org.id, user.id).await? {
        return Err(Error::NotFound("member"));
    }
    require_an_owner(tx.count_org_owners(org.id).await?)?;
    let mut line = entry(ctx, "organization.member-remove");
    line.account = Some(org.id);
    line.detail = user.name.to_string();
    tx.insert_audit(&line, now).await?;
    Ok(tx.commit().await?)
}
