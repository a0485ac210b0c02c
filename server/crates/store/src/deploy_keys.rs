//! Deploy keys: SSH public keys of repositories. A key opens one repository, as one of a user proves one user.

use hardie_domain::ids::{DeployKeyId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployKeyRow {
    /// Its id.
    pub id: DeployKeyId,
    /// What it opens.
    pub repo: RepoId,
    /// What people call it.
    pub title: String,
    /// The wire form (RFC 4253, 6.6).
    pub blob: Vec<u8>,
    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// Whether it may only fetch.
    pub read_only: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A key to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewDeployKey<'a> {
    /// What it shall open.
    pub repo: RepoId,
    /// What people call it.
    pub title: &'a str,
    /// The algorithm as on the wire.
    pub algorithm: &'a str,
    /// The wire form.
    pub blob: &'a [u8],
    /// `SHA256:…`.
    pub fingerprint: &'a str,
    /// Whether it may only fetch.
    pub read_only: bool,
    /// Now.
    pub at: Timestamp,
}

const SELECT: &str = "SELECT id, repo_id, title, blob, fingerprint, read_only, created_at, last_used_at FROM deploy_key";

fn deploy_key_row(cols: &mut Cols<'_>) -> Result<DeployKeyRow> {
    Ok(DeployKeyRow {
        id: cols.id(DeployKeyId)?,
        repo: cols.id(RepoId)?,
        title: cols.text()?,
        blob: cols.bytes()?,
        fingerprint: cols.text()?,
        read_only: cols.flag()?,
        created_at: cols.time()?,
        last_used_at: cols.opt_time()?,
    })
}

reads! {
    /// The key with this fingerprint, whatever it opens.
    pub async fn find_deploy_key_by_fingerprint(db, fingerprint: &str) -> Result<Option<DeployKeyRow>> {
        db.opt(sql(SELECT).push(" WHERE fingerprint = ").push_bind(fingerprint), deploy_key_row).await
    }

    /// The key with this id, whatever it opens: for credentials that stand on it.
    pub async fn find_deploy_key_by_id(db, id: DeployKeyId) -> Result<Option<DeployKeyRow>> {
        db.opt(sql(SELECT).push(" WHERE id = ").push_bind(id), deploy_key_row).await
    }

    /// One key of a repository.
    pub async fn find_deploy_key(db, repo: RepoId, id: DeployKeyId) -> Result<Option<DeployKeyRow>> {
        db.opt(sql(SELECT).push(" WHERE id = ").push_bind(id).push(" AND repo_id = ").push_bind(repo), deploy_key_row).await
    }

    /// Keys of a repository, newest first.
    pub async fn list_deploy_keys(db, repo: RepoId, page: Page) -> Result<Paged<DeployKeyRow>> {
        let total = db.one(sql("SELECT COUNT(*) FROM deploy_key WHERE repo_id = $1").bind(repo), count).await?;
        let statement = sql(SELECT).push(" WHERE repo_id = ").push_bind(repo).push(" ORDER BY id DESC").page(page);
        Ok(Paged { items: db.all(statement, deploy_key_row).await?, total })
    }
}

impl Tx {
    /// Adds a key; `None` if some repository has it already.
    pub async fn insert_deploy_key(&mut self, new: &NewDeployKey<'_>) -> Result<Option<DeployKeyId>> {
        let statement = sql("INSERT INTO deploy_key (repo_id, title, algorithm, blob, fingerprint, read_only, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id")
        .bind(new.repo)
        .bind(new.title)
        .bind(new.algorithm)
        .bind(new.blob)
        .bind(new.fingerprint)
        .bind(new.read_only)
        .bind(new.at);
        self.opt(statement, |cols| cols.id(DeployKeyId)).await
    }

    /// Removes a key of a repository. Pushes by it that were judged already are judged again.
    pub async fn delete_deploy_key(&mut self, repo: RepoId, id: DeployKeyId) -> Result<bool> {
        let gone = self.wrote(sql("DELETE FROM deploy_key WHERE id = $1 AND repo_id = $2").bind(id).bind(repo)).await?;
        Ok(gone && self.bump_rules(repo).await?)
    }

    /// Removes all keys of a repository, as [`Self::delete_deploy_key`]; how many.
    pub async fn delete_deploy_keys_of(&mut self, repo: RepoId) -> Result<u64> {
        let gone = self.exec(sql("DELETE FROM deploy_key WHERE repo_id = $1").bind(repo)).await?;
        if gone > 0 {
            self.bump_rules(repo).await?;
        }
        Ok(gone)
    }

    /// Notes that somebody used the key.
    pub async fn touch_deploy_key(&mut self, id: DeployKeyId, at: Timestamp) -> Result<bool> {
        self.wrote(sql("UPDATE deploy_key SET last_used_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }
}
