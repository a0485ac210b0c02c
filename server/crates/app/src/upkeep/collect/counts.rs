//! What this process collected, for `/metrics`.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use hardie_domain::time::Timestamp;

use super::Collection;
use crate::Result;

/// Sums since the process began.
#[derive(Debug, Default)]
pub struct CollectionCounts {
    /// Looks that came to their end.
    pub done: AtomicU64,
    /// Looks that failed.
    pub failed: AtomicU64,
    /// Objects written anew because something reaches them.
    pub kept: AtomicU64,
    /// Objects set apart.
    pub set_apart: AtomicU64,
    /// Objects removed.
    pub removed: AtomicU64,
    /// Bytes by which packs became less.
    pub freed_bytes: AtomicU64,
    /// When the last look ended, in seconds since 1970; 0 before the first.
    pub last: AtomicI64,
}

impl CollectionCounts {
    pub(super) fn note(&self, look: &Result<Collection>, now: Timestamp) {
        self.last.store(now.seconds(), Ordering::Relaxed);
        let Ok(done) = look else {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let freed = done.bytes_before.saturating_sub(done.bytes_after);
        let sums = [(&self.done, 1), (&self.kept, done.kept), (&self.set_apart, done.set_apart), (&self.removed, done.removed)];
        for (sum, more) in sums.into_iter().chain([(&self.freed_bytes, freed)]) {
            sum.fetch_add(more, Ordering::Relaxed);
        }
    }
}
