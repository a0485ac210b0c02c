//! Which repositories a team reaches that does not reach all of its organisation.

use hardie_domain::ids::{RepoId, TeamId};
use hardie_domain::time::Timestamp;

use crate::sql::{count, sql};
use crate::store::reads;
use crate::teams::{TeamRow, reaches};
use crate::{Result, Tx};

reads! {
    /// Whether a team reaches a repository.
    pub async fn reaches_repo(db, team: TeamId, repo: RepoId) -> Result<bool> {
        let statement = sql(concat!("SELECT COUNT(*) FROM team t JOIN repo r ON ", reaches!(), " WHERE t.id = $1 AND r.id = $2"));
        Ok(db.one(statement.bind(team).bind(repo), count).await? > 0)
    }
}

impl Tx {
    /// Has a team reach a repository; `false` if that is not the organisation's.
    pub async fn insert_team_repo(&mut self, team: &TeamRow, repo: RepoId, at: Timestamp) -> Result<bool> {
        let owned = self.find_repo(repo).await?.is_some_and(|row| row.owner == team.org);
        if owned {
            let statement = sql("INSERT INTO team_repo (team_id, repo_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
            self.exec(statement.bind(team.id).bind(repo).bind(at)).await?;
        }
        Ok(owned)
    }

    /// Has a team reach a repository no longer; `false` if it did not by name.
    pub async fn delete_team_repo(&mut self, team: &TeamRow, repo: RepoId) -> Result<bool> {
        self.wrote(sql("DELETE FROM team_repo WHERE team_id = $1 AND repo_id = $2").bind(team.id).bind(repo)).await
    }
}
