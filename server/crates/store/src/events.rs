//! The one event log. Its order is given after commit, by one leased sequencer, without gaps: whoever has read up to a number has
//! read everything before it.

use hardie_domain::ids::{EventSeq, InstallationId, OutboxId, RepoId};
use hardie_domain::time::Timestamp;

use crate::outbox::Cause;
use crate::sql::{Cols, Sql, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// The lease of the sequencer.
pub const SEQUENCER: &str = "sequencer";

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the log, from 1, without gaps.
    pub seq: EventSeq,
    /// Stable id for consumers that must not do a thing twice.
    pub outbox: OutboxId,
    /// What happened (`hardie_domain::event`).
    pub kind: String,
    /// Where, if in a repository.
    pub repo: Option<RepoId>,
    /// JSON.
    pub payload: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where it comes from.
    pub cause: Cause,
}

pub(crate) fn cause(cols: &mut Cols<'_>) -> Result<Cause> {
    Ok(Cause {
        depth: u32::try_from(cols.count()?).unwrap_or(u32::MAX),
        installation: cols.opt_id(InstallationId)?,
        root: cols.opt_id(OutboxId)?,
    })
}

fn event_row(cols: &mut Cols<'_>) -> Result<EventRow> {
    Ok(EventRow {
        seq: cols.id(EventSeq)?,
        outbox: cols.id(OutboxId)?,
        kind: cols.text()?,
        repo: cols.opt_id(RepoId)?,
        payload: cols.text()?,
        at: cols.time()?,
        cause: cause(cols)?,
    })
}

/// Payloads that are read at once: that of one push may hold ten thousand refs.
pub const BATCH_BYTES: usize = 2 << 20;

/// The places of a page of the log and how many bytes come before each, without reading a payload.
const PAGE: &str = " WHERE seq IN (SELECT seq FROM (SELECT seq, SUM(size) OVER (ORDER BY seq) - size AS ahead \
    FROM (SELECT seq, OCTET_LENGTH(payload) AS size FROM event WHERE ";

/// The end of what [`PAGE`] begins.
fn within(page: Sql, limit: u32) -> Sql {
    let page = page.push(" ORDER BY seq LIMIT ").push_bind(limit).push(") page) sized WHERE ahead < ");
    page.push_bind(i64::try_from(BATCH_BYTES).unwrap_or(i64::MAX)).push(") ORDER BY seq")
}

const SELECT: &str = "SELECT seq, outbox_id, kind, repo_id, payload, at, depth, cause_id, root_id FROM event";

reads! {
    /// Events after `seq`, in order: at most `limit`, and as many of those as begin within [`BATCH_BYTES`].
    pub async fn list_events_since(db, seq: EventSeq, limit: u32) -> Result<Vec<EventRow>> {
        db.all(within(sql(SELECT).push(PAGE).push("seq > ").push_bind(seq), limit), event_row).await
    }

    /// The same of one repository.
    pub async fn list_repo_events_since(db, repo: RepoId, seq: EventSeq, limit: u32) -> Result<Vec<EventRow>> {
        let page = sql(SELECT).push(PAGE).push("repo_id = ").push_bind(repo).push(" AND seq > ").push_bind(seq);
        db.all(within(page, limit), event_row).await
    }

    /// One event; `None` if it is not there any more, or not yet.
    pub async fn find_event(db, seq: EventSeq) -> Result<Option<EventRow>> {
        db.opt(sql(SELECT).push(" WHERE seq = ").push_bind(seq), event_row).await
    }

    /// The place of the oldest event that is kept, or of the next one if none is.
    pub async fn first_event(db) -> Result<EventSeq> {
        let statement = sql("SELECT COALESCE((SELECT MIN(seq) FROM event), last_event + 1) FROM site");
        db.one(statement, |cols| cols.id(EventSeq)).await
    }

    /// Whether there are events of which no deliveries were made.
    pub async fn has_undelivered(db) -> Result<bool> {
        Ok(db.opt(sql("SELECT id FROM site WHERE delivered_event < last_event"), |cols| cols.int()).await?.is_some())
    }

    /// The last place given; 0 before the first.
    pub async fn last_event(db) -> Result<EventSeq> {
        db.one(sql("SELECT last_event FROM site"), |cols| cols.id(EventSeq)).await
    }
}

impl Tx {
    /// Gives committed outbox rows their place in the log; how many. `None` if `holder` does not hold the lease
    /// [`SEQUENCER`] at `now`: the lease's row stays locked until this transaction ends, so no other sequencer works meanwhile.
    pub async fn sequence_events(&mut self, holder: &str, now: Timestamp, limit: u32) -> Result<Option<u64>> {
        let held = sql("UPDATE lease SET uses = uses + 1 WHERE name = $1 AND holder = $2 AND until_at > $3");
        if !self.wrote(held.bind(SEQUENCER).bind(holder).bind(now)).await? {
            return Ok(None);
        }
        let waiting = sql("SELECT id, kind, repo_id, payload, at, depth, cause_id, root_id FROM outbox ORDER BY id LIMIT $1").bind(limit);
        let rows = self.all(waiting, |c| Ok((c.id(OutboxId)?, c.text()?, c.opt_id(RepoId)?, c.text()?, c.time()?, cause(c)?))).await?;
        // While nobody listens there is nothing to deliver, and no second transaction to say so.
        let unheard = sql("UPDATE site SET delivered_event = delivered_event + $1 WHERE delivered_event = last_event \
             AND NOT EXISTS (SELECT 1 FROM handler)");
        self.exec(unheard.bind(rows.len() as u64)).await?;
        let last = sql("UPDATE site SET last_event = last_event + $1 RETURNING last_event").bind(rows.len() as u64);
        let mut seq = self.one(last, |c| c.int()).await?.saturating_sub(i64::try_from(rows.len()).unwrap_or(0));
        for (id, kind, repo, payload, at, cause) in &rows {
            seq += 1;
            let event = sql("INSERT INTO event (seq, outbox_id, kind, repo_id, payload, at, depth, cause_id, root_id) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
            let event = event.bind(seq).bind(*id).bind(kind.as_str()).bind(*repo).bind(payload.as_str()).bind(*at);
            self.exec(event.bind(cause.depth).bind(cause.installation).bind(cause.root)).await?;
            self.exec(sql("DELETE FROM outbox WHERE id = $1").bind(*id)).await?;
        }
        Ok(Some(rows.len() as u64))
    }

    /// Removes events that happened before `before`, from the oldest on, as far as deliveries were made and none is open; at most
    /// `limit`, how many. What is left has no gaps.
    pub async fn delete_old_events(&mut self, before: Timestamp, limit: u32) -> Result<u64> {
        let statement = sql("DELETE FROM event WHERE seq < COALESCE((SELECT e.seq FROM event e WHERE e.at >= $1 ORDER BY e.seq LIMIT 1), \
             (SELECT last_event + 1 FROM site)) AND seq <= (SELECT delivered_event FROM site) \
             AND seq < COALESCE((SELECT MIN(d.seq) FROM delivery d WHERE d.state IN ('pending', 'running', 'failed')), \
             (SELECT last_event + 1 FROM site)) AND seq < (SELECT MIN(e.seq) FROM event e) + $2");
        self.exec(statement.bind(before).bind(limit)).await
    }
}
