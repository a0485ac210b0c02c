//! When a repository is looked at for objects that nothing reaches, and what such a look leaves in its row.

use hardie_domain::ids::RepoId;
use hardie_domain::oid::Oid;
use hardie_domain::time::Timestamp;

use crate::backup::fence::NO_BACKUP;
use crate::sql::sql;
use crate::store::reads;
use crate::{Result, Tx};

reads! {
    /// The repository whose look is due for longest.
    pub async fn next_to_collect(db, now: Timestamp) -> Result<Option<RepoId>> {
        let statement = sql("SELECT id FROM repo WHERE collect_at <= $1 AND deleted_at IS NULL ORDER BY collect_at, id LIMIT 1");
        db.opt(statement.bind(now), |c| c.id(RepoId)).await
    }

    /// When a repository is to be looked at next; `None` if it is absent or nothing waits.
    pub async fn find_collect_at(db, repo: RepoId) -> Result<Option<Timestamp>> {
        Ok(db.opt(sql("SELECT collect_at FROM repo WHERE id = $1").bind(repo), |c| c.opt_time()).await?.flatten())
    }

    /// The generation of a repository that is not deleted, and what moves when objects of it were removed at once.
    pub async fn find_epochs(db, repo: RepoId) -> Result<Option<(i64, i64)>> {
        let statement = sql("SELECT generation, expiry_epoch FROM repo WHERE id = $1 AND deleted_at IS NULL");
        db.opt(statement.bind(repo), |c| Ok((c.int()?, c.int()?))).await
    }

    /// Every object that a ref of the repository was or became since then, each once. Null ids are left out.
    pub async fn list_reflog_oids(db, repo: RepoId, since: Timestamp) -> Result<Vec<Oid>> {
        let statement = sql("SELECT old_oid FROM reflog WHERE repo_id = $1 AND at >= $2 \
             UNION SELECT new_oid FROM reflog WHERE repo_id = $1 AND at >= $2");
        let mut oids = db.all(statement.bind(repo).bind(since), |c| c.oid()).await?;
        oids.retain(|oid| !oid.is_zero());
        Ok(oids)
    }

    /// Whether a backup is under way.
    pub async fn is_backup_under_way(db, now: Timestamp) -> Result<bool> {
        // `$1` keeps the place: the condition speaks of `$2`.
        let statement = sql("SELECT CASE WHEN ").push(NO_BACKUP).push(" THEN 0 ELSE 1 END FROM site WHERE id = $1");
        db.one(statement.bind(1i64).bind(now), |c| c.flag()).await
    }
}

impl Tx {
    /// Asks for a look not later than `at`.
    pub async fn collect_by(&mut self, repo: RepoId, at: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE repo SET collect_at = $2 WHERE id = $1 AND (collect_at IS NULL OR collect_at > $2)");
        self.wrote(statement.bind(repo).bind(at)).await
    }

    /// Says when the next look is, `None` if nothing waits; but `soon` if the repository is not of this generation any more, since
    /// what came meanwhile may have asked for one.
    pub async fn set_collect_at(&mut self, repo: RepoId, generation: i64, at: Option<Timestamp>, soon: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE repo SET collect_at = CASE WHEN generation = $2 THEN $3 ELSE $4 END WHERE id = $1");
        self.wrote(statement.bind(repo).bind(generation).bind(at).bind(soon)).await
    }

    /// Objects of a repository were collected: what was judged reachable must be judged again.
    pub async fn bump_gc(&mut self, repo: RepoId) -> Result<bool> {
        self.wrote(sql("UPDATE repo SET gc_epoch = gc_epoch + 1, generation = generation + 1 WHERE id = $1").bind(repo)).await
    }

    /// They were removed at once: whoever is reading must look again.
    pub async fn bump_expiry(&mut self, repo: RepoId) -> Result<bool> {
        self.wrote(sql("UPDATE repo SET expiry_epoch = expiry_epoch + 1 WHERE id = $1").bind(repo)).await
    }
}
