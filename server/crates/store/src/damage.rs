//! Packs whose file is known to be damaged. A row here fences a pack off on every node: nothing is made from it, and nothing of the
//! repositories that have it is removed.

use hardie_domain::ids::RepoId;
use hardie_domain::oid::Oid;
use hardie_domain::time::Timestamp;

use crate::sql::{count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// `AND` this: while a repository has damage, whatever was superseded stays, since it may be the last good copy. In which repository is not
/// asked: several may have given up a pack, and its row names the last of them alone.
pub(crate) const NO_DAMAGE: &str = "(left_repo IS NULL OR NOT EXISTS (SELECT 1 FROM pack_damage d JOIN repo_pack dr ON dr.hash = d.hash))";

reads! {
    /// Packs that are known to be damaged.
    pub async fn count_damaged_packs(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM pack_damage"), count).await
    }

    /// Whether the pack is known to be damaged.
    pub async fn is_pack_damaged(db, hash: &[u8; 32]) -> Result<bool> {
        Ok(db.one(sql("SELECT COUNT(*) FROM pack_damage WHERE hash = $1").bind(hash), count).await? > 0)
    }

    /// Whether the repository has a pack that is known to be damaged.
    pub async fn is_repo_damaged(db, repo: RepoId) -> Result<bool> {
        let statement = sql("SELECT COUNT(*) FROM repo_pack rp JOIN pack_damage d ON d.hash = rp.hash WHERE rp.repo_id = $1");
        Ok(db.one(statement.bind(repo), count).await? > 0)
    }

    /// The repositories that have the pack, deleted ones too, with their `owner/name`, in the order of their ids.
    pub async fn list_pack_repos(db, hash: &[u8; 32]) -> Result<Vec<(RepoId, String)>> {
        let statement = sql("SELECT r.id, a.name, r.name FROM repo_pack rp JOIN repo r ON r.id = rp.repo_id JOIN account a ON a.id = r.owner_id \
             WHERE rp.hash = $1 ORDER BY r.id");
        db.all(statement.bind(hash), |c| Ok((c.id(RepoId)?, format!("{}/{}", c.text()?, c.text()?)))).await
    }
}

impl Tx {
    /// Fences a pack off; `false` if that was done before, or the pack is gone. Locks its row.
    pub async fn insert_damage(&mut self, hash: &[u8; 32], object: Option<Oid>, detail: &str, at: Timestamp) -> Result<bool> {
        if !self.lock_pack(hash).await? {
            return Ok(false);
        }
        let statement = sql("INSERT INTO pack_damage (hash, object, detail, found_at) SELECT p.hash, $2, $3, $4 FROM pack p \
             WHERE p.hash = $1 AND NOT EXISTS (SELECT 1 FROM pack_damage d WHERE d.hash = p.hash)");
        self.wrote(statement.bind(hash).bind(object).bind(detail).bind(at)).await
    }

    /// Ends that; `false` if it was not fenced off.
    pub async fn delete_damage(&mut self, hash: &[u8; 32]) -> Result<bool> {
        self.wrote(sql("DELETE FROM pack_damage WHERE hash = $1").bind(hash)).await
    }

    /// Whoever has the repository open reads it anew; deleted ones too. Locks its row.
    pub async fn bump_generation(&mut self, repo: RepoId) -> Result<bool> {
        self.wrote(sql("UPDATE repo SET generation = generation + 1 WHERE id = $1").bind(repo)).await
    }
}
