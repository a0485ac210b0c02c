//! The catalogue of Git LFS objects, and of the files of releases ([`crate::release_assets`]). As with packs: a row before it is a file, and a
//! repository's only through a row of its own.
//!
//! States: `staged` (somebody is about to put the file there) → `live` (something names it) → `dead` (the sweeper is removing the
//! file) → no row. Whoever changes an object's fate locks its row first.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_domain::time::Timestamp;

use crate::backup::fence::NO_BACKUP;
use crate::packs::Staging;
use crate::sql::{AT_ONCE, Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// An object as one repository has it.
#[derive(Clone, Copy, Debug)]
pub struct NewRepoLfs {
    /// The repository.
    pub repo: RepoId,
    /// The object.
    pub oid: LfsOid,
    /// Who brought it.
    pub uploader: AccountId,
    /// Now.
    pub at: Timestamp,
}

/// What became of [`Tx::adopt_lfs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The repository has it.
    Done,
    /// The object's row is gone or dead: its file may be gone too.
    Swept,
    /// The repository is gone or archived.
    NotWritable,
}

/// Nothing names the object `o`.
const UNNAMED: &str = "NOT EXISTS (SELECT 1 FROM repo_lfs r WHERE r.oid = o.oid) \
     AND NOT EXISTS (SELECT 1 FROM release_asset a WHERE a.oid = o.oid)";

pub(crate) fn object(cols: &mut Cols<'_>) -> Result<LfsObject> {
    Ok(LfsObject { oid: LfsOid(cols.hash()?), size: cols.count()? })
}

reads! {
    /// Those of the objects that the repository has, in no order; each once if each is named once.
    pub async fn find_repo_lfs(db, repo: RepoId, oids: &[LfsOid]) -> Result<Vec<LfsObject>> {
        let mut found = Vec::new();
        for chunk in oids.chunks(AT_ONCE) {
            let hashes: Vec<&[u8; 32]> = chunk.iter().map(|oid| &oid.0).collect();
            let select = "SELECT o.oid, o.bytes FROM repo_lfs r JOIN lfs_object o ON o.oid = r.oid WHERE r.repo_id = ";
            found.extend(db.all(sql(select).push_bind(repo).push(" AND r.oid").push_in(&hashes), object).await?);
        }
        Ok(found)
    }

    /// Objects of a repository above `after`, by id.
    pub async fn list_repo_lfs(db, repo: RepoId, after: &LfsOid, limit: u32) -> Result<Vec<LfsObject>> {
        let statement = sql("SELECT o.oid, o.bytes FROM repo_lfs r JOIN lfs_object o ON o.oid = r.oid \
             WHERE r.repo_id = $1 AND r.oid > $2 ORDER BY r.oid LIMIT $3");
        db.all(statement.bind(repo).bind(&after.0).bind(limit), object).await
    }

    /// All that a repository has of either kind, above `after`, by id: for a walk over everything.
    pub async fn list_repo_objects(db, repo: RepoId, after: &LfsOid, limit: u32) -> Result<Vec<LfsObject>> {
        let statement = sql("SELECT o.oid, o.bytes FROM lfs_object o WHERE o.oid IN \
             (SELECT r.oid FROM repo_lfs r WHERE r.repo_id = $1 AND r.oid > $2 UNION SELECT a.oid FROM release_asset a \
             JOIN repo_release l ON l.id = a.release_id WHERE l.repo_id = $1 AND a.oid > $2) ORDER BY o.oid LIMIT $3");
        db.all(statement.bind(repo).bind(&after.0).bind(limit), object).await
    }

    /// Objects that nothing names and nobody is bringing, oldest first: what the sweeper looks at.
    pub async fn list_unheld_lfs(db, now: Timestamp, limit: u32) -> Result<Vec<LfsOid>> {
        let statement = sql("SELECT o.oid FROM lfs_object o WHERE o.state <> 'dead' AND o.keep_until <= $1 AND ")
            .push(UNNAMED).push(" ORDER BY o.created_at, o.oid LIMIT $2");
        db.all(statement.bind(now).bind(limit), |c| Ok(LfsOid(c.hash()?))).await
    }

    /// Objects whose removal was begun and not finished.
    pub async fn list_dead_lfs(db, after: &LfsOid, limit: u32) -> Result<Vec<LfsOid>> {
        let statement = sql("SELECT oid FROM lfs_object WHERE state = 'dead' AND oid > $1 ORDER BY oid LIMIT $2");
        db.all(statement.bind(&after.0).bind(limit), |c| Ok(LfsOid(c.hash()?))).await
    }

    /// Bytes of all objects that are not dead, each counted once.
    pub async fn total_lfs_bytes(db) -> Result<u64> {
        db.one(sql("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM lfs_object WHERE state <> 'dead'"), count).await
    }
}

impl Tx {
    /// Announces the bytes that somebody is about to publish, and keeps them until `keep_until`. Commit before the file is put in
    /// place.
    pub async fn stage_lfs(&mut self, object: &LfsObject, at: Timestamp, keep_until: Timestamp) -> Result<Staging> {
        let insert = sql(
            "INSERT INTO lfs_object (oid, bytes, state, keep_until, created_at) VALUES ($1, $2, 'staged', $3, $4) ON CONFLICT DO NOTHING",
        );
        if self.wrote(insert.bind(&object.oid.0).bind(object.size).bind(keep_until).bind(at)).await? {
            return Ok(Staging::Fresh);
        }
        let keep = sql("UPDATE lfs_object SET locks = locks + 1, keep_until = CASE WHEN keep_until < $2 THEN $2 ELSE keep_until END \
             WHERE oid = $1 AND state <> 'dead'");
        Ok(if self.wrote(keep.bind(&object.oid.0).bind(keep_until)).await? { Staging::Present } else { Staging::Dying })
    }

    /// Makes a staged object part of a repository that may be written.
    pub async fn adopt_lfs(&mut self, new: &NewRepoLfs) -> Result<Adopted> {
        if !self.take_up_lfs(&new.oid).await? {
            return Ok(Adopted::Swept);
        }
        let insert = sql("INSERT INTO repo_lfs (repo_id, oid, uploader_id, added_at) \
             SELECT r.id, $2, $3, $4 FROM repo r WHERE r.id = $1 AND r.deleted_at IS NULL AND r.archived = 0 \
             ON CONFLICT (repo_id, oid) DO UPDATE SET added_at = repo_lfs.added_at");
        let joined = self.wrote(insert.bind(new.repo).bind(&new.oid.0).bind(new.uploader).bind(new.at)).await?;
        Ok(if joined { Adopted::Done } else { Adopted::NotWritable })
    }

    /// Locks an object's row for whoever is about to name it; `false` if it is gone or dead: its file may be gone too.
    pub(crate) async fn take_up_lfs(&mut self, oid: &LfsOid) -> Result<bool> {
        let lock = sql("UPDATE lfs_object SET locks = locks + 1, state = 'live' WHERE oid = $1 AND state <> 'dead'");
        self.wrote(lock.bind(&oid.0)).await
    }

    /// Begins the removal of an object: `true` if from now on nobody can take it up, so that its file may go.
    pub async fn mark_lfs_dead(&mut self, oid: &LfsOid, now: Timestamp) -> Result<bool> {
        let lock = sql("UPDATE lfs_object SET locks = locks + 1 WHERE oid = $1 AND state <> 'dead'");
        if !self.wrote(lock.bind(&oid.0)).await? {
            return Ok(false);
        }
        // A statement of its own, so that it sees what was committed while the lock was waited for.
        let statement = sql("UPDATE lfs_object AS o SET state = 'dead' WHERE oid = $1 AND keep_until <= $2 AND ");
        self.wrote(statement.push(UNNAMED).push(" AND ").push(NO_BACKUP).bind(&oid.0).bind(now)).await
    }

    /// Ends the removal of an object after its file is gone.
    pub async fn delete_dead_lfs(&mut self, oid: &LfsOid) -> Result<bool> {
        self.wrote(sql("DELETE FROM lfs_object WHERE oid = $1 AND state = 'dead'").bind(&oid.0)).await
    }
}
