//! Ending a connection from within a request.

use tokio_util::sync::CancellationToken;

/// The connection of a request, where no other request shares it; an extension of the request.
#[derive(Clone, Default)]
pub struct Cut(CancellationToken);

impl Cut {
    /// Ends it now, whatever is still to be sent.
    pub fn cut(&self) {
        self.0.cancel();
    }

    /// When it is to end.
    pub(super) async fn wanted(&self) {
        self.0.cancelled().await;
    }

    /// Whether it is to end.
    #[cfg(test)]
    pub fn is_cut(&self) -> bool {
        self.0.is_cancelled()
    }
}
