//! The headers of a request: which a plugin may write, and how much of them.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::bounds::{HEADER_BYTES, HEADERS};

/// What says where a message ends, who is spoken to and how the connection is used: this server's part alone. So is the encoding of
/// answers, since it inflates them.
const OURS: [HeaderName; 9] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::ACCEPT_ENCODING,
];

/// The headers so far.
#[derive(Default)]
pub(super) struct Headers {
    map: HeaderMap,
    bytes: usize,
}

impl Headers {
    /// Adds one, or says why not. `what` names the value in that text, which never holds it.
    pub(super) fn add(&mut self, name: &str, value: bytes::Bytes, sensitive: bool, what: &str) -> Result<(), String> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no name of a header"))?;
        if OURS.contains(&name) || name.as_str().starts_with("proxy-") || name == "keep-alive" || name == "http2-settings" {
            return Err(format!("the header {name} is written by this server alone"));
        }
        self.bytes = self.bytes.saturating_add(name.as_str().len()).saturating_add(value.len());
        if self.map.len() >= HEADERS || self.bytes > HEADER_BYTES {
            return Err(format!("it has more than {HEADERS} headers or {HEADER_BYTES} bytes of them"));
        }
        let mut value = HeaderValue::from_maybe_shared(value)
            .map_err(|_| format!("{what} of the header {name} holds a line break or control character"))?;
        value.set_sensitive(sensitive);
        self.map.append(name, value);
        Ok(())
    }

    /// All of them, with what is written where a plugin wrote nothing.
    pub(super) fn done(mut self) -> HeaderMap {
        let agent = HeaderValue::from_static(concat!("Hardie/", env!("CARGO_PKG_VERSION")));
        self.map.entry(header::USER_AGENT).or_insert(agent);
        self.map.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        self.map
    }
}
