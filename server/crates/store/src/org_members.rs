//! Who belongs to an organisation.

use hardie_domain::access::Role;
use hardie_domain::ids::AccountId;
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What a member may do in every repository of the organisation, whatever teams give on top of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgRole {
    /// Owns the organisation and all that is in it.
    Owner,
    /// Has this role in its repositories.
    Member(Role),
    /// Has what teams give, and no more.
    ByTeams,
}

impl OrgRole {
    /// The word in rows and in the API: `owner`, `admin`, `write`, `read`, `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            OrgRole::Owner => "owner",
            OrgRole::Member(role) => role.as_str(),
            OrgRole::ByTeams => "none",
        }
    }

    /// What it lets somebody do in a repository of the organisation.
    pub fn role(self) -> Option<Role> {
        match self {
            OrgRole::Owner => Some(Role::Admin),
            OrgRole::Member(role) => Some(role),
            OrgRole::ByTeams => None,
        }
    }

    /// The reverse of [`OrgRole::as_str`].
    pub fn parse(word: &str) -> Option<OrgRole> {
        match word {
            "owner" => Some(OrgRole::Owner),
            "none" => Some(OrgRole::ByTeams),
            _ => Role::parse(word).map(OrgRole::Member),
        }
    }
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgMemberRow {
    /// The user.
    pub user: AccountRow,
    /// What they may do.
    pub role: OrgRole,
    /// Since when.
    pub created_at: Timestamp,
}

fn member_row(cols: &mut Cols<'_>) -> Result<OrgMemberRow> {
    Ok(OrgMemberRow { user: account_row(cols)?, role: cols.word(OrgRole::parse)?, created_at: cols.time()? })
}

reads! {
    /// The role of a user in an organisation.
    pub async fn find_org_role(db, org: AccountId, user: AccountId) -> Result<Option<OrgRole>> {
        db.opt(sql("SELECT role FROM org_member WHERE org_id = $1 AND user_id = $2").bind(org).bind(user), |c| c.word(OrgRole::parse)).await
    }

    /// Members of an organisation, by name.
    pub async fn list_org_members(db, org: AccountId, page: Page) -> Result<Paged<OrgMemberRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM org_member WHERE org_id = $1").bind(org), count).await?;
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(", m.role, m.created_at FROM org_member m JOIN account a ON a.id = m.user_id WHERE m.org_id = ")
            .push_bind(org)
            .push(" ORDER BY a.lower_name")
            .page(page);
        Ok(Paged { items: db.all(statement, member_row).await?, total })
    }

    /// Members of an organisation who are shown to those who are none, by name.
    pub async fn list_public_org_members(db, org: AccountId, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM org_member WHERE org_id = $1 AND is_public = 1").bind(org), count).await?;
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(" FROM org_member m JOIN account a ON a.id = m.user_id WHERE m.is_public = 1 AND m.org_id = ")
            .push_bind(org)
            .push(" ORDER BY a.lower_name")
            .page(page);
        Ok(Paged { items: db.all(statement, account_row).await?, total })
    }

    /// Whether a user belongs to an organisation and is shown as such to those who do not.
    pub async fn is_public_org_member(db, org: AccountId, user: AccountId) -> Result<bool> {
        let statement = sql("SELECT COUNT(*) FROM org_member WHERE org_id = $1 AND user_id = $2 AND is_public = 1").bind(org).bind(user);
        Ok(db.one(statement, count).await? > 0)
    }

    /// Organisations to which a user belongs, by name.
    pub async fn list_orgs_of(db, user: AccountId, page: Page) -> Result<Paged<AccountRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM org_member WHERE user_id = $1").bind(user), count).await?;
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(" FROM org_member m JOIN account a ON a.id = m.org_id WHERE m.user_id = ")
            .push_bind(user)
            .push(" ORDER BY a.lower_name")
            .page(page);
        Ok(Paged { items: db.all(statement, account_row).await?, total })
    }

    /// How many owners an organisation has: the last one may not leave.
    pub async fn count_org_owners(db, org: AccountId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM org_member WHERE org_id = $1 AND role = 'owner'").bind(org), count).await
    }
}

impl Tx {
    /// Adds a member or changes a member's role. Pushes judged before are judged again.
    pub async fn set_org_member(&mut self, org: AccountId, user: AccountId, role: OrgRole, at: Timestamp) -> Result<()> {
        self.bump_account_rules(org).await?;
        let statement = sql("INSERT INTO org_member (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org_id, user_id) DO UPDATE SET role = EXCLUDED.role");
        self.exec(statement.bind(org).bind(user).bind(role.as_str()).bind(at)).await.map(|_| ())
    }

    /// Has somebody belong to the organisation who may not yet: with what teams give, unless they have a role already.
    pub(crate) async fn add_org_member(&mut self, org: AccountId, user: AccountId, at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO org_member (org_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
        self.exec(statement.bind(org).bind(user).bind(OrgRole::ByTeams.as_str()).bind(at)).await.map(|_| ())
    }

    /// Shows a membership to those who do not belong to the organisation, or no longer; `false` if there is none.
    pub async fn show_org_member(&mut self, org: AccountId, user: AccountId, is_public: bool) -> Result<bool> {
        let statement = sql("UPDATE org_member SET is_public = $3 WHERE org_id = $1 AND user_id = $2");
        self.wrote(statement.bind(org).bind(user).bind(is_public)).await
    }

    /// Removes a member, from every team too; `false` if there was none.
    pub async fn delete_org_member(&mut self, org: AccountId, user: AccountId) -> Result<bool> {
        self.bump_account_rules(org).await?;
        let teams = sql("DELETE FROM team_member WHERE user_id = $2 AND team_id IN (SELECT t.id FROM team t WHERE t.org_id = $1)");
        self.exec(teams.bind(org).bind(user)).await?;
        self.wrote(sql("DELETE FROM org_member WHERE org_id = $1 AND user_id = $2").bind(org).bind(user)).await
    }
}
