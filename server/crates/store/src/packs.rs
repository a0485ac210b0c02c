//! The catalogue of packs. A pack is a row before it is a file, and a file is visible only through a committed row.
//!
//! States: `staged` (a push is about to put the file there) → `live` (a repository holds it) → `dead` (the sweeper is removing the
//! file) → no row. Whoever changes a pack's fate locks its row first, so that "nobody holds it" is looked at after the lock.

use hardie_domain::ids::{PushId, RepoId};
use hardie_domain::time::Timestamp;

use crate::backup::fence::NO_BACKUP;
use crate::damage::NO_DAMAGE;
use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// Where a pack is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackState {
    /// Its file may or may not be there; no repository holds it yet.
    Staged,
    /// A repository holds it, or did until lately.
    Live,
    /// Its file is being removed: it can be taken up again only after that.
    Dead,
}

impl PackState {
    fn parse(word: &str) -> Option<PackState> {
        match word {
            "staged" => Some(PackState::Staged),
            "live" => Some(PackState::Live),
            "dead" => Some(PackState::Dead),
            _ => None,
        }
    }
}

/// One pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackRow {
    /// sha256 of its bytes; its file's name.
    pub hash: [u8; 32],
    /// Bytes of the pack file.
    pub bytes: u64,
    /// Objects in it.
    pub objects: u64,
    /// Where it is in its life.
    pub state: PackState,
    /// When it was first staged.
    pub created_at: Timestamp,
}

/// A pack as one repository holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoPackRow {
    /// sha256 of its bytes.
    pub hash: [u8; 32],
    /// Bytes of the pack file.
    pub bytes: u64,
    /// Objects in it.
    pub objects: u64,
    /// When it was published, visible refs reached every object in it.
    pub closed: bool,
    /// Set for a cruft pack: since when no root reaches its objects. What is named again is taken out of it before it goes.
    pub unreached_since: Option<Timestamp>,
    /// Its file is known to be damaged.
    pub damaged: bool,
}

/// What [`Tx::stage_pack`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staging {
    /// Nobody had it: publish the file, then commit.
    Fresh,
    /// Another push or repository has it, and its file may be there already; publish all the same.
    Present,
    /// The sweeper is removing its file. Nothing was staged: roll back and try again when the row is gone.
    Dying,
}

pub(crate) const SELECT_REPO_PACKS: &str = "SELECT p.hash, p.bytes, p.objects, rp.closed, rp.unreached_since, \
    CASE WHEN d.hash IS NULL THEN 0 ELSE 1 END FROM repo_pack rp JOIN pack p ON p.hash = rp.hash \
    LEFT JOIN pack_damage d ON d.hash = p.hash WHERE rp.repo_id = $1 ORDER BY rp.added_at DESC, p.hash";

pub(crate) fn repo_pack_row(cols: &mut Cols<'_>) -> Result<RepoPackRow> {
    Ok(RepoPackRow {
        hash: cols.hash()?,
        bytes: cols.count()?,
        objects: cols.count()?,
        closed: cols.flag()?,
        unreached_since: cols.opt_time()?,
        damaged: cols.flag()?,
    })
}

fn pack_row(cols: &mut Cols<'_>) -> Result<PackRow> {
    Ok(PackRow {
        hash: cols.hash()?,
        bytes: cols.count()?,
        objects: cols.count()?,
        state: cols.word(PackState::parse)?,
        created_at: cols.time()?,
    })
}

const SELECT: &str = "SELECT p.hash, p.bytes, p.objects, p.state, p.created_at FROM pack p";

reads! {
    /// One pack.
    pub async fn find_pack(db, hash: &[u8; 32]) -> Result<Option<PackRow>> {
        db.opt(sql(SELECT).push(" WHERE p.hash = ").push_bind(hash), pack_row).await
    }

    /// Packs of a repository, newest first.
    pub async fn list_repo_packs(db, repo: RepoId) -> Result<Vec<RepoPackRow>> {
        db.all(sql(SELECT_REPO_PACKS).bind(repo), repo_pack_row).await
    }

    /// Packs that no repository and no unexpired push holds, oldest first: what the sweeper looks at.
    pub async fn list_unheld_packs(db, now: Timestamp, limit: u32) -> Result<Vec<PackRow>> {
        let statement = sql(SELECT)
            .push(" WHERE p.state <> 'dead' AND NOT EXISTS (SELECT 1 FROM repo_pack rp WHERE rp.hash = p.hash) \
                  AND NOT EXISTS (SELECT 1 FROM pack_stage s WHERE s.hash = p.hash AND s.lease_until > ")
            .push_bind(now)
            .push(") AND p.keep_until <= ")
            .push_bind(now)
            .push(" AND ")
            .push(NO_DAMAGE)
            .push(" ORDER BY p.created_at, p.hash LIMIT ")
            .push_bind(limit);
        db.all(statement, pack_row).await
    }

    /// Repositories that have more than so many packs, cruft apart, the most crowded first. Those with damage are left out: nothing is
    /// made from their packs.
    pub async fn list_crowded_repos(db, most: u32, limit: u32) -> Result<Vec<RepoId>> {
        let statement = sql("SELECT rp.repo_id FROM repo_pack rp JOIN repo r ON r.id = rp.repo_id WHERE r.deleted_at IS NULL \
             AND rp.unreached_since IS NULL AND NOT EXISTS (SELECT 1 FROM repo_pack dr JOIN pack_damage d ON d.hash = dr.hash \
             WHERE dr.repo_id = rp.repo_id) GROUP BY rp.repo_id HAVING COUNT(*) > $1 ORDER BY COUNT(*) DESC, rp.repo_id LIMIT $2");
        db.all(statement.bind(most).bind(limit), |c| c.id(RepoId)).await
    }

    /// Repositories above `after`, in the order of their ids, whose packs have at least so many objects together.
    pub async fn list_large_repos(db, objects: u64, after: RepoId, limit: u32) -> Result<Vec<RepoId>> {
        let statement = sql("SELECT rp.repo_id FROM repo_pack rp JOIN pack p ON p.hash = rp.hash JOIN repo r ON r.id = rp.repo_id \
             WHERE r.deleted_at IS NULL AND rp.repo_id > $1 GROUP BY rp.repo_id HAVING SUM(p.objects) >= $2 ORDER BY rp.repo_id LIMIT $3");
        db.all(statement.bind(after).bind(objects).bind(limit), |c| c.id(RepoId)).await
    }

    /// Packs whose removal was begun and not finished.
    pub async fn list_dead_packs(db, after: &[u8; 32], limit: u32) -> Result<Vec<[u8; 32]>> {
        let statement = sql("SELECT hash FROM pack WHERE state = 'dead' AND hash > $1 ORDER BY hash LIMIT $2");
        db.all(statement.bind(after).bind(limit), |c| c.hash()).await
    }

    /// Packs above `after` in the order of their hashes, whatever their state: for a walk over everything.
    pub async fn list_packs(db, after: &[u8; 32], limit: u32) -> Result<Vec<PackRow>> {
        let statement = sql(SELECT).push(" WHERE p.hash > ").push_bind(after).push(" ORDER BY p.hash LIMIT ").push_bind(limit);
        db.all(statement, pack_row).await
    }

    /// Bytes of all packs that are not dead, each counted once.
    pub async fn total_pack_bytes(db) -> Result<u64> {
        db.one(sql("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM pack WHERE state <> 'dead'"), count).await
    }
}

impl Tx {
    /// Announces the bytes that a push is about to publish, and holds them until `lease_until`. Commit before the file is put
    /// in place.
    pub async fn stage_pack(
        &mut self,
        hash: &[u8; 32],
        push: PushId,
        bytes: u64,
        objects: u64,
        at: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Staging> {
        let insert =
            sql("INSERT INTO pack (hash, bytes, objects, state, created_at) VALUES ($1, $2, $3, 'staged', $4) ON CONFLICT DO NOTHING");
        let fresh = self.wrote(insert.bind(hash).bind(bytes).bind(objects).bind(at)).await?;
        if !fresh && !self.lock_pack(hash).await? {
            return Ok(Staging::Dying);
        }
        let stage = sql("INSERT INTO pack_stage (hash, push_id, lease_until) VALUES ($1, $2, $3) \
             ON CONFLICT (hash, push_id) DO UPDATE SET lease_until = EXCLUDED.lease_until");
        self.exec(stage.bind(hash).bind(push).bind(lease_until)).await?;
        Ok(if fresh { Staging::Fresh } else { Staging::Present })
    }

    /// Holds what a push has staged for longer; `false` if the hold is gone.
    pub async fn renew_stage(&mut self, hash: &[u8; 32], push: PushId, lease_until: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE pack_stage SET lease_until = $3 WHERE hash = $1 AND push_id = $2");
        self.wrote(statement.bind(hash).bind(push).bind(lease_until)).await
    }

    /// Makes a staged pack part of a repository, and ends the push's hold on it. `false` if the row is gone or dead, or the push
    /// does not hold it any more: then the file may be gone too, and the push must be refused.
    pub async fn publish_pack(&mut self, repo: RepoId, hash: &[u8; 32], push: PushId, closed: bool, at: Timestamp) -> Result<bool> {
        if !self.lock_pack(hash).await? {
            return Ok(false);
        }
        if !self.wrote(sql("DELETE FROM pack_stage WHERE hash = $1 AND push_id = $2").bind(hash).bind(push)).await? {
            return Ok(false);
        }
        self.set_live(hash).await?;
        // The same bytes twice: once closed, always closed.
        let statement = sql("INSERT INTO repo_pack (repo_id, hash, closed, added_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (repo_id, hash) DO UPDATE SET unreached_since = NULL, \
             closed = CASE WHEN EXCLUDED.closed = 1 THEN 1 ELSE repo_pack.closed END");
        self.later(statement.bind(repo).bind(hash).bind(closed).bind(at)).await?;
        Ok(true)
    }

    /// Announces the bytes that maintenance is about to publish, and keeps them until `keep_until`. Commit before the file is put
    /// in place.
    pub async fn keep_pack(&mut self, hash: &[u8; 32], bytes: u64, objects: u64, at: Timestamp, keep_until: Timestamp) -> Result<Staging> {
        let insert = sql("INSERT INTO pack (hash, bytes, objects, state, created_at, keep_until) VALUES ($1, $2, $3, 'staged', $4, $5) \
             ON CONFLICT DO NOTHING");
        if self.wrote(insert.bind(hash).bind(bytes).bind(objects).bind(at).bind(keep_until)).await? {
            return Ok(Staging::Fresh);
        }
        Ok(if self.keep_longer(hash, keep_until).await? { Staging::Present } else { Staging::Dying })
    }

    /// Makes a kept pack part of a repository, whatever the repository said of the same bytes before. `unreached_since` makes it a
    /// cruft pack. `false` if it is dead or absent.
    pub async fn adopt_pack(
        &mut self,
        repo: RepoId,
        hash: &[u8; 32],
        closed: bool,
        unreached_since: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool> {
        if !self.lock_pack(hash).await? {
            return Ok(false);
        }
        self.set_live(hash).await?;
        let statement = sql("INSERT INTO repo_pack (repo_id, hash, closed, unreached_since, added_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (repo_id, hash) DO UPDATE SET closed = EXCLUDED.closed, unreached_since = EXCLUDED.unreached_since");
        self.exec(statement.bind(repo).bind(hash).bind(closed).bind(unreached_since).bind(at)).await?;
        Ok(true)
    }

    /// Takes a pack from a repository that has its objects in another now, and keeps its file until `keep_until` for whoever
    /// reads it. `false` if the repository does not hold it.
    pub async fn supersede_pack(&mut self, repo: RepoId, hash: &[u8; 32], keep_until: Timestamp) -> Result<bool> {
        if !self.keep_longer(hash, keep_until).await? {
            return Ok(false);
        }
        self.exec(sql("UPDATE pack SET left_repo = $2 WHERE hash = $1").bind(hash).bind(repo)).await?;
        self.wrote(sql("DELETE FROM repo_pack WHERE repo_id = $1 AND hash = $2").bind(repo).bind(hash)).await
    }

    async fn keep_longer(&mut self, hash: &[u8; 32], until: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE pack SET locks = locks + 1, keep_until = CASE WHEN keep_until < $2 THEN $2 ELSE keep_until END \
             WHERE hash = $1 AND state <> 'dead'");
        self.wrote(statement.bind(hash).bind(until)).await
    }

    /// Ends what keeps the file of a pack that no repository holds, so that a sweep may remove it at once. Whoever reads it at this
    /// moment may have to begin anew.
    pub async fn let_pack_go(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        let statement = sql("UPDATE pack SET locks = locks + 1, keep_until = $2 WHERE hash = $1 AND keep_until > $2 \
             AND NOT EXISTS (SELECT 1 FROM repo_pack rp WHERE rp.hash = $1)");
        self.wrote(statement.bind(hash).bind(now)).await
    }

    async fn set_live(&mut self, hash: &[u8; 32]) -> Result<()> {
        self.later(sql("UPDATE pack SET state = 'live' WHERE hash = $1").bind(hash)).await
    }

    /// Gives up what a push has staged, as when it is refused.
    pub async fn unstage_packs(&mut self, push: PushId) -> Result<u64> {
        self.exec(sql("DELETE FROM pack_stage WHERE push_id = $1").bind(push)).await
    }

    /// Begins the removal of a pack: `true` if from now on nobody can take it up, so that its file may go.
    pub async fn mark_pack_dead(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        if !self.lock_pack(hash).await? {
            return Ok(false);
        }
        // A statement of its own, so that it sees what was committed while the lock was waited for.
        let statement = sql("UPDATE pack SET state = 'dead' WHERE hash = $1 \
             AND NOT EXISTS (SELECT 1 FROM repo_pack rp WHERE rp.hash = $1) \
             AND NOT EXISTS (SELECT 1 FROM pack_stage s WHERE s.hash = $1 AND s.lease_until > $2) AND keep_until <= $2 AND ");
        let statement = statement.push(NO_DAMAGE).push(" AND ");
        self.wrote(statement.push(NO_BACKUP).bind(hash).bind(now)).await
    }

    /// Ends the removal of a pack after its file is gone.
    pub async fn delete_dead_pack(&mut self, hash: &[u8; 32]) -> Result<bool> {
        self.wrote(sql("DELETE FROM pack WHERE hash = $1 AND state = 'dead'").bind(hash)).await
    }

    /// Removes holds that ended; how many.
    pub async fn delete_expired_stages(&mut self, now: Timestamp) -> Result<u64> {
        self.exec(sql("DELETE FROM pack_stage WHERE lease_until <= $1").bind(now)).await
    }

    /// Locks a pack's row; `false` if it is dead or absent.
    pub(crate) async fn lock_pack(&mut self, hash: &[u8; 32]) -> Result<bool> {
        self.wrote(sql("UPDATE pack SET locks = locks + 1 WHERE hash = $1 AND state <> 'dead'").bind(hash)).await
    }
}
