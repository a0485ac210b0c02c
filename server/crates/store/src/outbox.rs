//! What happened, written in the transaction in which it happened. It has no order until the sequencer gives it one: a number
//! taken inside a transaction can appear after a higher one, and readers would skip it.

use hardie_domain::ids::{InstallationId, OutboxId, RepoId};
use hardie_domain::time::Timestamp;

use crate::sql::{count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// Where an event comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// How many handlers lie between it and what somebody did; 0 for that itself.
    pub depth: u32,
    /// The installation whose handler caused it.
    pub installation: Option<InstallationId>,
    /// The event of what somebody did, from which it comes; `None` for that itself.
    pub root: Option<OutboxId>,
}

reads! {
    /// Whether any row waits for the sequencer.
    pub async fn has_outbox(db) -> Result<bool> {
        Ok(db.opt(sql("SELECT id FROM outbox LIMIT 1"), |cols| cols.int()).await?.is_some())
    }

    /// How many rows wait for the sequencer.
    pub async fn count_outbox(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM outbox"), count).await
    }
}

impl Tx {
    /// Announces an event of this kind (`hardie_domain::event`), with its payload as JSON.
    pub async fn insert_outbox(&mut self, kind: &str, repo: Option<RepoId>, payload: &str, at: Timestamp) -> Result<()> {
        self.insert_caused_outbox(kind, repo, payload, at, Cause::default()).await
    }

    /// As [`Tx::insert_outbox`], for what a handler may have caused.
    pub async fn insert_caused_outbox(
        &mut self,
        kind: &str,
        repo: Option<RepoId>,
        payload: &str,
        at: Timestamp,
        cause: Cause,
    ) -> Result<()> {
        let statement =
            sql("INSERT INTO outbox (kind, repo_id, payload, at, depth, cause_id, root_id) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let statement = statement.bind(kind).bind(repo).bind(payload).bind(at).bind(cause.depth).bind(cause.installation);
        self.later(statement.bind(cause.root)).await
    }
}
