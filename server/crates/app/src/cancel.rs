//! Ends blocking work with the async work that waits for it.

use hardie_git::Cancel;
use tokio_util::sync::CancellationToken;

/// Cancels blocking work when the async side is dropped, as it is when a client disconnects.
#[derive(Default)]
pub struct CancelOnDrop(pub Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What still reads or asks for a plugin ends when this is dropped: nobody waits for it any more.
#[derive(Default)]
pub struct Gone {
    /// Reads of a repository.
    pub reads: CancelOnDrop,
    /// Whatever else it asks for.
    pub asks: CancellationToken,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.asks.cancel();
    }
}
