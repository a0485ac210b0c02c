//! Imports: repositories whose history is fetched from elsewhere. One process at a time has one, by a lease in its row.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Nobody has begun.
    Waiting,
    /// Under way.
    Running,
    /// All is there.
    Done,
    /// Nothing is there; the row says why.
    Failed,
}

impl ImportState {
    const ALL: [ImportState; 4] = [ImportState::Waiting, ImportState::Running, ImportState::Done, ImportState::Failed];

    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ImportState::Waiting => "waiting",
            ImportState::Running => "running",
            ImportState::Done => "done",
            ImportState::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Option<ImportState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more becomes of it.
    pub fn is_over(self) -> bool {
        matches!(self, ImportState::Done | ImportState::Failed)
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// Into which repository.
    pub repo: RepoId,
    /// Who asked for it.
    pub account: AccountId,
    /// From where; it holds no credential.
    pub url: String,
    /// What proves who asks there, sealed, and the name of the key.
    pub sealed: Option<(String, Vec<u8>)>,
    /// How far it is.
    pub state: ImportState,
    /// What is done at the moment.
    pub phase: String,
    /// How much of it, of 100.
    pub percent: u64,
    /// Why it failed.
    pub reason: String,
    /// How often it was begun.
    pub tries: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
}

/// An import to be made.
#[derive(Clone, Debug)]
pub struct NewImport<'a> {
    /// Into which repository.
    pub repo: RepoId,
    /// Who asks for it.
    pub account: AccountId,
    /// From where.
    pub url: &'a str,
    /// What proves who asks there, sealed, and the name of the key.
    pub sealed: Option<(&'a str, &'a [u8])>,
    /// Now.
    pub at: Timestamp,
}

const COLUMNS: &str = "repo_id, account_id, url, key_id, sealed, state, phase, percent, reason, tries, created_at, updated_at";

fn import(cols: &mut Cols<'_>) -> Result<ImportRow> {
    let (repo, account, url) = (cols.id(RepoId)?, cols.id(AccountId)?, cols.text()?);
    let (key, sealed) = (cols.opt_text()?, cols.opt_bytes()?);
    Ok(ImportRow {
        repo,
        account,
        url,
        sealed: key.zip(sealed),
        state: cols.word(ImportState::parse)?,
        phase: cols.text()?,
        percent: cols.count()?,
        reason: cols.text()?,
        tries: cols.count()?,
        created_at: cols.time()?,
        updated_at: cols.time()?,
    })
}

reads! {
    /// The import of a repository.
    pub async fn find_import(db, repo: RepoId) -> Result<Option<ImportRow>> {
        db.opt(sql("SELECT ").push(COLUMNS).push(" FROM repo_import WHERE repo_id = ").push_bind(repo), import).await
    }

    /// Whether an import waits, or one whose holder is gone.
    pub async fn has_import_to_begin(db, now: Timestamp) -> Result<bool> {
        let statement = sql("SELECT COUNT(*) FROM repo_import i JOIN repo r ON r.id = i.repo_id WHERE r.deleted_at IS NULL \
             AND (i.state = 'waiting' OR (i.state = 'running' AND i.until_at <= $1))");
        Ok(db.one(statement.bind(now), count).await? > 0)
    }

    /// Imports that somebody asked for and that are not over.
    pub async fn count_imports_under_way(db, account: AccountId) -> Result<u64> {
        let statement = sql("SELECT COUNT(*) FROM repo_import i JOIN repo r ON r.id = i.repo_id \
             WHERE i.account_id = $1 AND i.state IN ('waiting', 'running') AND r.deleted_at IS NULL");
        db.one(statement.bind(account), count).await
    }
}

impl Tx {
    /// Asks for an import into a repository that has none.
    pub async fn insert_import(&mut self, new: &NewImport<'_>) -> Result<bool> {
        let statement =
            sql("INSERT INTO repo_import (repo_id, account_id, url, key_id, sealed, state, phase, percent, reason, tries, created_at, \
             updated_at) VALUES ($1, $2, $3, $4, $5, 'waiting', 'waiting', 0, '', 0, $6, $6) ON CONFLICT DO NOTHING");
        let (key, sealed) = (new.sealed.map(|(key, _)| key), new.sealed.map(|(_, sealed)| sealed));
        self.wrote(statement.bind(new.repo).bind(new.account).bind(new.url).bind(key).bind(sealed).bind(new.at)).await
    }

    /// Begins the import that waits longest, or one whose holder is gone. Of one account at most `each` are under way at once.
    pub async fn claim_import(&mut self, holder: &str, each: u64, now: Timestamp, until: Timestamp) -> Result<Option<ImportRow>> {
        let statement = sql("UPDATE repo_import SET state = 'running', holder = $1, until_at = $4, tries = tries + 1, updated_at = $3 \
             WHERE repo_id = (SELECT i.repo_id FROM repo_import i JOIN repo r ON r.id = i.repo_id \
             WHERE r.deleted_at IS NULL AND (i.state = 'waiting' OR (i.state = 'running' AND i.until_at <= $3)) \
             AND (SELECT COUNT(*) FROM repo_import o WHERE o.account_id = i.account_id AND o.state = 'running' AND o.until_at > $3) < $2 \
             ORDER BY i.created_at, i.repo_id LIMIT 1) AND (state = 'waiting' OR (state = 'running' AND until_at <= $3)) RETURNING ");
        self.opt(statement.bind(holder).bind(each).bind(now).bind(until).push(COLUMNS), import).await
    }

    /// Says how far an import is, and keeps the lease; `false` if the holder has it no more.
    pub async fn keep_import(
        &mut self,
        repo: RepoId,
        holder: &str,
        phase: &str,
        percent: u64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let statement = sql("UPDATE repo_import SET phase = $3, percent = $4, updated_at = $5, until_at = $6 \
             WHERE repo_id = $1 AND holder = $2 AND state = 'running'");
        self.wrote(statement.bind(repo).bind(holder).bind(phase).bind(percent).bind(now).bind(until)).await
    }

    /// Ends an import that the holder has: done without a reason, failed with one. What proved who asks is gone then.
    pub async fn end_import(&mut self, repo: RepoId, holder: &str, reason: Option<&str>, now: Timestamp) -> Result<bool> {
        let (state, percent) = if reason.is_some() { (ImportState::Failed, 0_u64) } else { (ImportState::Done, 100) };
        let statement = sql("UPDATE repo_import SET state = $3, phase = $3, percent = $4, reason = $5, updated_at = $6, key_id = NULL, \
             sealed = NULL, holder = NULL, until_at = NULL WHERE repo_id = $1 AND holder = $2 AND state = 'running'");
        let statement = statement.bind(repo).bind(holder).bind(state.as_str()).bind(percent);
        self.wrote(statement.bind(reason.unwrap_or_default()).bind(now)).await
    }

    /// Ends an import that is not over, whoever has it; `false` if it is over, or there is none.
    pub async fn stop_import(&mut self, repo: RepoId, reason: &str, now: Timestamp) -> Result<bool> {
        let statement =
            sql("UPDATE repo_import SET state = 'failed', phase = 'failed', percent = 0, reason = $2, updated_at = $3, key_id = NULL, \
             sealed = NULL, holder = NULL, until_at = NULL WHERE repo_id = $1 AND state IN ('waiting', 'running')");
        self.wrote(statement.bind(repo).bind(reason).bind(now)).await
    }

    /// Imports that processes of a node had under way can be begun again at once.
    pub async fn release_imports_of_node(&mut self, node: &str, now: Timestamp) -> Result<u64> {
        let statement = sql("UPDATE repo_import SET until_at = $2 WHERE state = 'running' AND until_at > $2 AND holder LIKE $1");
        self.exec(statement.bind(format!("{node}/%")).bind(now)).await
    }
}
