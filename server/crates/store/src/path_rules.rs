//! Rules over paths: who may write under some of them alone.

use hardie_domain::ids::{PathRuleId, RepoId};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRuleRow {
    /// Its id.
    pub id: PathRuleId,
    /// Whom it is about, on which branches, and the paths, as JSON.
    pub settings: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

const SELECT: &str = "SELECT id, settings, created_at, updated_at FROM path_rule WHERE repo_id = ";

fn row(cols: &mut Cols<'_>) -> Result<PathRuleRow> {
    Ok(PathRuleRow { id: cols.id(PathRuleId)?, settings: cols.text()?, created_at: cols.time()?, updated_at: cols.time()? })
}

reads! {
    /// One rule of a repository.
    pub async fn find_path_rule(db, repo: RepoId, id: PathRuleId) -> Result<Option<PathRuleRow>> {
        db.opt(sql(SELECT).push_bind(repo).push(" AND id = ").push_bind(id), row).await
    }

    /// All rules of a repository, oldest first; callers bound how many there may be.
    pub async fn list_path_rules(db, repo: RepoId) -> Result<Vec<PathRuleRow>> {
        db.all(sql(SELECT).push_bind(repo).push(" ORDER BY id"), row).await
    }
}

impl Tx {
    /// Adds a rule.
    pub async fn insert_path_rule(&mut self, repo: RepoId, settings: &str, at: Timestamp) -> Result<PathRuleId> {
        self.bump_rules(repo).await?;
        let statement = sql("INSERT INTO path_rule (repo_id, settings, created_at, updated_at) VALUES ($1, $2, $3, $3) RETURNING id");
        self.one(statement.bind(repo).bind(settings).bind(at), |cols| cols.id(PathRuleId)).await
    }

    /// Changes a rule; `false` if there is none.
    pub async fn update_path_rule(&mut self, repo: RepoId, changed: &PathRuleRow) -> Result<bool> {
        self.bump_rules(repo).await?;
        let statement = sql("UPDATE path_rule SET settings = $3, updated_at = $4 WHERE repo_id = $1 AND id = $2");
        self.wrote(statement.bind(repo).bind(changed.id).bind(changed.settings.as_str()).bind(changed.updated_at)).await
    }

    /// Removes a rule; `false` if there was none.
    pub async fn delete_path_rule(&mut self, repo: RepoId, id: PathRuleId) -> Result<bool> {
        self.bump_rules(repo).await?;
        self.wrote(sql("DELETE FROM path_rule WHERE repo_id = $1 AND id = $2").bind(repo).bind(id)).await
    }
}
