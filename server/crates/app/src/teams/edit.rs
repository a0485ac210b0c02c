//! Making, changing and deleting teams. For owners of the organisation.

use hardie_domain::ids::{AccountId, TeamId};
use hardie_domain::names::TeamName;
use hardie_domain::page::Page;
use hardie_domain::team::{TeamAccess, Wanted, level_word};
use hardie_store::teams::TeamFields;

use super::{Team, TeamRow, locked, note, owned, require_not_owners, seen};
use crate::accounts::{checked_line, owned_org};
use crate::{App, Ctx, Error, Result};

/// Whoever asks for teams gets them in one read, and each decision looks at those of one user.
const MAX_TEAMS: u64 = 500;

/// A team to be made.
#[derive(Clone, Debug, Default)]
pub struct NewTeam {
    /// Unique in the organisation, without case.
    pub name: String,
    /// A few words; may be empty.
    pub description: String,
    /// `read` (if absent), `write` or `admin`.
    pub permission: Option<String>,
    /// Names of units that have the permission; all of them if empty.
    pub units: Vec<String>,
    /// A level for each unit, in place of `units`.
    pub units_map: Vec<(String, String)>,
    /// In every repository of the organisation, those to come too.
    pub includes_all: bool,
    /// Its members may make repositories in the organisation.
    pub can_create: bool,
}

/// What changes about a team; `None` or nothing leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    /// Unique in the organisation, without case.
    pub name: Option<String>,
    /// A few words; may be empty.
    pub description: Option<String>,
    /// `read`, `write` or `admin`; alone, the units that have a level get it.
    pub permission: Option<String>,
    /// Names of units that have the permission.
    pub units: Vec<String>,
    /// A level for each unit, in place of `units`.
    pub units_map: Vec<(String, String)>,
    /// In every repository of the organisation, those to come too.
    pub includes_all: Option<bool>,
    /// Its members may make repositories in the organisation.
    pub can_create: Option<bool>,
}

/// Makes a team without members.
pub async fn create_team(app: &App, ctx: &Ctx, org: &str, new: NewTeam) -> Result<Team> {
    let org = owned_org(app, ctx, org).await?;
    let name = TeamName::parse(new.name.trim())?;
    let description = checked_line("description", &new.description)?;
    let wanted = Wanted { permission: new.permission.as_deref(), units: &new.units, units_map: &new.units_map };
    let access = TeamAccess::new(&wanted)?;
    let fields =
        TeamFields { name: &name, description: &description, access: &access, includes_all: new.includes_all, can_create: new.can_create };
    let mut tx = app.store.begin().await?;
    if !tx.bump_account_rules(org.id).await? {
        return Err(Error::NotFound("organization"));
    }
    if tx.list_teams(org.id, "", false, Page::new(None, Some(1))).await?.total >= MAX_TEAMS {
        return Err(Error::Quota(format!("an organization may have {MAX_TEAMS} teams")));
    }
    let id = tx.insert_team(org.id, &fields, app.clock.now()).await?.ok_or_else(|| taken(&name))?;
    record(&mut tx, app, ctx, "team.create", org.id, &fields).await?;
    let made = tx.find_team(id).await?.ok_or(Error::NotFound("team"))?;
    tx.commit().await?;
    Ok(seen(ctx, made))
}

/// Changes a team. Of the owners' team the description alone changes.
pub async fn edit_team(app: &App, ctx: &Ctx, id: TeamId, change: TeamChange) -> Result<Team> {
    let team = owned(app, ctx, id).await?;
    let name = change.name.as_deref().map(|name| TeamName::parse(name.trim())).transpose()?;
    let description = change.description.as_deref().map(|text| checked_line("description", text)).transpose()?;
    let wanted = Wanted { permission: change.permission.as_deref(), units: &change.units, units_map: &change.units_map };
    let mut tx = app.store.begin().await?;
    let before = locked(&mut tx, &team).await?;
    if before.is_owners() {
        refuse_for_owners(&before, &change, name.as_ref())?;
    }
    let access = match before.is_owners() {
        true => before.access,
        false => before.access.changed(&wanted)?,
    };
    let fields = TeamFields {
        name: name.as_ref().unwrap_or(&before.name),
        description: description.as_deref().unwrap_or(&before.description),
        access: &access,
        includes_all: change.includes_all.unwrap_or(before.includes_all),
        can_create: change.can_create.unwrap_or(before.can_create),
    };
    if !tx.update_team(&before, &fields, app.clock.now()).await? {
        return Err(taken(fields.name));
    }
    record(&mut tx, app, ctx, "team.edit", before.org, &fields).await?;
    let after = tx.find_team(id).await?.ok_or(Error::NotFound("team"))?;
    tx.commit().await?;
    Ok(seen(ctx, after))
}

/// Deletes a team. Whoever belonged to the organisation by it alone belongs to it no longer.
pub async fn delete_team(app: &App, ctx: &Ctx, id: TeamId) -> Result<()> {
    let team = owned(app, ctx, id).await?;
    let mut tx = app.store.begin().await?;
    let before = locked(&mut tx, &team).await?;
    require_not_owners(&before, "id")?;
    if !tx.delete_team(&before).await? {
        return Err(Error::NotFound("team"));
    }
    note(&mut tx, app, ctx, "team.delete", before.org, None, before.name.to_string()).await?;
    Ok(tx.commit().await?)
}

/// What clients send of the owners' team with every change is as it is already; nothing else is taken.
fn refuse_for_owners(team: &TeamRow, change: &TeamChange, name: Option<&TeamName>) -> Result<()> {
    let stays = [
        ("name", name.is_none_or(|name| *name == team.name)),
        ("permission", change.permission.as_deref().is_none_or(|word| word == team.access.permission.as_str())),
        ("includes_all_repositories", change.includes_all.unwrap_or(true)),
        ("can_create_org_repo", change.can_create.unwrap_or(true)),
    ];
    stays.into_iter().filter(|(_, same)| !same).try_for_each(|(field, _)| require_not_owners(team, field))
}

fn taken(name: &TeamName) -> Error {
    Error::Conflict(format!("this organization has a team named {name} already"))
}

async fn record(
    tx: &mut hardie_store::Tx,
    app: &App,
    ctx: &Ctx,
    action: &'static str,
    org: AccountId,
    fields: &TeamFields<'_>,
) -> Result<()> {
    let units = fields.access.units().map(|(name, level)| format!("{name} {}", level_word(level)));
    let all = if fields.includes_all { ", in all repositories" } else { "" };
    let creates = if fields.can_create { ", may make repositories" } else { "" };
    let permission = fields.access.permission.as_str();
    let detail = format!("{}: {permission} ({}){all}{creates}", fields.name, units.collect::<Vec<_>>().join(", "));
    note(tx, app, ctx, action, org, None, detail).await
}
