//! Requests with secrets that were given to the installation. A plugin names them and never reads them: the server fills them in on the
//! way, for the hosts that each is meant for.
//!
//! `{secret:NAME}` in the path of an address stands for one too, for services whose address is the secret.

use crate::backend;
use crate::error::Error;
use crate::http::{Request, Response};

/// A header whose value holds a secret, or is made with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) header: String,
    pub(crate) prefix: String,
    pub(crate) secret: String,
    pub(crate) signs: bool,
}

/// A request with secrets to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRequest {
    request: Request,
    slots: Vec<Slot>,
}

/// Lets secrets be filled into a request.
pub fn fill(request: Request) -> SecretRequest {
    SecretRequest { request, slots: Vec::new() }
}

impl SecretRequest {
    /// A header with a secret behind a prefix: `header("Authorization", "Bearer ", "token")`.
    #[must_use]
    pub fn header(self, header: &str, prefix: &str, secret: &str) -> SecretRequest {
        self.slot(header, prefix, secret, false)
    }

    /// A header with the hexadecimal HMAC-SHA-256 of the body behind a prefix: `signature("X-Hub-Signature-256", "sha256=", "key")`.
    #[must_use]
    pub fn signature(self, header: &str, prefix: &str, secret: &str) -> SecretRequest {
        self.slot(header, prefix, secret, true)
    }

    fn slot(mut self, header: &str, prefix: &str, secret: &str, signs: bool) -> SecretRequest {
        self.slots.push(Slot { header: header.to_owned(), prefix: prefix.to_owned(), secret: secret.to_owned(), signs });
        self
    }

    /// Sends it and waits for the answer.
    ///
    /// # Errors
    /// As [`Request::send`]; `denied` also if a secret was not given, or not for that host.
    pub fn send(&self) -> Result<Response, Error> {
        backend::send_filled(&self.request, &self.slots)
    }
}
