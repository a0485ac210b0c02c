//! Topics of repositories: words under which they are found.

use hardie_domain::ids::RepoId;
use hardie_domain::time::Timestamp;

use crate::Result;
use crate::repo_list::{RepoFilter, conditions};
use crate::sql::sql;
use crate::store::reads;

reads! {
    /// The topics of repositories that fit, of so many of them at most.
    pub async fn list_topics(db, filter: &RepoFilter<'_>, limit: u32) -> Result<Vec<Vec<String>>> {
        let chosen = sql("SELECT r.topics FROM repo r JOIN account a ON a.id = r.owner_id");
        let statement = conditions(chosen, filter).push(" AND r.topics <> '' ORDER BY r.id LIMIT ").push_bind(limit);
        db.all(statement, |cols| cols.lines()).await
    }
}

impl crate::Tx {
    /// Sets the topics, in order and each once; `false` if the repository is absent or deleted.
    pub async fn set_topics(&mut self, repo: RepoId, topics: &[String], at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE repo SET topics = $2, updated_at = $3 WHERE id = $1 AND deleted_at IS NULL");
        self.wrote(statement.bind(repo).bind(topics.join("\n")).bind(at)).await
    }
}
