//! What each policy said about each push: for the pusher's administrator, and for the page of a plugin.

use hardie_domain::ids::{InstallationId, PushId, RepoId};
use hardie_domain::page::{Page, Paged};
use hardie_domain::plugin::{Digest, FailureClass, Mode, Source, Usage};
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, Value, batches, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One call of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRow {
    /// The push.
    pub push: PushId,
    /// The repository.
    pub repo: RepoId,
    /// The installation, whether or not it still exists.
    pub installation: InstallationId,
    /// The installation's name at that time.
    pub name: String,
    /// Which component ran.
    pub digest: Digest,
    /// The mode at that time.
    pub mode: Mode,
    /// `None` if it accepted every update; else how it ended.
    pub failure: Option<FailureClass>,
    /// Its reasons, line by line; may be empty.
    pub text: String,
    /// Its log, line by line; may be empty.
    pub log: String,
    /// What it used.
    pub usage: Usage,
    /// Where the answer came from.
    pub source: Source,
    /// When.
    pub at: Timestamp,
}

fn class(word: &str) -> Option<Option<FailureClass>> {
    use FailureClass::{BadOutput, Deadline, HostBudget, OutOfFuel, OutOfMemory, Rejected, Trap, Unavailable};
    if word == "accepted" {
        return Some(None);
    }
    let all = [Rejected, OutOfFuel, Deadline, OutOfMemory, Trap, HostBudget, BadOutput, Unavailable];
    all.into_iter().find(|c| c.as_str() == word).map(Some)
}

fn verdict_row(cols: &mut Cols<'_>) -> Result<VerdictRow> {
    Ok(VerdictRow {
        push: cols.id(PushId)?,
        repo: cols.id(RepoId)?,
        installation: cols.id(InstallationId)?,
        name: cols.text()?,
        digest: Digest(cols.hash()?),
        mode: cols.word(Mode::parse)?,
        failure: cols.word(class)?,
        text: cols.text()?,
        log: cols.text()?,
        usage: Usage {
            fuel: cols.count()?,
            memory: cols.count()?,
            host_calls: cols.count()?,
            wall_micros: cols.count()?,
            host_bytes: cols.count()?,
        },
        at: cols.time()?,
        source: cols.word(Source::parse)?,
    })
}

const SELECT: &str = "SELECT push_id, repo_id, installation_id, name, digest, mode, outcome, text, log, fuel, memory, host_calls, wall_micros, host_bytes, at, source \
    FROM verdict WHERE ";

/// Lines and characters of the log that are kept for each installation: whole runs, the newest.
pub const LOG_LINES: i64 = 1000;
/// See [`LOG_LINES`].
pub const LOG_CHARS: i64 = 256 << 10;

/// Runs with a log, each with the lines and characters of its own and all newer ones of its installation. `$1` is a line break.
const LOGGED: &str = "SELECT l.id, l.installation_id, SUM(LENGTH(l.log)) OVER (PARTITION BY l.installation_id ORDER BY l.id DESC) AS chars, \
    SUM(LENGTH(l.log) - LENGTH(REPLACE(l.log, $1, '')) + 1) OVER (PARTITION BY l.installation_id ORDER BY l.id DESC) AS line_count \
    FROM verdict l WHERE l.log <> ''";

reads! {
    /// The newest verdicts of an installation that come with a log, newest first, within [`LOG_LINES`] and [`LOG_CHARS`].
    pub async fn list_logged_verdicts(db, installation: InstallationId) -> Result<Vec<VerdictRow>> {
        let statement = sql(SELECT).push("id IN (SELECT w.id FROM (").bind("\n").push(LOGGED)
            .push(" AND l.installation_id = ").push_bind(installation).push(") w WHERE w.chars <= ").push_bind(LOG_CHARS)
            .push(" AND w.line_count <= ").push_bind(LOG_LINES).push(") ORDER BY id DESC");
        db.all(statement, verdict_row).await
    }

    /// Verdicts over one push, in the order in which the policies ran.
    pub async fn list_verdicts_of_push(db, push: PushId) -> Result<Vec<VerdictRow>> {
        db.all(sql(SELECT).push("push_id = ").push_bind(push).push(" ORDER BY id"), verdict_row).await
    }

    /// Verdicts of one installation in one repository, or in all that it guards; newest first.
    pub async fn list_verdicts_of_installation(db, installation: InstallationId, repo: Option<RepoId>, page: Page) -> Result<Paged<VerdictRow>> {
        let only = |start: &'static str| {
            let statement = sql(start).push("installation_id = ").push_bind(installation);
            match repo {
                Some(repo) => statement.push(" AND repo_id = ").push_bind(repo),
                None => statement,
            }
        };
        let total = db.one(only("SELECT COUNT(*) FROM verdict WHERE "), count).await?;
        Ok(Paged { items: db.all(only(SELECT).push(" ORDER BY id DESC").page(page), verdict_row).await?, total })
    }
}

impl Tx {
    /// Forgets logs beyond [`LOG_LINES`] and [`LOG_CHARS`]; of how many runs, some thousands at most.
    pub async fn trim_logs(&mut self) -> Result<u64> {
        let statement = sql("UPDATE verdict SET log = '' WHERE id IN (SELECT w.id FROM (")
            .bind("\n")
            .push(LOGGED)
            .push(") w WHERE w.chars > ")
            .push_bind(LOG_CHARS)
            .push(" OR w.line_count > ")
            .push_bind(LOG_LINES)
            .push(" LIMIT 5000)");
        self.exec(statement).await
    }

    /// Keeps verdicts, the first first.
    pub async fn insert_verdicts(&mut self, new: &[VerdictRow]) -> Result<()> {
        for some in batches(new) {
            let statement =
                sql("INSERT INTO verdict (push_id, repo_id, installation_id, name, digest, mode, outcome, text, log, fuel, memory, \
                 host_calls, wall_micros, host_bytes, at, source)");
            self.later(statement.push_rows(some.iter().map(values))).await?;
        }
        Ok(())
    }
}

fn values(row: &VerdictRow) -> [Value; 16] {
    [
        row.push.into(),
        row.repo.into(),
        row.installation.into(),
        row.name.as_str().into(),
        row.digest.into(),
        row.mode.as_str().into(),
        row.failure.map_or("accepted", FailureClass::as_str).into(),
        row.text.as_str().into(),
        row.log.as_str().into(),
        row.usage.fuel.into(),
        row.usage.memory.into(),
        row.usage.host_calls.into(),
        row.usage.wall_micros.into(),
        row.usage.host_bytes.into(),
        row.at.into(),
        row.source.as_str().into(),
    ]
}
