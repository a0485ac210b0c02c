//! Which applications somebody let in, and letting one in no more.

use hardie_domain::ids::GrantId;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::{Category, Level};
pub use hardie_store::oauth_grants::GrantRow as Grant;

use crate::access::{require_more_than_public, require_scope};
use crate::audit::entry;
use crate::{App, Ctx, Error, Result};

/// The actor's, newest first.
pub async fn list_grants(app: &App, ctx: &Ctx, page: Page) -> Result<Paged<Grant>> {
    let actor = require_scope(ctx, Category::User, Level::Read)?;
    require_more_than_public(ctx)?;
    Ok(app.store.list_grants(actor.id, app.clock.now(), page).await?)
}

/// Ends one of the actor's, with all its tokens.
pub async fn revoke_grant(app: &App, ctx: &Ctx, id: GrantId) -> Result<()> {
    let actor = require_scope(ctx, Category::User, Level::Write)?;
    require_more_than_public(ctx)?;
    let grant = app.store.find_grant(id).await?.filter(|grant| grant.account.id == actor.id).ok_or(Error::NotFound("application"))?;
    let mut tx = app.store.begin().await?;
    if !tx.delete_grant(actor.id, id).await? {
        return Err(Error::NotFound("application"));
    }
    let mut line = entry(ctx, "oauth.revoke");
    (line.account, line.detail) = (Some(actor.id), format!("{:?} ({})", grant.app.name, grant.app.client_id));
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(tx.commit().await?)
}
