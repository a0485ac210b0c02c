//! Who is in a team. The members of the team of owners are those whose role in the organisation is that of an owner.

use hardie_domain::ids::{AccountId, TeamId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::org_members::OrgRole;
use crate::sql::{Sql, count, sql};
use crate::store::reads;
use crate::teams::TeamRow;
use crate::{Result, Tx};

/// Users of a team.
fn members(statement: Sql, team: TeamId) -> Sql {
    statement
        .push(" FROM account a WHERE a.id IN (SELECT tm.user_id FROM team_member tm WHERE tm.team_id = ")
        .push_bind(team)
        .push(
            " UNION ALL SELECT m.user_id FROM team t JOIN org_member m ON m.org_id = t.org_id \
             WHERE t.permission = 'owner' AND m.role = 'owner' AND t.id = ",
        )
        .push_bind(team)
        .push(")")
}

reads! {
    /// Members of a team, by name.
    pub async fn list_team_members(db, team: TeamId, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(members(sql("SELECT COUNT(*)"), team), count).await?;
        let statement = members(sql("SELECT ").push(ACCOUNT_COLUMNS), team).push(" ORDER BY a.lower_name").page(page);
        Ok(Paged { items: db.all(statement, account_row).await?, total })
    }

    /// Whether a user is in a team.
    pub async fn is_team_member(db, team: TeamId, user: AccountId) -> Result<bool> {
        let statement = members(sql("SELECT COUNT(*)"), team).push(" AND a.id = ").push_bind(user);
        Ok(db.one(statement, count).await? > 0)
    }
}

impl Tx {
    /// Puts a user into a team, and so into the organisation; `false` if they are in it already.
    pub async fn insert_team_member(&mut self, team: &TeamRow, user: AccountId, at: Timestamp) -> Result<bool> {
        if team.is_owners() {
            let was_owner = self.find_org_role(team.org, user).await? == Some(OrgRole::Owner);
            self.set_org_member(team.org, user, OrgRole::Owner, at).await?;
            return Ok(!was_owner);
        }
        self.add_org_member(team.org, user, at).await?;
        let statement = sql("INSERT INTO team_member (team_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        self.wrote(statement.bind(team.id).bind(user).bind(at)).await
    }

    /// Takes a user out of a team, and out of the organisation if nothing else holds them there; `false` if they were not in the team.
    /// The last owner can be taken out: who asks counts what is left.
    pub async fn delete_team_member(&mut self, team: &TeamRow, user: AccountId, at: Timestamp) -> Result<bool> {
        let role = self.find_org_role(team.org, user).await?;
        let (removed, has_own_role) = match team.is_owners() {
            true => (role == Some(OrgRole::Owner), false),
            false => {
                let statement = sql("DELETE FROM team_member WHERE team_id = $1 AND user_id = $2").bind(team.id).bind(user);
                (self.wrote(statement).await?, role != Some(OrgRole::ByTeams))
            }
        };
        if !removed || has_own_role {
            return Ok(removed);
        }
        let teams = sql("SELECT COUNT(*) FROM team_member tm JOIN team t ON t.id = tm.team_id WHERE t.org_id = $1 AND tm.user_id = $2");
        match self.one(teams.bind(team.org).bind(user), count).await? {
            0 => self.delete_org_member(team.org, user).await,
            _ => self.set_org_member(team.org, user, OrgRole::ByTeams, at).await.map(|()| true),
        }
    }
}
