//! Ends blocking work with the async work that waits for it.

use hardie_git::Cancel;

/// Cancels blocking work when the async side is dropped, as it is when a client disconnects.
#[derive(Default)]
pub struct CancelOnDrop(pub Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
