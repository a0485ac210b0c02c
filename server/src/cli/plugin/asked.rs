//! What a policy of the world `policy-online` gets where no server stands behind it: the time, and no answers.

use std::time::Duration;

use hardie_app::ports::{Clock as _, Entropy as _};
use hardie_domain::delivery::{HttpRequest, HttpResponse, ServiceError, Services};
use hardie_domain::time::Timestamp;

use crate::wiring::system::{SystemClock, SystemEntropy};

/// Sends nothing: hosts are granted and secrets set on a server, and a judgement that nobody waits for must not move anything.
pub struct NobodyAsked;

impl Services for NobodyAsked {
    fn read_state(&self, _key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Err(denied())
    }

    fn list_state(&self, _prefix: &str, _after: &str, _limit: usize) -> Result<Vec<String>, ServiceError> {
        Err(denied())
    }

    fn send(&self, _request: HttpRequest, _left: Duration) -> Result<HttpResponse, ServiceError> {
        Err(denied())
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        SystemEntropy.fill(buffer);
    }
}

fn denied() -> ServiceError {
    ServiceError::Denied("nothing is sent from here; scenarios of `hardie plugin test` have answers".to_owned())
}
