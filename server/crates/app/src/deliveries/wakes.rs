//! Who waits for events in this process, so that a handler begins soon after a commit. Whoever is not woken, because the commit was
//! another process's, looks by itself a little later.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Three kinds of news, each for one who waits.
#[derive(Debug, Default)]
pub struct Wakes {
    announced: Notify,
    made: Notify,
    crowded: Notify,
    heard: AtomicBool,
}

impl Wakes {
    /// An event was announced and its transaction is committed. Nobody is woken while no installation handles events: ordering them
    /// in larger batches is cheaper.
    pub fn committed(&self) {
        if self.heard.load(Ordering::Relaxed) {
            self.announced.notify_one();
        }
    }

    /// Waits for an announced event.
    pub async fn announced(&self) {
        self.announced.notified().await;
    }

    /// Deliveries were made, or there is room for another try.
    pub(crate) fn deliveries(&self) {
        self.made.notify_one();
    }

    /// Waits for deliveries.
    pub async fn made(&self) {
        self.made.notified().await;
    }

    /// A repository got so many small packs that they slow down what follows.
    pub(crate) fn crowd(&self) {
        self.crowded.notify_one();
    }

    /// Waits for such a repository.
    pub async fn crowded(&self) {
        self.crowded.notified().await;
    }

    /// Whether any installation handles events.
    pub(super) fn hear(&self, heard: bool) {
        self.heard.store(heard, Ordering::Relaxed);
    }
}
