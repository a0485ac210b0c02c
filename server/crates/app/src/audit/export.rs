//! The whole log in the order of its chain, piece by piece, for somebody else to keep.

use hardie_domain::audit::Link;

use super::{AuditLine, AuditQuery, Wanted, authorised};
use crate::{App, Ctx, Result};

/// Lines read at once.
const BATCH: u32 = 500;

/// A walk along the sealed lines that fit a query.
pub struct AuditExport {
    app: App,
    wanted: Wanted,
    /// The last place that was looked at.
    at: u64,
    /// Where it ends: what is sealed meanwhile is for the next.
    head: Link,
    done: bool,
}

impl AuditExport {
    /// Begins after a place, 0 for the beginning.
    pub async fn begin(app: &App, ctx: &Ctx, query: &AuditQuery, after: u64) -> Result<AuditExport> {
        let wanted = authorised(app, ctx, query).await?;
        let head = app.store.audit_chain().await?.head;
        Ok(AuditExport { app: app.clone(), wanted, at: after, head, done: false })
    }

    /// The end of the chain when the walk began.
    pub fn head(&self) -> Link {
        self.head
    }

    /// The next lines; none at the end.
    pub async fn next(&mut self) -> Result<Vec<AuditLine>> {
        if self.done {
            return Ok(Vec::new());
        }
        let mut lines = self.app.store.list_sealed_audit(&self.wanted.filter(), self.at, BATCH).await?;
        self.done = lines.len() < BATCH as usize;
        lines.retain(|line| line.seal.is_some_and(|link| link.seq <= self.head.seq));
        match lines.last().and_then(|line| line.seal) {
            Some(link) => self.at = link.seq,
            None => self.done = true,
        }
        Ok(lines)
    }
}
