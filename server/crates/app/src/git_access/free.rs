//! Room on the disk, asked for once a second at most: each fetch wants to know, and the answer is an estimate anyway.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hardie_git::packs::PackStore;
use tokio::task::spawn_blocking;

/// How long an answer is good for.
const FRESH: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub struct Free(Mutex<Option<(Instant, u64)>>);

impl Free {
    /// Bytes that were free within the last second; `None` if the file system does not say.
    pub async fn bytes(&self, packs: &PackStore) -> Option<u64> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = last.filter(|(at, _)| at.elapsed() < FRESH) {
            return Some(bytes);
        }
        let packs = packs.clone();
        let bytes = spawn_blocking(move || packs.free_space()).await.ok()?.ok()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), bytes));
        Some(bytes)
    }
}
