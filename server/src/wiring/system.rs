//! The real clock and the real source of chance. Nothing else in the tree reads either.

use hardie_app::ports::{Clock, Entropy};
use hardie_domain::time::Timestamp;
use rand::TryRngCore as _;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's generator.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = rand::rngs::OsRng.try_fill_bytes(buffer) {
            // Without chance there is no safe token or salt: stopping is the only right answer.
            tracing::error!(%error, "the operating system has no random bytes");
            std::process::abort();
        }
    }
}
