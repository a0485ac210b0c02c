//! How many requests are under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_domain::ids::InstallationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places of each installation, and of all.
pub(super) struct Places {
    all: Arc<Semaphore>,
    each: usize,
    of: Mutex<HashMap<InstallationId, Arc<Semaphore>>>,
}

/// A place under way, free again when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Place {
    _permits: Arc<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Places {
    pub(super) fn new(each: usize, all: usize) -> Places {
        Places { all: Arc::new(Semaphore::new(all)), each, of: Mutex::default() }
    }

    /// Waits for one, first for the installation's own, so that one that waits for itself takes nothing from the others.
    pub(super) async fn take(&self, installation: InstallationId) -> Place {
        let own = {
            let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever waits or is under way has a share of it.
            of.retain(|_, places| Arc::strong_count(places) > 1);
            of.entry(installation).or_insert_with(|| Arc::new(Semaphore::new(self.each))).clone()
        };
        // A semaphore ends only when it is closed, and nobody closes these.
        let Ok(own) = own.acquire_owned().await else { std::future::pending().await };
        let Ok(all) = self.all.clone().acquire_owned().await else { std::future::pending().await };
        Place { _permits: Arc::new((own, all)) }
    }
}
