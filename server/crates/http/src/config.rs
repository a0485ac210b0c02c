//! What the operator set for this door.

use std::time::Duration;

use crate::net::Cidr;

/// Bounds and trust of the HTTP server. Sizes in bytes.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Proxies whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Whether `/metrics` is served here, or only by [`crate::Door::metrics_router`] on a listener of its own.
    pub metrics: bool,
    /// A JSON body.
    pub json_bytes: usize,
    /// One API request, from its head to the head of its answer.
    pub api_timeout: Duration,
    /// The same for an uploaded component, which is compiled meanwhile.
    pub upload_timeout: Duration,
    /// API requests under way at once; more get 503.
    pub api_requests: usize,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// From a connection's first byte, or the end of the answer before, to the end of the next request's head.
    pub head_timeout: Duration,
    /// Bytes of large files under way to clients at once; more wait.
    pub raw_bytes: usize,
    /// How long requests under way may go on after shutdown was asked for.
    pub drain: Duration,
}

impl Default for HttpConfig {
    fn default() -> HttpConfig {
        HttpConfig {
            trusted_proxies: Vec::new(),
            metrics: true,
            json_bytes: 1 << 20,
            api_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(300),
            api_requests: 512,
            connections: 4096,
            head_timeout: Duration::from_secs(30),
            raw_bytes: 512 << 20,
            drain: Duration::from_secs(30),
        }
    }
}
