//! Where a request goes: scheme, host and port, nothing else.

use std::fmt;
use std::str::FromStr;

use url::Host;

use super::url_text;

/// Scheme, host and port in one canonical form: two are equal exactly if a request to one is a request to the other. Names are in lower
/// case and punycode, without a dot at the end; addresses are numbers, however they were written; the port is always there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Destination {
    https: bool,
    host: Host<String>,
    port: u16,
}

/// Not a destination; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDestination(String);

impl Destination {
    pub(super) fn new(https: bool, host: Host<String>, port: u16) -> Destination {
        Destination { https, host, port }
    }

    /// Whether TLS is spoken.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The TCP port, which is never 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a request to this address goes; else why there can be none.
    pub fn of_address(address: &str) -> Result<Destination, InvalidDestination> {
        let read = url_text::read(address).map(|(destination, _)| destination);
        read.map_err(|reason| InvalidDestination(format!("is no address that a request can go to: {reason}")))
    }

    pub(super) fn host(&self) -> &Host<String> {
        &self.host
    }

    /// `host`, or `host:port` where the port is not that of the scheme: the header Host.
    pub(super) fn authority(&self) -> String {
        match (self.https, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }
}

impl FromStr for Destination {
    type Err = InvalidDestination;

    /// `https://hooks.example.org` or `http://10.1.2.3:8080`: no path, no query.
    fn from_str(text: &str) -> Result<Destination, InvalidDestination> {
        let refuse = |reason: &str| InvalidDestination(format!("{text:?} is no destination such as https://hooks.example.org: {reason}"));
        let (destination, url) = url_text::read(text.trim()).map_err(|reason| refuse(&reason))?;
        if url.path() != "/" || url.query().is_some() {
            return Err(refuse("a path or query does not belong to it"));
        }
        Ok(destination)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }
}
