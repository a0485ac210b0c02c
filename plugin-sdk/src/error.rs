//! Why something could not be read, kept or sent.

use std::fmt;

use crate::bindings::hardie::plugin::types::{Fault, ReadError};

/// A read that failed, or anything else that keeps a policy from judging or a handler from handling. Not a verdict: whether the
/// push goes through then is for the installation's settings to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    code: String,
    message: String,
}

impl Error {
    /// Of the plugin's own making.
    pub fn new(message: impl Into<String>) -> Error {
        Error { code: String::new(), message: message.into() }
    }

    /// With a code, for a scripted answer.
    pub fn coded(code: &str, message: impl Into<String>) -> Error {
        Error { code: code.into(), message: message.into() }
    }

    /// `not-found`, `wrong-kind`, `too-large` or `invalid` for a failed read; `denied`, `invalid` or `failed` for a request; `invalid`,
    /// `denied` or `not-found` for data and statuses; empty for others.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether the object is not there, or not for this push to see.
    pub fn is_not_found(&self) -> bool {
        self.code == "not-found"
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Error {
        Error { code: error.code, message: error.message }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault { message: error.message }
    }
}
