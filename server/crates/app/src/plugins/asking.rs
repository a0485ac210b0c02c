//! What a policy may ask for while a push waits for it, if its component is one that asks: the same requests as a handler's, under the same
//! grants. In a dry run nobody waits, and nothing is sent: what answers would hold for is the past.

use std::time::Duration;

use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError, Services};
use hardie_domain::ids::{InstallationId, PushId};
use hardie_domain::time::Timestamp;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::outgoing::send;
use crate::App;
use crate::ports::Cause;

/// The services of one judgement.
pub(crate) struct PolicyServices {
    app: App,
    runtime: Handle,
    /// `None` in a dry run.
    waits: Option<Waits>,
}

struct Waits {
    installation: InstallationId,
    push: PushId,
    gone: CancellationToken,
}

impl PolicyServices {
    /// Made on the runtime that will answer. What is under way when `gone` says so is let go.
    pub(crate) fn new(app: &App, installation: InstallationId, push: PushId, gone: CancellationToken) -> PolicyServices {
        PolicyServices { app: app.clone(), runtime: Handle::current(), waits: Some(Waits { installation, push, gone }) }
    }

    /// For a dry run: they tell the time and send nothing.
    pub(crate) fn dry(app: &App) -> PolicyServices {
        PolicyServices { app: app.clone(), runtime: Handle::current(), waits: None }
    }
}

impl Services for PolicyServices {
    fn read_state(&self, _key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Err(kept())
    }

    fn list_state(&self, _prefix: &str, _after: &str, _limit: usize) -> Result<Vec<String>, ServiceError> {
        Err(kept())
    }

    fn send(&self, request: HttpRequest, left: Duration) -> Result<HttpResponse, ServiceError> {
        let Some(Waits { installation, push, gone }) = &self.waits else {
            return Err(ServiceError::Denied("this is a dry run, and nothing is sent in one".to_owned()));
        };
        let sent = gone.run_until_cancelled(send(&self.app, *installation, Cause::Push(*push), request, left));
        self.runtime.block_on(sent).unwrap_or_else(|| Err(ServiceError::Storage("nobody waits for the answer any more".to_owned())))
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.app.entropy.fill(buffer);
    }
}

fn kept() -> ServiceError {
    ServiceError::Denied("a policy keeps no data".to_owned())
}
