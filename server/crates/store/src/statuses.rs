//! What checks found of commits. Rows are never changed: of one context the newest counts, the highest id.

use hardie_domain::ids::{AccountId, CommitStatusId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::page::{Page, Paged};
use hardie_domain::status::{CommitState, Finding};
use hardie_domain::time::Timestamp;

use crate::sql::{AT_ONCE, Cols, Sql, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// What one check found of one commit at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatusRow {
    /// Its id; grows.
    pub id: CommitStatusId,
    /// Of which commit.
    pub sha: Oid,
    /// What was found.
    pub finding: Finding,
    /// Who said so; `None` if the account is gone.
    pub creator: Option<AccountId>,
    /// When.
    pub created_at: Timestamp,
}

/// A finding to be written down.
#[derive(Clone, Copy, Debug)]
pub struct NewCommitStatus<'a> {
    /// Where.
    pub repo: RepoId,
    /// Of which commit.
    pub sha: Oid,
    /// What was found.
    pub finding: &'a Finding,
    /// Who says so.
    pub creator: Option<AccountId>,
    /// Now.
    pub at: Timestamp,
}

/// Which findings are wanted, and in what order.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommitStatusFilter {
    /// Only these.
    pub state: Option<CommitState>,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

/// The newest findings of all contexts of a commit, taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CombinedRow {
    /// Of which commit.
    pub sha: Oid,
    /// The worst.
    pub state: CommitState,
    /// How many contexts there are; at least 1.
    pub contexts: u64,
    /// Where the newest of the worst tells more; may be empty.
    pub target_url: String,
}

const SELECT: &str = "SELECT id, sha, state, context, description, target_url, creator_id, created_at FROM commit_status";

fn status_row(cols: &mut Cols<'_>) -> Result<CommitStatusRow> {
    Ok(CommitStatusRow {
        id: cols.id(CommitStatusId)?,
        sha: cols.oid()?,
        finding: Finding {
            state: cols.word(CommitState::parse)?,
            context: cols.text()?,
            description: cols.text()?,
            target_url: cols.text()?,
        },
        creator: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
    })
}

fn combined_row(cols: &mut Cols<'_>) -> Result<CombinedRow> {
    Ok(CombinedRow { sha: cols.oid()?, state: cols.word(CommitState::parse)?, contexts: cols.count()?, target_url: cols.text()? })
}

fn of_commit(statement: Sql, repo: RepoId, sha: Oid, state: Option<CommitState>) -> Sql {
    let statement = statement.push(" WHERE repo_id = ").push_bind(repo).push(" AND sha = ").push_bind(sha);
    match state {
        Some(state) => statement.push(" AND state = ").push_bind(state.as_str()),
        None => statement,
    }
}

/// One row for each commit and state among the newest findings.
fn by_state(repo: RepoId, shas: &[Oid]) -> Sql {
    let newest = "SELECT w.sha, w.state, w.contexts, s.target_url FROM (SELECT sha, state, COUNT(*) AS contexts, MAX(id) AS top \
         FROM commit_status WHERE id IN (SELECT MAX(id) FROM commit_status WHERE repo_id = ";
    sql(newest)
        .push_bind(repo)
        .push(" AND sha")
        .push_in(shas)
        .push(" GROUP BY sha, context) GROUP BY sha, state) w JOIN commit_status s ON s.id = w.top ORDER BY w.sha")
}

/// Puts the rows of one commit together; they follow each other.
fn combine(rows: Vec<CombinedRow>) -> Vec<CombinedRow> {
    let mut combined: Vec<CombinedRow> = Vec::new();
    for row in rows {
        match combined.last_mut().filter(|last| last.sha == row.sha) {
            Some(last) => {
                let contexts = last.contexts + row.contexts;
                if row.state < last.state {
                    *last = row;
                }
                last.contexts = contexts;
            }
            None => combined.push(row),
        }
    }
    combined
}

reads! {
    /// All findings of a commit that are kept.
    pub async fn list_commit_statuses(
        db, repo: RepoId, sha: Oid, filter: CommitStatusFilter, page: Page,
    ) -> Result<Paged<CommitStatusRow>> {
        let total = db.one(of_commit(sql("SELECT COUNT(*) FROM commit_status"), repo, sha, filter.state), count).await?;
        let order = if filter.oldest_first { " ORDER BY id" } else { " ORDER BY id DESC" };
        let items = db.all(of_commit(sql(SELECT), repo, sha, filter.state).push(order).page(page), status_row).await?;
        Ok(Paged { items, total })
    }

    /// The newest finding of each context of a commit, by context.
    pub async fn list_newest_commit_statuses(db, repo: RepoId, sha: Oid, page: Page) -> Result<Vec<CommitStatusRow>> {
        let newest = of_commit(sql(SELECT).push(" WHERE id IN (SELECT MAX(id) FROM commit_status"), repo, sha, None);
        db.all(newest.push(" GROUP BY context) ORDER BY context").page(page), status_row).await
    }

    /// Every context of a commit with its newest state, by context; writers bound how many there may be.
    pub async fn list_commit_contexts(db, repo: RepoId, sha: Oid) -> Result<Vec<(String, CommitState)>> {
        let newest = of_commit(sql("SELECT context, state FROM commit_status WHERE id IN (SELECT MAX(id) FROM commit_status"), repo, sha, None);
        let statement = newest.push(" GROUP BY context) ORDER BY context");
        db.all(statement, |cols| Ok((cols.text()?, cols.word(CommitState::parse)?))).await
    }

    /// Commits of which anything was found, each once, in one statement for fifty.
    pub async fn combine_commit_statuses(db, repo: RepoId, shas: &[Oid]) -> Result<Vec<CombinedRow>> {
        let mut found = Vec::new();
        for chunk in shas.chunks(AT_ONCE) {
            found.extend(combine(db.all(by_state(repo, chunk), combined_row).await?));
        }
        Ok(found)
    }

    /// How many contexts other than this one a commit has.
    pub async fn count_other_contexts(db, repo: RepoId, sha: Oid, context: &str) -> Result<u64> {
        let counted = of_commit(sql("SELECT COUNT(DISTINCT context) FROM commit_status"), repo, sha, None);
        db.one(counted.push(" AND context <> ").push_bind(context), count).await
    }

    /// How many findings of this context of a commit some account wrote down since then.
    pub async fn count_commit_statuses_since(db, repo: RepoId, sha: Oid, context: &str, since: Timestamp) -> Result<u64> {
        let counted = of_commit(sql("SELECT COUNT(*) FROM commit_status"), repo, sha, None).push(" AND context = ").push_bind(context);
        db.one(counted.push(" AND creator_id IS NOT NULL AND created_at >= ").push_bind(since), count).await
    }
}

impl Tx {
    /// Writes a finding down and drops all but the newest `keep` of its context.
    pub async fn insert_commit_status(&mut self, new: &NewCommitStatus<'_>, keep: u32) -> Result<CommitStatusId> {
        let Finding { state, context, description, target_url } = new.finding;
        let statement = sql("INSERT INTO commit_status (repo_id, sha, context, state, description, target_url, creator_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id");
        let statement = statement.bind(new.repo).bind(new.sha).bind(context.as_str()).bind(state.as_str());
        let statement = statement.bind(description.as_str()).bind(target_url.as_str()).bind(new.creator).bind(new.at);
        let id = self.one(statement, |c| c.id(CommitStatusId)).await?;
        let old = sql("DELETE FROM commit_status WHERE repo_id = $1 AND sha = $2 AND context = $3 AND id <= \
             (SELECT id FROM commit_status WHERE repo_id = $1 AND sha = $2 AND context = $3 ORDER BY id DESC LIMIT 1 OFFSET $4)");
        self.exec(old.bind(new.repo).bind(new.sha).bind(context.as_str()).bind(keep)).await?;
        Ok(id)
    }
}
