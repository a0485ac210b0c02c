//! Pictures that people chose for accounts and repositories.

use hardie_domain::ids::{AccountId, RepoId};

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvatarRow {
    /// sha256 of its bytes.
    pub hash: [u8; 32],
    /// PNG.
    pub png: Vec<u8>,
}

fn avatar_row(cols: &mut Cols<'_>) -> Result<AvatarRow> {
    Ok(AvatarRow { hash: cols.hash()?, png: cols.bytes()? })
}

reads! {
    /// The picture of an account, if one was chosen.
    pub async fn find_account_avatar(db, account: AccountId) -> Result<Option<AvatarRow>> {
        db.opt(sql("SELECT hash, png FROM account_avatar WHERE account_id = $1").bind(account), avatar_row).await
    }

    /// The picture of a repository, if one was chosen.
    pub async fn find_repo_avatar(db, repo: RepoId) -> Result<Option<AvatarRow>> {
        db.opt(sql("SELECT hash, png FROM repo_avatar WHERE repo_id = $1").bind(repo), avatar_row).await
    }
}

impl Tx {
    /// Sets the picture of an account.
    pub async fn set_account_avatar(&mut self, account: AccountId, avatar: &AvatarRow) -> Result<()> {
        let statement = sql("INSERT INTO account_avatar (account_id, hash, png) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id) DO UPDATE SET hash = EXCLUDED.hash, png = EXCLUDED.png");
        self.exec(statement.bind(account).bind(&avatar.hash).bind(avatar.png.as_slice())).await.map(drop)
    }

    /// Takes it away; `false` if none was chosen.
    pub async fn delete_account_avatar(&mut self, account: AccountId) -> Result<bool> {
        self.wrote(sql("DELETE FROM account_avatar WHERE account_id = $1").bind(account)).await
    }

    /// Sets the picture of a repository.
    pub async fn set_repo_avatar(&mut self, repo: RepoId, avatar: &AvatarRow) -> Result<()> {
        let statement = sql("INSERT INTO repo_avatar (repo_id, hash, png) VALUES ($1, $2, $3) \
             ON CONFLICT (repo_id) DO UPDATE SET hash = EXCLUDED.hash, png = EXCLUDED.png");
        self.exec(statement.bind(repo).bind(&avatar.hash).bind(avatar.png.as_slice())).await.map(drop)
    }

    /// Takes it away; `false` if none was chosen.
    pub async fn delete_repo_avatar(&mut self, repo: RepoId) -> Result<bool> {
        self.wrote(sql("DELETE FROM repo_avatar WHERE repo_id = $1").bind(repo)).await
    }
}
