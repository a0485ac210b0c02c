//! Forks: a repository that begins with what another has. Packs are shared, as rows; no byte is copied.
//!
//! Whoever copies rows locks the parent first: what it has then, it has until the copy is committed, so that no sweep sees a pack or an
//! object that nobody holds in between.

use hardie_domain::access::OwnerVisibility;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoName;
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;

use crate::repos::RepoRow;
use crate::sql::sql;
use crate::store::reads;
use crate::{Result, Tx};

reads! {
    /// The fork of a repository that an account owns already.
    pub async fn find_fork(db, parent: RepoId, owner: AccountId) -> Result<Option<RepoId>> {
        let statement = sql("SELECT id FROM repo WHERE parent_id = $1 AND owner_id = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1");
        db.opt(statement.bind(parent).bind(owner), |c| c.id(RepoId)).await
    }

    /// A public fork, deleted or not, that would be seen by more people than what it was forked from if its owner were seen so.
    pub async fn find_fork_beyond_parent(db, owner: AccountId, visibility: OwnerVisibility) -> Result<Option<RepoName>> {
        let fewer = if visibility == OwnerVisibility::Public { "a.visibility <> 'public'" } else { "a.visibility = 'private'" };
        let statement = sql("SELECT f.name FROM repo f JOIN repo p ON p.id = f.parent_id JOIN account a ON a.id = p.owner_id \
             WHERE f.visibility = 'public' AND f.owner_id = ").push_bind(owner)
            .push(" AND (p.visibility <> 'public' OR (a.id <> f.owner_id AND ").push(fewer).push(")) ORDER BY f.id LIMIT 1");
        db.opt(statement, |c| c.repo_name()).await
    }

    /// The names of all refs, in order.
    pub async fn list_ref_names(db, repo: RepoId) -> Result<Vec<RefName>> {
        db.all(sql("SELECT name FROM ref WHERE repo_id = $1 ORDER BY name").bind(repo), |c| c.ref_name()).await
    }
}

impl Tx {
    /// Locks a repository that is about to be forked; its generation stays. `None` if it is absent or deleted.
    pub async fn lock_parent(&mut self, parent: RepoId) -> Result<Option<RepoRow>> {
        match self.wrote(sql("UPDATE repo SET forks = forks WHERE id = $1 AND deleted_at IS NULL").bind(parent)).await? {
            true => self.find_repo(parent).await,
            false => Ok(None),
        }
    }

    /// Makes a new repository a fork of a locked one, with all that its refs need: packs, of which none counts as reached as a whole, and
    /// LFS objects.
    pub async fn share_with_fork(&mut self, fork: RepoId, parent: RepoId, at: Timestamp) -> Result<()> {
        self.exec(sql("UPDATE repo SET parent_id = $2 WHERE id = $1").bind(fork).bind(parent)).await?;
        let packs = sql("INSERT INTO repo_pack (repo_id, hash, closed, unreached_since, added_at) \
             SELECT $1, p.hash, 0, p.unreached_since, $3 FROM repo_pack p WHERE p.repo_id = $2");
        self.exec(packs.bind(fork).bind(parent).bind(at)).await?;
        let objects = sql("INSERT INTO repo_lfs (repo_id, oid, uploader_id, added_at) \
             SELECT $1, o.oid, o.uploader_id, $3 FROM repo_lfs o WHERE o.repo_id = $2");
        self.exec(objects.bind(fork).bind(parent).bind(at)).await?;
        self.sum_up_size(fork).await?;
        self.count_forks(fork).await
    }

    /// Copies branches and tags of a locked repository into its new fork; one ref alone if it is named. How many.
    pub async fn copy_refs(&mut self, fork: RepoId, parent: RepoId, only: Option<&RefName>) -> Result<u64> {
        let copy = "INSERT INTO ref (repo_id, name, oid, peeled) SELECT $1, f.name, f.oid, f.peeled FROM ref f WHERE f.repo_id = $2";
        let ranges: Vec<(Vec<u8>, Vec<u8>)> = match only {
            // A name ends before the next that begins so.
            Some(name) => vec![(name.as_bytes().to_vec(), [name.as_bytes(), b"\0"].concat())],
            // '0' follows '/'.
            None => vec![(b"refs/heads/".to_vec(), b"refs/heads0".to_vec()), (b"refs/tags/".to_vec(), b"refs/tags0".to_vec())],
        };
        let mut copied = 0;
        for (first, end) in ranges {
            let statement = sql(copy).bind(fork).bind(parent).push(" AND f.name >= ").push_bind(first);
            copied += self.exec(statement.push(" AND f.name < ").push_bind(end)).await?;
        }
        Ok(copied)
    }

    /// Removes a ref from a fork that nobody has seen yet.
    pub async fn drop_copied_ref(&mut self, fork: RepoId, name: &RefName) -> Result<bool> {
        self.wrote(sql("DELETE FROM ref WHERE repo_id = $1 AND name = $2").bind(fork).bind(name)).await
    }

    /// Counts the forks of what this repository was forked from.
    pub async fn count_forks(&mut self, fork: RepoId) -> Result<()> {
        let statement = sql("UPDATE repo SET forks = (SELECT COUNT(*) FROM repo f WHERE f.parent_id = repo.id AND f.deleted_at IS NULL) \
             WHERE id = (SELECT c.parent_id FROM repo c WHERE c.id = $1)");
        self.exec(statement.bind(fork)).await.map(|_| ())
    }
}
