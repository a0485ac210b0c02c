//! Locks on paths for Git LFS: one holder for each path of a repository.

use hardie_domain::ids::{AccountId, LfsLockId, RepoId};
use hardie_domain::names::AccountName;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LfsLockRow {
    /// Its id; grows.
    pub id: LfsLockId,
    /// The locked path.
    pub path: String,
    /// Who holds it.
    pub owner: AccountId,
    /// The holder's name.
    pub owner_name: AccountName,
    /// Since when.
    pub locked_at: Timestamp,
}

/// Which locks of a repository are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct LfsLockFilter<'a> {
    /// This path alone.
    pub path: Option<&'a str>,
    /// This lock alone.
    pub id: Option<LfsLockId>,
    /// Only ids above this one.
    pub after: Option<LfsLockId>,
}

const SELECT: &str = "SELECT l.id, l.path, l.owner_id, a.name, l.locked_at FROM lfs_lock l JOIN account a ON a.id = l.owner_id \
    WHERE l.repo_id = ";

fn lock_row(cols: &mut Cols<'_>) -> Result<LfsLockRow> {
    Ok(LfsLockRow {
        id: cols.id(LfsLockId)?,
        path: cols.text()?,
        owner: cols.id(AccountId)?,
        owner_name: cols.account_name()?,
        locked_at: cols.time()?,
    })
}

reads! {
    /// Locks of a repository by id, at most so many.
    pub async fn list_lfs_locks(db, repo: RepoId, filter: LfsLockFilter<'_>, limit: u32) -> Result<Vec<LfsLockRow>> {
        let mut statement = sql(SELECT).push_bind(repo);
        if let Some(path) = filter.path {
            statement = statement.push(" AND l.path = ").push_bind(path);
        }
        if let Some(id) = filter.id {
            statement = statement.push(" AND l.id = ").push_bind(id);
        }
        if let Some(after) = filter.after {
            statement = statement.push(" AND l.id > ").push_bind(after);
        }
        db.all(statement.push(" ORDER BY l.id LIMIT ").push_bind(limit), lock_row).await
    }

    /// How many locks a repository has.
    pub async fn count_lfs_locks(db, repo: RepoId) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM lfs_lock WHERE repo_id = $1").bind(repo), count).await
    }
}

impl Tx {
    /// Locks a path; `None` if somebody holds it already.
    pub async fn insert_lfs_lock(&mut self, repo: RepoId, path: &str, owner: AccountId, at: Timestamp) -> Result<Option<LfsLockId>> {
        let statement = sql("INSERT INTO lfs_lock (repo_id, path, owner_id, locked_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING RETURNING id");
        self.opt(statement.bind(repo).bind(path).bind(owner).bind(at), |c| c.id(LfsLockId)).await
    }

    /// Ends a lock of a repository.
    pub async fn delete_lfs_lock(&mut self, repo: RepoId, id: LfsLockId) -> Result<bool> {
        self.wrote(sql("DELETE FROM lfs_lock WHERE id = $1 AND repo_id = $2").bind(id).bind(repo)).await
    }
}
