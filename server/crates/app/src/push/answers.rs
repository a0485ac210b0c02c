//! How often policies were asked, and where their answers came from.

use std::sync::atomic::{AtomicU64, Ordering};

use hardie_domain::plugin::Source;

/// Answers about pushes since the process began; dry runs are not in it.
#[derive(Debug, Default)]
pub struct AnswerCounts {
    run: AtomicU64,
    online: AtomicU64,
    cached: AtomicU64,
}

impl AnswerCounts {
    /// One more.
    pub(crate) fn count(&self, source: Source) {
        self.of(source).fetch_add(1, Ordering::Relaxed);
    }

    /// By where they came from.
    pub fn counts(&self) -> [(Source, u64); 3] {
        [Source::Run, Source::Online, Source::Cached].map(|source| (source, self.of(source).load(Ordering::Relaxed)))
    }

    fn of(&self, source: Source) -> &AtomicU64 {
        match source {
            Source::Run => &self.run,
            Source::Online => &self.online,
            Source::Cached => &self.cached,
        }
    }
}
