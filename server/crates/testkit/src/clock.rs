//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hardie_app::ports::Clock;
use hardie_domain::time::Timestamp;

/// 2030-01-01T00:00:00Z: no certificate, token or lease of a test depends on the day it runs.
const START: i64 = 1_893_456_000_000;

/// Shared by its clones.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl Default for FakeClock {
    fn default() -> Self {
        FakeClock(Arc::new(AtomicI64::new(START)))
    }
}

impl FakeClock {
    /// Moves on by this many seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
