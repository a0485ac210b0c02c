//! Teams of organisations: what each gives its members, and in which repositories.
//!
//! The members of the team of owners are the organisation's owners (`org_members.rs`); the other teams have members of their own
//! (`team_members.rs`). Whoever writes here begins with [`Tx::lock_team`] or [`Tx::bump_account_rules`]: changes of one organisation follow each
//! other, and pushes judged before are judged again.

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, RepoId, TeamId};
use hardie_domain::names::TeamName;
use hardie_domain::page::{Page, Paged};
use hardie_domain::team::{CODE, OWNERS, TeamAccess, TeamPermission, level_word};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{AT_ONCE, Cols, Sql, contains, count, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

/// Whether the team `t` reaches the repository `r`.
macro_rules! reaches {
    () => {
        "t.org_id = r.owner_id AND (t.includes_all = 1 OR EXISTS (SELECT 1 FROM team_repo tr WHERE tr.team_id = t.id AND tr.repo_id = r.id))"
    };
}
pub(crate) use reaches;

/// The greatest level that teams give a user for the code of the repository `r`; 0 for none. A CROSS JOIN, since SQLite keeps to its order: a user is
/// in a few teams, an organisation may have many.
macro_rules! by_teams {
    ($user:literal) => {
        concat!(
            "COALESCE((SELECT MAX(t.code) FROM team_member tm CROSS JOIN team t WHERE t.id = tm.team_id AND tm.user_id = ",
            $user,
            " AND ",
            crate::teams::reaches!(),
            "), 0)"
        )
    };
}
pub(crate) use by_teams;

/// One team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    /// Its id, never used again.
    pub id: TeamId,
    /// Whose it is.
    pub org: AccountId,
    /// As written; unique in the organisation without case.
    pub name: TeamName,
    /// A few words; may be empty.
    pub description: String,
    /// What it gives.
    pub access: TeamAccess,
    /// In every repository of the organisation, those to come too.
    pub includes_all: bool,
    /// Its members may make repositories in the organisation.
    pub can_create: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl TeamRow {
    /// Whether its members own the organisation.
    pub fn is_owners(&self) -> bool {
        self.access.permission == TeamPermission::Owner
    }
}

/// What may change about a team, all of it.
#[derive(Clone, Copy, Debug)]
pub struct TeamFields<'a> {
    /// Unique in the organisation without case.
    pub name: &'a TeamName,
    /// A few words; may be empty.
    pub description: &'a str,
    /// What it gives.
    pub access: &'a TeamAccess,
    /// In every repository of the organisation.
    pub includes_all: bool,
    /// Its members may make repositories in the organisation.
    pub can_create: bool,
}

/// A team with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedTeam {
    /// The team.
    pub team: TeamRow,
    /// The organisation.
    pub org: AccountRow,
}

pub(crate) fn role_of(level: i64) -> Option<Role> {
    match level {
        1 => Some(Role::Read),
        2 => Some(Role::Write),
        3 => Some(Role::Admin),
        _ => None,
    }
}

fn level_of(role: Option<Role>) -> i64 {
    match role {
        None => 0,
        Some(Role::Read) => 1,
        Some(Role::Write) => 2,
        Some(Role::Admin) => 3,
    }
}

const COLUMNS: &str =
    "t.id, t.org_id, t.name, t.description, t.permission, t.code, t.units, t.includes_all, t.can_create, t.created_at, t.updated_at";

fn team_row(cols: &mut Cols<'_>) -> Result<TeamRow> {
    let (id, org, name, description) = (cols.id(TeamId)?, cols.id(AccountId)?, cols.team_name()?, cols.text()?);
    let (permission, code, others) = (cols.word(TeamPermission::parse)?, role_of(cols.int()?), cols.lines()?);
    let access = match permission {
        TeamPermission::Owner => Some(TeamAccess::OWNERS),
        other => TeamAccess::from_stored(other, code, others.iter().map(String::as_str)),
    };
    Ok(TeamRow {
        id,
        org,
        name,
        description,
        access: access.ok_or_else(|| Error::Corrupt(format!("units of the team {id}")))?,
        includes_all: cols.flag()?,
        can_create: cols.flag()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

fn owned_team(cols: &mut Cols<'_>) -> Result<OwnedTeam> {
    Ok(OwnedTeam { team: team_row(cols)?, org: account_row(cols)? })
}

fn select() -> Sql {
    sql("SELECT ").push(COLUMNS).push(", ").push(ACCOUNT_COLUMNS).push(" FROM team t JOIN account a ON a.id = t.org_id WHERE ")
}

/// Those of an organisation whose name or description holds `query`; all if it is empty.
fn of_org(statement: Sql, org: AccountId, query: &str, descriptions: bool) -> Sql {
    let statement = statement.push("t.org_id = ").push_bind(org);
    if query.is_empty() {
        return statement;
    }
    let pattern = contains(&query.to_lowercase());
    let statement = statement.push(" AND (t.lower_name LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\'");
    match descriptions {
        true => statement.push(" OR LOWER(t.description) LIKE ").push_bind(pattern).push(" ESCAPE '\\')"),
        false => statement.push(")"),
    }
}

/// Those in which a user is.
fn of_user(statement: Sql, user: AccountId) -> Sql {
    statement
        .push("t.id IN (SELECT tm.team_id FROM team_member tm WHERE tm.user_id = ")
        .push_bind(user)
        .push(
            " UNION ALL SELECT o.id FROM org_member m JOIN team o ON o.org_id = m.org_id \
             WHERE o.permission = 'owner' AND m.role = 'owner' AND m.user_id = ",
        )
        .push_bind(user)
        .push(")")
}

/// What teams give a user in an organisation as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TeamPowers {
    /// The greatest level for the code of any repository.
    pub role: Option<Role>,
    /// Whether the user may make repositories.
    pub can_create: bool,
}

reads! {
    /// The team with this id.
    pub async fn find_team(db, id: TeamId) -> Result<Option<OwnedTeam>> {
        db.opt(select().push("t.id = ").push_bind(id), owned_team).await
    }

    /// The team of this name in an organisation, without case.
    pub async fn find_team_by_name(db, org: AccountId, name: &str) -> Result<Option<OwnedTeam>> {
        let statement = select().push("t.org_id = ").push_bind(org).push(" AND t.lower_name = ").push_bind(name.to_ascii_lowercase());
        db.opt(statement, owned_team).await
    }

    /// Teams of an organisation whose name, or description if that is looked at, holds `query` (empty for all), by name.
    pub async fn list_teams(db, org: AccountId, query: &str, descriptions: bool, page: Page) -> Result<Paged<OwnedTeam>> {
        let total = db.one(of_org(sql("SELECT COUNT(*) FROM team t WHERE "), org, query, descriptions), count).await?;
        let statement = of_org(select(), org, query, descriptions).push(" ORDER BY t.lower_name").page(page);
        Ok(Paged { items: db.all(statement, owned_team).await?, total })
    }

    /// Teams in which a user is, by the organisation's name.
    pub async fn list_teams_of(db, user: AccountId, page: Page) -> Result<Paged<OwnedTeam>> {
        let total = db.one(of_user(sql("SELECT COUNT(*) FROM team t WHERE "), user), count).await?;
        let statement = of_user(select(), user).push(" ORDER BY a.lower_name, t.lower_name").page(page);
        Ok(Paged { items: db.all(statement, owned_team).await?, total })
    }

    /// The teams of one organisation in which a user is.
    pub async fn list_team_ids_of(db, org: AccountId, user: AccountId) -> Result<Vec<TeamId>> {
        let statement = of_user(sql("SELECT t.id FROM team t WHERE t.org_id = ").push_bind(org).push(" AND "), user);
        db.all(statement, |cols| cols.id(TeamId)).await
    }

    /// What these teams of an organisation are called; those that are not its are left out.
    pub async fn list_team_names(db, org: AccountId, ids: &[TeamId]) -> Result<Vec<(TeamId, TeamName)>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(AT_ONCE) {
            let statement = sql("SELECT t.id, t.name FROM team t WHERE t.org_id = ").push_bind(org).push(" AND t.id").push_in(chunk);
            found.extend(db.all(statement, |cols| Ok((cols.id(TeamId)?, cols.team_name()?))).await?);
        }
        Ok(found)
    }

    /// Teams that reach a repository, by name.
    pub async fn list_teams_reaching(db, repo: RepoId, page: Page) -> Result<Paged<OwnedTeam>> {
        let condition = concat!("EXISTS (SELECT 1 FROM repo r WHERE ", reaches!(), " AND r.id = ");
        let total = db.one(sql("SELECT COUNT(*) FROM team t WHERE ").push(condition).push_bind(repo).push(")"), count).await?;
        let statement = select().push(condition).push_bind(repo).push(") ORDER BY t.lower_name").page(page);
        Ok(Paged { items: db.all(statement, owned_team).await?, total })
    }

    /// What teams give a user in an organisation as a whole.
    pub async fn find_team_powers(db, org: AccountId, user: AccountId) -> Result<TeamPowers> {
        let statement = sql("SELECT COALESCE(MAX(t.code), 0), COALESCE(MAX(t.can_create), 0) FROM team t \
             JOIN team_member tm ON tm.team_id = t.id WHERE t.org_id = $1 AND tm.user_id = $2");
        db.one(statement.bind(org).bind(user), |c| Ok(TeamPowers { role: role_of(c.int()?), can_create: c.flag()? })).await
    }
}

impl Tx {
    /// Locks a team's organisation for the rest of the transaction; the team as it is then. Pushes judged before are judged again.
    pub async fn lock_team(&mut self, org: AccountId, id: TeamId) -> Result<Option<TeamRow>> {
        self.bump_account_rules(org).await?;
        // A statement of its own: PostgreSQL would show the team as it was before the wait for the lock.
        Ok(self.find_team(id).await?.map(|owned| owned.team).filter(|team| team.org == org))
    }

    /// Makes the team of owners of a new organisation.
    pub async fn insert_owners_team(&mut self, org: AccountId, at: Timestamp) -> Result<TeamId> {
        let name = TeamName::from_stored(OWNERS.to_owned());
        let fields = TeamFields { name: &name, description: "", access: &TeamAccess::OWNERS, includes_all: true, can_create: true };
        let id = self.insert_team(org, &fields, at).await?;
        id.ok_or_else(|| Error::Corrupt(format!("the organisation {org} has a team of owners before it is made")))
    }

    /// Makes a team; `None` if the organisation has one of this name.
    pub async fn insert_team(&mut self, org: AccountId, new: &TeamFields<'_>, at: Timestamp) -> Result<Option<TeamId>> {
        let statement = sql("INSERT INTO team (org_id, name, lower_name, description, permission, code, units, includes_all, can_create, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT DO NOTHING RETURNING id");
        self.opt(bind(statement.bind(org), new).bind(at), |cols| cols.id(TeamId)).await
    }

    /// Changes a team; `false` if another of the organisation has the name, or there is none.
    pub async fn update_team(&mut self, team: &TeamRow, new: &TeamFields<'_>, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE team SET name = $2, lower_name = $3, description = $4, permission = $5, code = $6, units = $7, \
             includes_all = $8, can_create = $9, updated_at = $10 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM team o \
             WHERE o.org_id = team.org_id AND o.lower_name = $3 AND o.id <> $1)");
        self.wrote(bind(statement.bind(team.id), new).bind(at)).await
    }

    /// Deletes a team, but not that of the owners. Whoever belonged to the organisation by it alone belongs to it no longer.
    pub async fn delete_team(&mut self, team: &TeamRow) -> Result<bool> {
        let leaving = sql("DELETE FROM org_member WHERE org_id = $2 AND role = 'none' \
             AND user_id IN (SELECT tm.user_id FROM team_member tm WHERE tm.team_id = $1) \
             AND user_id NOT IN (SELECT tm.user_id FROM team_member tm JOIN team t ON t.id = tm.team_id WHERE t.org_id = $2 AND t.id <> $1)");
        if !team.is_owners() {
            self.exec(leaving.bind(team.id).bind(team.org)).await?;
        }
        self.wrote(sql("DELETE FROM team WHERE id = $1 AND permission <> 'owner'").bind(team.id)).await
    }
}

/// The fields in the order of `name, lower_name, description, permission, code, units, includes_all, can_create`.
fn bind(statement: Sql, fields: &TeamFields<'_>) -> Sql {
    let others = fields.access.units().filter(|(name, _)| *name != CODE);
    let units: Vec<String> = others.map(|(name, level)| format!("{name}={}", level_word(level))).collect();
    statement
        .bind(fields.name)
        .bind(fields.name.lower())
        .bind(fields.description)
        .bind(fields.access.permission.as_str())
        .bind(level_of(fields.access.code()))
        .bind(units.join("\n"))
        .bind(fields.includes_all)
        .bind(fields.can_create)
}
