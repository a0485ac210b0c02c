//! What installations keep for themselves, by installation, repository and key. How much they may keep is `hardie_domain::plugin_state`'s.

use hardie_domain::ids::{InstallationId, RepoId};

use crate::sql::sql;
use crate::store::reads;
use crate::{Result, Tx};

/// Whose state: an installation's, in one repository or in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateOf {
    /// The installation.
    pub installation: InstallationId,
    /// The repository.
    pub repo: Option<RepoId>,
}

impl StateOf {
    fn repo(self) -> i64 {
        self.repo.map_or(0, |id| id.0)
    }
}

/// Sorts behind every printable character of ASCII, of which keys are made.
const BEHIND: char = '\u{7f}';

reads! {
    /// What is kept under a key.
    pub async fn find_state(db, of: StateOf, key: &str) -> Result<Option<Vec<u8>>> {
        let statement = sql("SELECT value FROM plugin_state WHERE installation_id = $1 AND repo_id = $2 AND name = $3");
        db.opt(statement.bind(of.installation).bind(of.repo()).bind(key), |cols| cols.bytes()).await
    }

    /// Keys that begin with `prefix` and come after `after`, in order.
    pub async fn list_state(db, of: StateOf, prefix: &str, after: &str, limit: u32) -> Result<Vec<String>> {
        let statement = sql("SELECT name FROM plugin_state WHERE installation_id = $1 AND repo_id = $2 AND name >= $3 AND name < $4 \
             AND name > $5 ORDER BY name LIMIT $6");
        let statement = statement.bind(of.installation).bind(of.repo()).bind(prefix).bind(format!("{prefix}{BEHIND}"));
        db.all(statement.bind(after).bind(limit), |cols| cols.text()).await
    }

    /// How many keys there are, and their bytes with those of their values.
    pub async fn count_state(db, of: StateOf) -> Result<(u64, u64)> {
        let statement = sql("SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM plugin_state WHERE installation_id = $1 AND repo_id = $2");
        db.one(statement.bind(of.installation).bind(of.repo()), |cols| Ok((cols.count()?, cols.count()?))).await
    }
}

impl Tx {
    /// Keeps a value under a key, in place of the one before.
    pub async fn set_state(&mut self, of: StateOf, key: &str, value: &[u8]) -> Result<()> {
        let statement = sql("INSERT INTO plugin_state (installation_id, repo_id, name, value, bytes) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (installation_id, repo_id, name) DO UPDATE SET value = EXCLUDED.value, bytes = EXCLUDED.bytes");
        let bytes = (key.len() + value.len()) as u64;
        self.exec(statement.bind(of.installation).bind(of.repo()).bind(key).bind(value).bind(bytes)).await.map(|_| ())
    }

    /// Forgets what an installation keeps that is on its way out, wherever; at most `limit` keys, how many.
    pub async fn delete_states(&mut self, installation: InstallationId, limit: u32) -> Result<u64> {
        let statement = sql("DELETE FROM plugin_state WHERE installation_id = $1 AND (repo_id, name) IN (SELECT s.repo_id, s.name \
             FROM plugin_state s WHERE s.installation_id = $1 ORDER BY s.repo_id, s.name LIMIT $2)");
        self.exec(statement.bind(installation).bind(limit)).await
    }

    /// Forgets a key; whether it was there.
    pub async fn delete_state(&mut self, of: StateOf, key: &str) -> Result<bool> {
        let statement = sql("DELETE FROM plugin_state WHERE installation_id = $1 AND repo_id = $2 AND name = $3");
        self.wrote(statement.bind(of.installation).bind(of.repo()).bind(key)).await
    }
}
