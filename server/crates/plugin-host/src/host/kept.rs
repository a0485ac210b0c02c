//! `state`: reads go through to what is committed, writes wait in `pending.rs`.

use hardie_domain::delivery::ServiceError;

use crate::bindings::hardie::plugin::state::{Host, StateError};
use crate::errand::Errand;
use crate::state::CallState;
use crate::stop::Stop;

const NAME: &str = "state";
/// Most bytes of a key, a prefix or a place in the list.
const KEY: usize = 256;
/// Most bytes of a value.
const VALUE: usize = 64 << 10;

/// An answer that the guest may get an error from; the outer error ends the invocation.
type Answer<T> = wasmtime::Result<Result<T, StateError>>;

impl CallState {
    fn kept_value(&mut self, key: &str) -> Answer<Option<Vec<u8>>> {
        let services = self.serve(NAME)?;
        if let Err(error) = check_key(key) {
            return Ok(Err(error));
        }
        let answer = settle(self.pending.read(key, services.as_ref()))?;
        if let Ok(Some(value)) = &answer {
            self.budget.transfer(value.len())?;
        }
        Ok(answer)
    }

    fn keep_value(&mut self, key: String, value: Option<Vec<u8>>) -> Answer<()> {
        let checked = self.check_may_write().and_then(|()| check_key(&key)).and_then(|()| check_value(value.as_deref()));
        if checked.is_ok() {
            self.budget.transfer(key.len() + value.as_ref().map_or(0, Vec::len))?;
            self.pending.write(key, value)?;
        }
        Ok(checked)
    }
}

impl CallState {
    /// Browsers send a `GET` wherever a page of somebody else tells them to: what it changed would be changed by that page.
    fn check_may_write(&self) -> Result<(), StateError> {
        match self.task.errand {
            Errand::Answer { writes: false } => {
                Err(StateError { code: "denied".into(), message: "a GET or HEAD writes nothing; let clients send a POST or PUT".into() })
            }
            _ => Ok(()),
        }
    }
}

impl Host for CallState {
    fn get(&mut self, key: String) -> Answer<Option<Vec<u8>>> {
        self.kept_value(&key)
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> Answer<()> {
        self.serve(NAME)?;
        self.keep_value(key, Some(value))
    }

    fn compare_and_set(&mut self, key: String, expected: Option<Vec<u8>>, value: Option<Vec<u8>>) -> Answer<bool> {
        let known = match self.kept_value(&key)? {
            Ok(known) => known,
            Err(error) => return Ok(Err(error)),
        };
        if known != expected {
            return Ok(check_value(value.as_deref()).map(|()| false));
        }
        Ok(self.keep_value(key, value)?.map(|()| true))
    }

    fn delete(&mut self, key: String) -> Answer<()> {
        self.serve(NAME)?;
        self.keep_value(key, None)
    }

    fn list(&mut self, prefix: String, after: String, limit: u32) -> Answer<Vec<String>> {
        let services = self.serve(NAME)?;
        for part in [&prefix, &after] {
            if !part.is_empty()
                && let Err(error) = check_key(part)
            {
                return Ok(Err(error));
            }
        }
        let answer = settle(self.pending.list(&prefix, &after, limit as usize, services.as_ref()))?;
        if let Ok(keys) = &answer {
            self.budget.transfer(keys.iter().map(|key| key.len() + 8).sum())?;
        }
        Ok(answer)
    }
}

fn check_key(key: &str) -> Result<(), StateError> {
    if (1..=KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(invalid(format!("a key is 1 to {KEY} visible ASCII characters, which {:?} is not", crate::text::line(key, 40))))
}

fn check_value(value: Option<&[u8]>) -> Result<(), StateError> {
    match value.map_or(0, <[u8]>::len) {
        bytes if bytes > VALUE => Err(invalid(format!("a value has at most {VALUE} bytes, not {bytes}"))),
        _ => Ok(()),
    }
}

fn invalid(message: String) -> StateError {
    StateError { code: "invalid".into(), message }
}

/// What the server could not do is not the handler's to go on from.
fn settle<T>(answer: Result<T, ServiceError>) -> Answer<T> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(ServiceError::Storage(why)) => Err(Stop::Services(why).into()),
        Err(error @ (ServiceError::Denied(_) | ServiceError::Invalid(_) | ServiceError::Failed(_))) => Ok(Err(invalid(error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_have_their_bounds() {
        for good in ["a", "seen/refs/heads/main", "~", &"k".repeat(256)] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ü", "a\n", "\u{7f}", &"k".repeat(257)] {
            assert_eq!(check_key(bad).unwrap_err().code, "invalid", "{bad}");
        }
        assert!(check_value(Some(&[0; VALUE])).is_ok() && check_value(None).is_ok());
        assert!(check_value(Some(&[0; VALUE + 1])).unwrap_err().message.contains("65537"));
    }
}
