//! Work that takes processor time, off the threads that serve everybody.

use std::sync::LazyLock;

use hardie_app::Error;
use tokio::sync::Semaphore;

use crate::error::Refusal;

/// As many at once as there are processors: more would only slow each other down.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));

/// Waits for a turn and runs the work.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let turn = TURNS.acquire().await.map_err(Error::internal)?;
    // The turn goes with the work, which goes on to its end even if its asker goes away.
    let done = tokio::task::spawn_blocking(move || (work(), turn)).await.map_err(Error::internal)?;
    Ok(done.0)
}
