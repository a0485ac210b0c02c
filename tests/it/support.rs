//! Small helpers that several areas share.

use std::time::Duration;

use hardie_testkit::history::Choices;

/// Whether the long forms run.
pub fn soak() -> bool {
    std::env::var_os("HARDIE_SOAK").is_some()
}

/// A seeded generator; the seed is printed, and `HARDIE_TEST_SEED` repeats a run.
pub fn choices(test: &str) -> Choices {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
    println!("{test}: HARDIE_TEST_SEED={seed}");
    Choices::new(seed)
}

/// Waits until something holds, looking often; fails with the text after a bounded time.
pub async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("still not true after 30 s: {what}");
}
