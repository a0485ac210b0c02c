//! What a handler may ask for while it runs. It runs off the async runtime, which answers here.

use std::time::Duration;

use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError, Services};
use hardie_domain::ids::DeliveryId;
use hardie_domain::time::Timestamp;
use hardie_store::deliveries::Claim;
use hardie_store::plugin_state::StateOf;
use tokio::runtime::Handle;

use crate::App;

/// Keys of one answer.
const MOST_KEYS: u32 = 1000;

/// The services of one try.
pub struct HandlerServices {
    app: App,
    runtime: Handle,
    of: StateOf,
    delivery: DeliveryId,
}

impl HandlerServices {
    /// Made on the runtime that will answer.
    pub fn new(app: &App, claim: &Claim) -> HandlerServices {
        let of = StateOf { installation: claim.installation, repo: claim.repo };
        HandlerServices { app: app.clone(), runtime: Handle::current(), of, delivery: claim.id }
    }
}

impl Services for HandlerServices {
    fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        self.runtime.block_on(self.app.store.find_state(self.of, key)).map_err(storage)
    }

    fn list_state(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, ServiceError> {
        let limit = u32::try_from(limit).unwrap_or(MOST_KEYS).min(MOST_KEYS);
        self.runtime.block_on(self.app.store.list_state(self.of, prefix, after, limit)).map_err(storage)
    }

    fn send(&self, request: HttpRequest, left: Duration) -> Result<HttpResponse, ServiceError> {
        let Some(sender) = &self.app.sender else {
            return Err(ServiceError::Denied(
                "this server sends no requests of plugins: whoever administers it lists the hosts they may reach in [outbound] hosts"
                    .to_owned(),
            ));
        };
        self.runtime.block_on(sender.send(self.of.installation, self.delivery, request, left))
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.app.entropy.fill(buffer);
    }
}

/// The handler's log is its administrator's to read: the database's words go to ours.
fn storage(error: hardie_store::Error) -> ServiceError {
    tracing::warn!(error = &error as &dyn std::error::Error, "the state of a plugin cannot be read");
    ServiceError::Storage("the state cannot be read now".to_owned())
}
