//! What a plugin may ask for while it handles an event or answers a request. It runs off the async runtime, which answers here.

use std::time::Duration;

use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError, Services};
use hardie_domain::time::Timestamp;
use hardie_store::plugin_state::StateOf;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::outgoing::send;
use crate::App;
use crate::ports::Cause;

/// Keys of one answer.
const MOST_KEYS: u32 = 1000;

/// The services of one call.
pub(crate) struct CallServices {
    app: App,
    runtime: Handle,
    of: StateOf,
    cause: Cause,
    gone: CancellationToken,
}

impl CallServices {
    /// Made on the runtime that will answer, until nobody waits any more.
    pub(crate) fn new(app: &App, of: StateOf, cause: Cause, gone: CancellationToken) -> CallServices {
        CallServices { app: app.clone(), runtime: Handle::current(), of, cause, gone }
    }

    fn answer<T>(&self, asked: impl Future<Output = Result<T, ServiceError>>) -> Result<T, ServiceError> {
        let answer = self.runtime.block_on(self.gone.run_until_cancelled(asked));
        answer.unwrap_or_else(|| Err(ServiceError::Storage("nobody waits for the answer any more".to_owned())))
    }
}

impl Services for CallServices {
    fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        self.answer(async { self.app.store.find_state(self.of, key).await.map_err(storage) })
    }

    fn list_state(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, ServiceError> {
        let limit = u32::try_from(limit).unwrap_or(MOST_KEYS).min(MOST_KEYS);
        self.answer(async { self.app.store.list_state(self.of, prefix, after, limit).await.map_err(storage) })
    }

    fn send(&self, request: HttpRequest, left: Duration) -> Result<HttpResponse, ServiceError> {
        self.answer(send(&self.app, self.of.installation, self.cause, request, left))
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.app.entropy.fill(buffer);
    }
}

/// The plugin's log is its administrator's to read: the database's words go to ours.
fn storage(error: hardie_store::Error) -> ServiceError {
    tracing::warn!(error = &error as &dyn std::error::Error, "the state of a plugin cannot be read");
    ServiceError::Storage("the state cannot be read now".to_owned())
}
