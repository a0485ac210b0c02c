//! One kind of work, done again and again.

use std::time::Duration;

use hardie_app::Result;
use tokio_util::sync::CancellationToken;

/// The longest pause after rounds that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// When the next round is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There may be more to do.
    AtOnce,
    /// After the pause.
    Later,
}

/// Does rounds of `work` with pauses between them until `stop`. After failures the pauses grow.
pub async fn rounds<W: Future<Output = Result<Next>>>(
    name: &'static str,
    pause: Duration,
    stop: &CancellationToken,
    work: impl FnMut() -> W,
) {
    woken_rounds(name, pause, stop, std::future::pending, work).await;
}

/// The same, where news ends a pause early.
pub async fn woken_rounds<N: Future<Output = ()>, W: Future<Output = Result<Next>>>(
    name: &'static str,
    pause: Duration,
    stop: &CancellationToken,
    mut news: impl FnMut() -> N,
    mut work: impl FnMut() -> W,
) {
    let mut failures = 0u32;
    loop {
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            outcome = work() => outcome,
        };
        let wait = match outcome {
            Ok(next) => {
                failures = 0;
                if next == Next::AtOnce { Duration::ZERO } else { pause }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                // A database that is away for an hour is not worth a line every fifth of a second.
                if failures.is_power_of_two() {
                    tracing::warn!(name, failures, error = &error as &dyn std::error::Error, "a round failed and will be done again");
                }
                pause.saturating_mul(failures).min(LONGEST_PAUSE.max(pause))
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = news(), if failures == 0 => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
