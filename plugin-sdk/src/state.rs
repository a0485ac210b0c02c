//! Data of the plugin's own, kept from one event to the next: for each installation, and there for each repository by itself.
//!
//! Keys are 1 to 256 visible ASCII characters, values 64 KiB at most; a repository has room for 10,000 keys and 1 MiB. Reads see
//! what this call wrote. What was written is kept if the handler returns `Ok`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend;
use crate::error::Error;
use crate::pages::PAGE;

/// What is kept under a key.
///
/// # Errors
/// If it is no key.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Error> {
    backend::read(key)
}

/// Keeps a value.
///
/// # Errors
/// If it is no key, or the value is too large.
pub fn set(key: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
    backend::write(key, value.as_ref())
}

/// What is kept under a key, as a type of yours, from JSON.
///
/// # Errors
/// If it is no key, or what is there does not have that form.
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    let parse = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| Error::new(format!("state {key}: {error}")));
    get(key)?.map(parse).transpose()
}

/// Keeps a value of yours, as JSON.
///
/// # Errors
/// If it is no key, or the value is too large or makes no JSON.
pub fn set_json(key: &str, value: &impl Serialize) -> Result<(), Error> {
    set(key, serde_json::to_vec(value).map_err(|error| Error::new(format!("state {key}: {error}")))?)
}

/// Keeps a value, or nothing, if what is there now is `expected`; tells whether it was.
///
/// # Errors
/// If it is no key, or the value is too large.
pub fn compare_and_set(key: &str, expected: Option<&[u8]>, value: Option<&[u8]>) -> Result<bool, Error> {
    backend::swap(key, expected, value)
}

/// Removes a key, if it is there.
///
/// # Errors
/// If it is no key.
pub fn delete(key: &str) -> Result<(), Error> {
    backend::delete(key)
}

/// All keys that begin with `prefix`, in order of their bytes.
///
/// # Errors
/// If the prefix is none.
pub fn list(prefix: &str) -> Result<Vec<String>, Error> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let page = backend::list(prefix, all.last().map_or("", String::as_str), PAGE)?;
        let last = page.len() < PAGE as usize;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}
