//! How much repositories and owners hold, and how much they may. What is shared counts once for each owner, and wholly for each
//! repository: whoever has it could keep it alone.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::quota::{Bound, Bounds, PerContent, Usage};

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

const OF_REPO: &str = "\
    SELECT (SELECT CAST(COALESCE(SUM(p.bytes), 0) AS BIGINT) FROM repo_pack rp JOIN pack p ON p.hash = rp.hash WHERE rp.repo_id = $1), \
    (SELECT CAST(COALESCE(SUM(o.bytes), 0) AS BIGINT) FROM repo_lfs l JOIN lfs_object o ON o.oid = l.oid WHERE l.repo_id = $1), \
    (SELECT CAST(COALESCE(SUM(o.bytes), 0) AS BIGINT) FROM lfs_object o WHERE o.oid IN \
    (SELECT s.oid FROM release_asset s JOIN repo_release e ON e.id = s.release_id WHERE e.repo_id = $1))";

const OF_OWNER: &str = "\
    SELECT (SELECT CAST(COALESCE(SUM(p.bytes), 0) AS BIGINT) FROM pack p WHERE p.hash IN \
    (SELECT rp.hash FROM repo r JOIN repo_pack rp ON rp.repo_id = r.id WHERE r.owner_id = $1 AND r.deleted_at IS NULL)), \
    (SELECT CAST(COALESCE(SUM(o.bytes), 0) AS BIGINT) FROM lfs_object o WHERE o.oid IN \
    (SELECT l.oid FROM repo r JOIN repo_lfs l ON l.repo_id = r.id WHERE r.owner_id = $1 AND r.deleted_at IS NULL)), \
    (SELECT CAST(COALESCE(SUM(o.bytes), 0) AS BIGINT) FROM lfs_object o WHERE o.oid IN \
    (SELECT s.oid FROM repo r JOIN repo_release e ON e.repo_id = r.id JOIN release_asset s ON s.release_id = e.id \
    WHERE r.owner_id = $1 AND r.deleted_at IS NULL))";

const SET: &str = "quota_git = $2, quota_lfs = $3, quota_assets = $4 WHERE id = $1";

pub(crate) fn bounds(cols: &mut Cols<'_>) -> Result<Bounds> {
    let mut bound = || {
        let number = cols.opt_int()?;
        Bound::from_number(number).ok_or_else(|| Error::Corrupt(format!("{number:?} where a quota is expected")))
    };
    Ok(PerContent { git: bound()?, lfs: bound()?, assets: bound()? })
}

fn usage(cols: &mut Cols<'_>) -> Result<Usage> {
    Ok(PerContent { git: cols.count()?, lfs: cols.count()?, assets: cols.count()? })
}

reads! {
    /// Bytes that a repository holds.
    pub async fn repo_usage(db, repo: RepoId) -> Result<Usage> {
        db.one(sql(OF_REPO).bind(repo), usage).await
    }

    /// Bytes that all repositories of an owner hold which are not deleted.
    pub async fn owner_usage(db, owner: AccountId) -> Result<Usage> {
        db.one(sql(OF_OWNER).bind(owner), usage).await
    }
}

impl Tx {
    /// Makes all that adds to what an owner holds follow each other, so that two together stay under one bound. After the lock of a
    /// repository. `false` if the owner is gone.
    pub async fn lock_usage(&mut self, owner: AccountId) -> Result<bool> {
        self.lock_names(owner).await
    }

    /// Sets how much an owner's repositories may hold together.
    pub async fn set_account_quotas(&mut self, account: AccountId, quotas: &Bounds) -> Result<bool> {
        let statement = sql("UPDATE account SET ").push(SET).bind(account);
        self.wrote(statement.bind(quotas.git.number()).bind(quotas.lfs.number()).bind(quotas.assets.number())).await
    }

    /// Sets how much a repository may hold.
    pub async fn set_repo_quotas(&mut self, repo: RepoId, quotas: &Bounds) -> Result<bool> {
        let statement = sql("UPDATE repo SET ").push(SET).bind(repo);
        self.wrote(statement.bind(quotas.git.number()).bind(quotas.lfs.number()).bind(quotas.assets.number())).await
    }
}
