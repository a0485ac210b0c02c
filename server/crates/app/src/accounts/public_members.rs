//! Members of an organisation who are shown to those who do not belong to it. Who belongs where is shown only if somebody says so.

use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};

use super::powers::owned_org;
use super::{Account, get_org, get_user, shown};
use crate::access::{require_more_than_public, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// Public members of an organisation, by name. For whoever sees the organisation and has signed in.
pub async fn list_public_members(app: &App, ctx: &Ctx, org: &str, page: Page) -> Result<Paged<Account>> {
    require_scope(ctx, Category::Organization, Level::Read)?;
    let org = get_org(app, ctx, org).await?;
    Ok(app.store.list_public_org_members(org.id, page).await?.map(|member| shown(ctx, member)))
}

/// Whether a user is a public member of an organisation.
pub async fn is_public_member(app: &App, ctx: &Ctx, org: &str, user: &str) -> Result<bool> {
    require_scope(ctx, Category::Organization, Level::Read)?;
    let org = get_org(app, ctx, org).await?;
    let user = get_user(app, ctx, user).await?;
    Ok(app.store.is_public_org_member(org.id, user.id).await?)
}

/// Makes a membership public, or conceals it: by the member, or by the organisation's owners.
pub async fn show_member(app: &App, ctx: &Ctx, org: &str, user: &str, is_public: bool) -> Result<()> {
    let actor = require_scope(ctx, Category::Organization, Level::Write)?;
    require_more_than_public(ctx)?;
    let is_own = actor.name.lower() == user.to_ascii_lowercase();
    let org = if is_own { get_org(app, ctx, org).await? } else { owned_org(app, ctx, org).await? };
    let user = get_user(app, ctx, user).await?;
    let mut tx = app.store.begin().await?;
    if !tx.show_org_member(org.id, user.id, is_public).await? {
        return Err(Error::NotFound("member"));
    }
    let mut line = entry(ctx, "organization.member-show");
    line.account = Some(org.id);
    line.detail = format!("{}: {}", user.name, if is_public { "public" } else { "concealed" });
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
