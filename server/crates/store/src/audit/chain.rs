//! The chain over the audit log. Its order is given after commit, by one leased sealer: no push waits for another's hash.

use hardie_domain::audit::Link;
use hardie_domain::ids::AuditId;
use hardie_domain::time::Timestamp;

use super::{AuditRow, COLUMNS, audit_row};
use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Error, Result, Tx};

/// The lease of the sealer.
pub const SEALER: &str = "audit-sealer";

/// From where to where the chain goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// What the oldest row that is left follows: all up to it was pruned.
    pub base: Link,
    /// When that was; `None` if nothing was.
    pub pruned_at: Option<Timestamp>,
    /// The newest row.
    pub head: Link,
}

fn chain(cols: &mut Cols<'_>) -> Result<Chain> {
    Ok(Chain {
        base: Link { seq: cols.count()?, hash: cols.hash()? },
        pruned_at: cols.opt_time()?,
        head: Link { seq: cols.count()?, hash: cols.hash()? },
    })
}

reads! {
    /// Whether a line waits for the sealer.
    pub async fn has_unsealed_audit(db) -> Result<bool> {
        Ok(db.opt(sql("SELECT id FROM audit WHERE seq IS NULL LIMIT 1"), |cols| cols.int()).await?.is_some())
    }

    /// How many lines wait for the sealer.
    pub async fn count_unsealed_audit(db) -> Result<u64> {
        db.one(sql("SELECT COUNT(*) FROM audit WHERE seq IS NULL"), count).await
    }

    /// How far the chain goes.
    pub async fn audit_chain(db) -> Result<Chain> {
        let found = db.opt(sql("SELECT base_seq, base_hash, base_at, head_seq, head_hash FROM audit_chain"), chain).await?;
        found.ok_or_else(|| Error::Corrupt("the row of the chain of the audit log is gone".to_owned()))
    }
}

impl Tx {
    /// The chain as it is now; whoever else would seal or prune waits until this transaction ends.
    pub async fn lock_audit_chain(&mut self) -> Result<Chain> {
        // Read anew after the lock: on PostgreSQL another may have sealed while this waited.
        let lock = sql("UPDATE audit_chain SET head_seq = head_seq RETURNING base_seq, base_hash, base_at, head_seq, head_hash");
        self.opt(lock, chain).await?.ok_or_else(|| Error::Corrupt("the row of the chain of the audit log is gone".to_owned()))
    }

    /// Lines without a place, in the order of their ids.
    pub async fn list_unsealed_audit(&mut self, limit: u32) -> Result<Vec<AuditRow>> {
        self.all(sql(COLUMNS).push(" FROM audit WHERE seq IS NULL ORDER BY id LIMIT ").push_bind(limit), audit_row).await
    }

    /// Gives a line its place.
    pub async fn seal_audit(&mut self, id: AuditId, link: Link) -> Result<()> {
        self.later(sql("UPDATE audit SET seq = $1, hash = $2 WHERE id = $3 AND seq IS NULL").bind(link.seq).bind(&link.hash).bind(id)).await
    }

    /// Moves the end of the chain.
    pub async fn set_audit_head(&mut self, head: Link) -> Result<()> {
        self.later(sql("UPDATE audit_chain SET head_seq = $1, head_hash = $2").bind(head.seq).bind(&head.hash)).await
    }

    /// Removes all up to this link, from which the chain begins then; how many.
    pub async fn prune_audit(&mut self, upto: Link, at: Timestamp) -> Result<u64> {
        let base = sql("UPDATE audit_chain SET base_seq = $1, base_hash = $2, base_at = $3").bind(upto.seq).bind(&upto.hash).bind(at);
        self.exec(base).await?;
        self.exec(sql("DELETE FROM audit WHERE seq IS NOT NULL AND seq <= $1").bind(upto.seq)).await
    }
}
