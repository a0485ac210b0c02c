//! What a handler may ask for, from memory: scripted answers, a clock that stands still, chance that is the same each time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hardie_domain::delivery::{HeaderValue, HttpRequest, HttpResponse, ServiceError, Services, Writes};
use hardie_domain::time::Timestamp;

use super::asked_file::Answer;
use super::file::Scenario;

/// The services of a scenario.
pub(super) struct Desk {
    state: Mutex<BTreeMap<String, Vec<u8>>>,
    answers: Mutex<VecDeque<Answer>>,
    sent: Mutex<Vec<HttpRequest>>,
    now: i64,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    pub(super) fn new(scenario: &Scenario) -> Desk {
        let state = scenario.state.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes())).collect();
        Desk { state: Mutex::new(state), answers: Mutex::new(scenario.answer.clone().into()), sent: Mutex::default(), now: scenario.now }
    }

    /// Keeps what a handler wants written.
    pub(super) fn commit(&self, writes: &Writes) {
        let mut state = held(&self.state);
        for (key, value) in &writes.state {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
    }

    /// What is kept under a key.
    pub(super) fn kept(&self, key: &str) -> Option<Vec<u8>> {
        held(&self.state).get(key).cloned()
    }

    /// The requests since the last time.
    pub(super) fn sent(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut *held(&self.sent))
    }
}

impl Services for Desk {
    fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(self.kept(key))
    }

    fn list_state(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>, ServiceError> {
        let state = held(&self.state);
        let keys = state.keys().filter(|key| key.starts_with(prefix) && key.as_str() > after);
        Ok(keys.take(limit).cloned().collect())
    }

    fn send(&self, request: HttpRequest, _left: Duration) -> Result<HttpResponse, ServiceError> {
        held(&self.sent).push(request);
        let Some(answer) = held(&self.answers).pop_front() else {
            return Err(ServiceError::Failed("the scenario has no [[answer]] for this request".into()));
        };
        match answer.error.as_deref() {
            Some("denied") => Err(ServiceError::Denied(answer.body)),
            Some("invalid") => Err(ServiceError::Invalid(answer.body)),
            Some(_) => Err(ServiceError::Failed(answer.body)),
            None => Ok(HttpResponse {
                status: answer.status.unwrap_or(200),
                headers: answer.headers.into_iter().collect(),
                body: answer.body.into_bytes(),
            }),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now)
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.iter_mut().zip(0u8..=255).for_each(|(to, at)| *to = at.wrapping_mul(167).wrapping_add(90));
    }
}

/// A header's value with its secrets by name.
pub(super) fn shown(value: &HeaderValue) -> String {
    match value {
        HeaderValue::Plain(text) => text.clone(),
        HeaderValue::Secret { prefix, name } => format!("{prefix}{{secret:{name}}}"),
        HeaderValue::Signature { prefix, name } => format!("{prefix}{{hmac-sha256:{name}}}"),
    }
}
