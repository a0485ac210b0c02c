//! Who marked which repository: with a star, or to be told of what happens there.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::time::Timestamp;

use crate::accounts::{ACCOUNT_COLUMNS, AccountRow, account_row};
use crate::sql::{count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Somebody likes it.
    Star,
    /// Somebody wants to be told of it.
    Watch,
}

impl Mark {
    /// The word in the row.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Mark::Star => "star",
            Mark::Watch => "watch",
        }
    }
}

reads! {
    /// Since when an account has marked a repository.
    pub async fn find_mark(db, account: AccountId, mark: Mark, repo: RepoId) -> Result<Option<Timestamp>> {
        let statement = sql("SELECT created_at FROM repo_mark WHERE account_id = $1 AND kind = $2 AND repo_id = $3");
        db.opt(statement.bind(account).bind(mark.as_str()).bind(repo), |c| c.time()).await
    }

    /// Accounts that marked a repository, the first of them first.
    pub async fn list_markers(db, repo: RepoId, mark: Mark, page: Page) -> Result<Paged<AccountRow>> {
        let counted = sql("SELECT COUNT(*) FROM repo_mark WHERE repo_id = $1 AND kind = $2");
        let total = db.one(counted.bind(repo).bind(mark.as_str()), count).await?;
        let statement = sql("SELECT ").push(ACCOUNT_COLUMNS)
            .push(" FROM repo_mark k JOIN account a ON a.id = k.account_id WHERE k.repo_id = ").push_bind(repo)
            .push(" AND k.kind = ").push_bind(mark.as_str())
            .push(" ORDER BY k.created_at, k.account_id")
            .page(page);
        Ok(Paged { items: db.all(statement, account_row).await?, total })
    }

    /// How many repositories an account has marked.
    pub async fn count_marks(db, account: AccountId, mark: Mark) -> Result<u64> {
        let counted = sql("SELECT COUNT(*) FROM repo_mark WHERE account_id = $1 AND kind = $2");
        db.one(counted.bind(account).bind(mark.as_str()), count).await
    }
}

impl Tx {
    /// Marks a repository, or takes the mark away; `false` if it was so already.
    pub async fn set_mark(&mut self, account: AccountId, mark: Mark, repo: RepoId, is_marked: bool, at: Timestamp) -> Result<bool> {
        let statement = match is_marked {
            true => sql("INSERT INTO repo_mark (account_id, kind, repo_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .bind(account)
                .bind(mark.as_str())
                .bind(repo)
                .bind(at),
            false => sql("DELETE FROM repo_mark WHERE account_id = $1 AND kind = $2 AND repo_id = $3")
                .bind(account)
                .bind(mark.as_str())
                .bind(repo),
        };
        // The count first takes the repository's row, so that two at once do not count past each other.
        let lock = sql("UPDATE repo SET stars = stars WHERE id = $1");
        self.exec(lock.bind(repo)).await?;
        let changed = self.wrote(statement).await?;
        if changed {
            let sum = match mark {
                Mark::Star => {
                    "UPDATE repo SET stars = (SELECT COUNT(*) FROM repo_mark k WHERE k.repo_id = $1 AND k.kind = 'star') WHERE id = $1"
                }
                Mark::Watch => {
                    "UPDATE repo SET watchers = (SELECT COUNT(*) FROM repo_mark k WHERE k.repo_id = $1 AND k.kind = 'watch') WHERE id = $1"
                }
            };
            self.exec(sql(sum).bind(repo)).await?;
        }
        Ok(changed)
    }
}
