//! Sealing lines, pruning old ones, and proving that none was changed.

use std::time::Duration;

use hardie_domain::audit::{AuditEntry, Link};
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use hardie_store::audit::{AuditFilter, Chain, SEALER};

use crate::{App, Result};

/// How long a node that died keeps others from taking over.
const LEASE_SECONDS: i64 = 15;
/// Lines sealed or pruned in one transaction.
const BATCH: u32 = 500;
/// After a round that sealed so many there may be more.
pub const SEALED_AT_ONCE: u64 = BATCH as u64;
/// Old lines are pruned when the oldest has been old for so long: not a few with each round.
const PRUNE_EVERY_SECONDS: i64 = 24 * 3600;

/// Gives lines that were committed their places in the chain, at most [`BATCH`]; how many. Zero while another node holds the lease. `holder`
/// is different for each process.
pub async fn seal_audit(app: &App, holder: &str) -> Result<u64> {
    // Mostly nothing waits, and then nothing is written.
    if !app.store.has_unsealed_audit().await? {
        return Ok(0);
    }
    let Some((mut tx, chain)) = lead(app, holder).await? else { return Ok(0) };
    let rows = tx.list_unsealed_audit(BATCH).await?;
    let mut head = chain.head;
    for row in &rows {
        head = head.next(row);
        tx.seal_audit(row.id, head).await?;
    }
    tx.set_audit_head(head).await?;
    tx.commit().await?;
    Ok(rows.len() as u64)
}

/// Removes lines that are older than the configuration keeps, from the beginning of the chain on; how many. The chain remembers what its first
/// line follows, and a line says what was removed.
pub async fn prune_audit(app: &App, holder: &str) -> Result<u64> {
    let Some(keep) = app.config.audit_keep else { return Ok(0) };
    let before = cutoff(app.clock.now(), keep);
    let chain = app.store.audit_chain().await?;
    let oldest = app.store.list_sealed_audit(&AuditFilter::default(), chain.base.seq, 1).await?;
    if oldest.first().is_none_or(|row| row.at >= before.plus_seconds(-PRUNE_EVERY_SECONDS)) {
        return Ok(0);
    }
    let mut pruned = 0;
    loop {
        let Some((mut tx, chain)) = lead(app, holder).await? else { return Ok(pruned) };
        let rows = tx.list_sealed_audit(&AuditFilter::default(), chain.base.seq, BATCH).await?;
        let Some(upto) = rows.iter().take_while(|row| row.at < before).filter_map(|row| row.seal).last() else { return Ok(pruned) };
        let now = app.clock.now();
        pruned += tx.prune_audit(upto, now).await?;
        let hash = hex::encode(upto.hash);
        let detail =
            format!("lines {} to {} of the log were as old as it is kept; the hash of the last was {hash}", chain.base.seq + 1, upto.seq);
        tx.insert_audit(&AuditEntry { detail, ..AuditEntry::by_server("audit.prune") }, now).await?;
        tx.commit().await?;
    }
}

fn cutoff(now: Timestamp, keep: Duration) -> Timestamp {
    now.plus_seconds(i64::try_from(keep.as_secs()).unwrap_or(i64::MAX).saturating_neg())
}

/// A transaction that holds the chain; `None` while another process leads.
async fn lead(app: &App, holder: &str) -> Result<Option<(Tx, Chain)>> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !tx.take_lease(SEALER, holder, now, now.plus_seconds(LEASE_SECONDS)).await? {
        return Ok(None);
    }
    let chain = tx.lock_audit_chain().await?;
    Ok(Some((tx, chain)))
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Lines that were looked at.
    pub lines: u64,
    /// What the first of them follows: lines up to it were pruned.
    pub base: Link,
    /// The newest sealed line.
    pub head: Link,
    /// Lines that are too new to have a place.
    pub unsealed: u64,
    /// The first thing wrong.
    pub fault: Option<String>,
}

/// Reads every sealed line and computes the chain anew. `noted` is a place and its hash that somebody wrote down before: whoever can write all
/// of the database can write another chain, but none that passes there.
pub async fn verify_audit(app: &App, noted: Option<Link>) -> Result<ChainReport> {
    loop {
        let chain = app.store.audit_chain().await?;
        let report = look(app, chain, noted).await?;
        // Lines that were pruned meanwhile are not missing.
        if report.fault.is_none() || app.store.audit_chain().await?.base == chain.base {
            return Ok(report);
        }
    }
}

async fn look(app: &App, chain: Chain, noted: Option<Link>) -> Result<ChainReport> {
    let mut report = ChainReport { lines: 0, base: chain.base, head: chain.head, unsealed: 0, fault: None };
    let mut noted = noted;
    if let Some(note) = noted.take_if(|note| note.seq <= chain.base.seq) {
        report.fault = match note.seq == chain.base.seq {
            true if note.hash == chain.base.hash => None,
            true => Some(format!("line {} had another hash when it was noted: the log before it was rewritten", note.seq)),
            false => Some(format!("line {} was noted, and lines up to {} were pruned: note a newer one", note.seq, chain.base.seq)),
        };
    }
    if let Some(row) = app.store.list_sealed_audit(&AuditFilter::default(), 0, 1).await?.first()
        && row.seal.is_some_and(|link| link.seq <= chain.base.seq)
    {
        report.fault.get_or_insert(format!("line {} lies before the beginning of the log", row.seal.map_or(0, |link| link.seq)));
    }
    let mut at = chain.base;
    while report.fault.is_none() && at.seq < chain.head.seq {
        let rows = app.store.list_sealed_audit(&AuditFilter::default(), at.seq, BATCH).await?;
        if rows.is_empty() {
            report.fault = Some(format!("lines {} to {} are missing", at.seq + 1, chain.head.seq));
        }
        for row in rows.iter().filter(|row| row.seal.is_some_and(|link| link.seq <= chain.head.seq)) {
            let found = row.seal.unwrap_or(Link::BEGINNING);
            let next = at.next(row);
            report.fault = if found.seq != next.seq {
                Some(format!("line {} is missing: line {} (id {}) follows line {}", next.seq, found.seq, row.id, at.seq))
            } else if found.hash != next.hash {
                Some(format!(
                    "line {} (id {}, {}) is not the one that was sealed there: it was changed or moved",
                    found.seq, row.id, row.action
                ))
            } else if noted.is_some_and(|note| note.seq == next.seq && note.hash != next.hash) {
                Some(format!("line {} had another hash when it was noted: the log up to it was rewritten", next.seq))
            } else {
                None
            };
            if report.fault.is_some() {
                return Ok(report);
            }
            at = next;
            report.lines += 1;
        }
    }
    if report.fault.is_none() && at.hash != chain.head.hash {
        report.fault = Some(format!("the log ends with another hash than its last line, {}, was sealed with", at.seq));
    }
    if let Some(note) = noted.filter(|note| note.seq > chain.head.seq) {
        let text = format!("line {} was noted, and the log ends with line {}: its end was cut off", note.seq, chain.head.seq);
        report.fault.get_or_insert(text);
    }
    report.unsealed = app.store.count_unsealed_audit().await?;
    Ok(report)
}
