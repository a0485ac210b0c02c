//! What can go wrong on the way to another server, in words that say what to do.

use std::error::Error as _;

/// A request that brought no answer. The texts never hold a token or a query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address given is not one this client goes to.
    #[error("{given:?} is not a server address: {reason}")]
    Address {
        /// What was given.
        given: String,
        /// Why it is refused.
        reason: &'static str,
    },
    /// Nothing listens there, or its name does not resolve.
    #[error("nothing answers at {base} ({detail}); is `hardie serve` running there?")]
    Unreachable {
        /// Scheme, host and port.
        base: String,
        /// The system's own words.
        detail: String,
    },
    /// Connected, then silence.
    #[error("{base} did not answer in time")]
    Timeout {
        /// Scheme, host and port.
        base: String,
    },
    /// Anything else between the two ends: TLS, a broken answer, a closed connection.
    #[error("the exchange with {base} failed: {detail}")]
    Broken {
        /// Scheme, host and port.
        base: String,
        /// The innermost cause.
        detail: String,
    },
    /// The answer is larger than the caller takes.
    #[error("{base} answered with more than {limit} bytes")]
    TooLarge {
        /// Scheme, host and port.
        base: String,
        /// The bound, in bytes.
        limit: usize,
    },
    /// The token holds characters that no header can carry.
    #[error("the access token holds characters that cannot be sent; copy it again")]
    Token,
    /// The request's body could not be written as JSON, or the answer read as it.
    #[error("{what}: {source}")]
    Json {
        /// Which side.
        what: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
    /// The client itself could not be made (certificates, TLS set-up).
    #[error("cannot set up outgoing connections: {0}")]
    Setup(String),
}

impl Error {
    /// True when trying again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Timeout { .. } | Error::Broken { .. })
    }

    pub(crate) fn from_reqwest(base: &str, error: reqwest::Error) -> Error {
        let base = base.to_owned();
        if error.is_timeout() {
            return Error::Timeout { base };
        }
        let connect = error.is_connect();
        let detail = innermost(&error.without_url());
        if connect { Error::Unreachable { base, detail } } else { Error::Broken { base, detail } }
    }
}

/// The last cause of a chain: the outer ones only repeat that a request failed.
fn innermost(error: &reqwest::Error) -> String {
    let mut last = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        last = cause.to_string();
        next = cause.source();
    }
    last
}
