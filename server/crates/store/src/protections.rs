//! Protected branches. A rule holds for every branch that its pattern (`hardie_domain::glob`) fits.

use hardie_domain::ids::RepoId;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectionRow {
    /// Of which branches; unique in the repository.
    pub pattern: String,
    /// Whether an update may drop commits.
    pub allow_force: bool,
    /// Whether the branch may be deleted.
    pub allow_delete: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn protection_row(cols: &mut Cols<'_>) -> Result<ProtectionRow> {
    Ok(ProtectionRow {
        pattern: cols.text()?,
        allow_force: cols.flag()?,
        allow_delete: cols.flag()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

const SELECT: &str = "SELECT pattern, allow_force, allow_delete, created_at, updated_at FROM branch_protection WHERE repo_id = ";

reads! {
    /// The rule with this pattern.
    pub async fn find_protection(db, repo: RepoId, pattern: &str) -> Result<Option<ProtectionRow>> {
        db.opt(sql(SELECT).push_bind(repo).push(" AND pattern = ").push_bind(pattern), protection_row).await
    }

    /// All rules of a repository, by pattern; callers bound how many there may be.
    pub async fn list_protections(db, repo: RepoId) -> Result<Vec<ProtectionRow>> {
        db.all(sql(SELECT).push_bind(repo).push(" ORDER BY pattern"), protection_row).await
    }
}

impl Tx {
    /// Adds a rule; `false` if there is one with this pattern.
    pub async fn insert_protection(
        &mut self,
        repo: RepoId,
        pattern: &str,
        allow_force: bool,
        allow_delete: bool,
        at: Timestamp,
    ) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement = sql("INSERT INTO branch_protection (repo_id, pattern, allow_force, allow_delete, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING");
        self.wrote(statement.bind(repo).bind(pattern).bind(allow_force).bind(allow_delete).bind(at)).await
    }

    /// Changes a rule; `false` if there is none.
    pub async fn update_protection(
        &mut self,
        repo: RepoId,
        pattern: &str,
        allow_force: bool,
        allow_delete: bool,
        at: Timestamp,
    ) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement =
            sql("UPDATE branch_protection SET allow_force = $3, allow_delete = $4, updated_at = $5 WHERE repo_id = $1 AND pattern = $2");
        self.wrote(statement.bind(repo).bind(pattern).bind(allow_force).bind(allow_delete).bind(at)).await
    }

    /// Removes a rule; `false` if there was none.
    pub async fn delete_protection(&mut self, repo: RepoId, pattern: &str) -> Result<bool> {
        self.bump_rules(repo).await?;
        self.wrote(sql("DELETE FROM branch_protection WHERE repo_id = $1 AND pattern = $2").bind(repo).bind(pattern)).await
    }
}
