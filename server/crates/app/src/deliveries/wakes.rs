//! Who waits for events in this process, so that a handler begins soon after a commit. Whoever is not woken, because the commit was
//! another process's, looks by itself a little later.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, watch};

/// Kinds of news, each for one who waits; and the end of the log, for all who follow it.
#[derive(Debug, Default)]
pub struct Wakes {
    announced: Notify,
    made: Notify,
    crowded: Notify,
    heard: AtomicBool,
    ordered: Notify,
    end: watch::Sender<i64>,
}

impl Wakes {
    /// An event was announced and its transaction is committed. Nobody is woken while no installation handles events and nobody follows
    /// them: ordering them in larger batches is cheaper.
    pub fn committed(&self) {
        if self.heard.load(Ordering::Relaxed) || self.is_followed() {
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

    /// Events got their places in the log.
    pub fn ordered(&self) {
        self.ordered.notify_one();
    }

    /// Waits until events of this process got their places.
    pub async fn placed(&self) {
        self.ordered.notified().await;
    }

    /// Whether anybody follows the log.
    pub fn is_followed(&self) -> bool {
        self.end.receiver_count() > 0
    }

    /// Follows the end of the log; it may be known too late, never too early.
    pub(crate) fn follow(&self) -> watch::Receiver<i64> {
        self.end.subscribe()
    }

    /// Tells how far the log goes.
    pub(crate) fn tell(&self, last: i64) {
        self.end.send_if_modified(|end| {
            let is_new = *end < last;
            *end = (*end).max(last);
            is_new
        });
    }
}
