//! What every handler can reach.

use std::sync::Arc;

use hardie_app::App;
use tokio::sync::Semaphore;

use crate::config::HttpConfig;
use crate::health::Readiness;
use crate::links::Links;
use crate::metrics::Metrics;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

/// The parts; handlers reach them through `Deref`.
pub struct Inner {
    /// The use cases.
    pub app: App,
    /// Bounds and trust.
    pub config: HttpConfig,
    /// Addresses that people and clients see.
    pub links: Links,
    /// Counters.
    pub metrics: Metrics,
    /// The last look at the parts, shared by those who ask at the same time.
    pub readiness: Readiness,
    /// One permit for each API request under way.
    pub api_slots: Semaphore,
    /// One permit for each MiB of large files under way to clients.
    pub raw_slots: Arc<Semaphore>,
}

impl Http {
    /// Joins the parts.
    pub fn new(app: App, config: HttpConfig) -> Http {
        let links = Links::new(&app.config.public_url, &app.config.ssh_address);
        let api_slots = Semaphore::new(config.api_requests);
        let raw_slots = Arc::new(Semaphore::new(config.raw_bytes >> 20));
        Http(Arc::new(Inner { raw_slots, links, metrics: Metrics::default(), readiness: Readiness::default(), api_slots, app, config }))
    }
}

impl std::ops::Deref for Http {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}
