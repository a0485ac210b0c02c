//! Users whom a repository names, each with a role.

use hardie_domain::access::Role;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One collaborator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollaboratorRow {
    /// The user.
    pub user: AccountRow,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

fn collaborator_row(cols: &mut Cols<'_>) -> Result<CollaboratorRow> {
    Ok(CollaboratorRow { user: account_row(cols)?, role: cols.word(Role::parse)?, created_at: cols.time()? })
}

reads! {
    /// The role of a user as a collaborator.
    pub async fn find_collaborator(db, repo: RepoId, user: AccountId) -> Result<Option<Role>> {
        let statement = sql("SELECT role FROM collaborator WHERE repo_id = $1 AND account_id = $2").bind(repo).bind(user);
        db.opt(statement, |cols| cols.word(Role::parse)).await
    }

    /// Collaborators of a repository, by name.
    pub async fn list_collaborators(db, repo: RepoId, page: Page) -> Result<Paged<CollaboratorRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM collaborator WHERE repo_id = $1").bind(repo), count).await?;
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(", c.role, c.created_at FROM collaborator c JOIN account a ON a.id = c.account_id WHERE c.repo_id = ")
            .push_bind(repo)
            .push(" ORDER BY a.lower_name")
            .page(page);
        Ok(Paged { items: db.all(statement, collaborator_row).await?, total })
    }
}

impl Tx {
    /// Adds a collaborator or changes the role.
    pub async fn set_collaborator(&mut self, repo: RepoId, user: AccountId, role: Role, at: Timestamp) -> Result<()> {
        self.bump_rules(repo).await?;
        let statement = sql("INSERT INTO collaborator (repo_id, account_id, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (repo_id, account_id) DO UPDATE SET role = EXCLUDED.role");
        self.exec(statement.bind(repo).bind(user).bind(role.as_str()).bind(at)).await.map(|_| ())
    }

    /// Removes a collaborator; `false` if there was none.
    pub async fn delete_collaborator(&mut self, repo: RepoId, user: AccountId) -> Result<bool> {
        self.bump_rules(repo).await?;
        self.wrote(sql("DELETE FROM collaborator WHERE repo_id = $1 AND account_id = $2").bind(repo).bind(user)).await
    }
}
