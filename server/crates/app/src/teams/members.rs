//! Who is in a team: seen by the organisation's members, chosen by its owners. Whoever is in a team may leave it.

use hardie_domain::ids::TeamId;
use hardie_domain::page::{Page, Paged};
use hardie_domain::scope::Level;

use super::{locked, note, owned, visible};
use crate::accounts::{Account, get_user, require_an_owner, shown};
use crate::{App, Ctx, Error, Result};

/// Members of a team, by name.
pub async fn list_team_members(app: &App, ctx: &Ctx, id: TeamId, page: Page) -> Result<Paged<Account>> {
    let (team, _) = visible(app, ctx, id, Level::Read).await?;
    Ok(app.store.list_team_members(team.team.id, page).await?.map(|member| shown(ctx, member)))
}

/// The user of this name, if in the team.
pub async fn find_team_member(app: &App, ctx: &Ctx, id: TeamId, user: &str) -> Result<Option<Account>> {
    let (team, _) = visible(app, ctx, id, Level::Read).await?;
    let user = get_user(app, ctx, user).await?;
    Ok(app.store.is_team_member(team.team.id, user.id).await?.then_some(user))
}

/// Puts a user into a team, and so into the organisation. For its owners.
pub async fn add_team_member(app: &App, ctx: &Ctx, id: TeamId, user: &str) -> Result<()> {
    let team = owned(app, ctx, id).await?;
    let user = get_user(app, ctx, user).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, &team).await?;
    if tx.insert_team_member(&row, user.id, now).await? {
        note(&mut tx, app, ctx, "team.member-add", row.org, None, format!("{} to {}", user.name, row.name)).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes a user out of a team, and out of the organisation if nothing else holds them there: by its owners, or by the user. One owner
/// must remain.
pub async fn remove_team_member(app: &App, ctx: &Ctx, id: TeamId, user: &str) -> Result<()> {
    let leaves = ctx.actor.as_ref().is_some_and(|a| a.name.lower() == user.to_ascii_lowercase());
    let team = if leaves { visible(app, ctx, id, Level::Write).await?.0 } else { owned(app, ctx, id).await? };
    let user = get_user(app, ctx, user).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let row = locked(&mut tx, &team).await?;
    if !tx.delete_team_member(&row, user.id, now).await? {
        return Err(Error::NotFound("member"));
    }
    require_an_owner(tx.count_org_owners(row.org).await?)?;
    note(&mut tx, app, ctx, "team.member-remove", row.org, None, format!("{} from {}", user.name, row.name)).await?;
    Ok(tx.commit().await?)
}
