//! What the operator set for this door.

use std::time::Duration;

use crate::limits::Rates;
use crate::net::Cidr;

/// Bounds and trust of the HTTP server. Sizes in bytes.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Proxies whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// How much users and networks may ask.
    pub rates: Rates,
    /// Origins whose scripts may use the API with a token; `*` for all.
    pub cors_origins: Vec<String>,
    /// Whether `/metrics` is served here, or only by [`crate::Door::metrics_router`] on a listener of its own.
    pub metrics: bool,
    /// A JSON body.
    pub json_bytes: usize,
    /// Changes of files with a larger body than that, at once; more get 503. A quarter of them from one client.
    pub large_changes: usize,
    /// One API request, from its head to the head of its answer.
    pub api_timeout: Duration,
    /// The same for an uploaded component, which is compiled meanwhile, and for files that are changed.
    pub upload_timeout: Duration,
    /// API requests under way at once; more get 503. As many bodies may be on their way meanwhile.
    pub api_requests: usize,
    /// The same from one client.
    pub api_requests_per_client: usize,
    /// Web requests to plugins under way at once, from the end of their body to that of their answer; more get 503. As many bodies may be on
    /// their way meanwhile, and of as many may be looked up who asks for what.
    pub plugin_requests: usize,
    /// The same from one client.
    pub plugin_requests_per_client: usize,
    /// What a request's body, or the answer of a plugin, may take besides a second for each [`Self::body_rate`] bytes.
    pub body_grace: Duration,
    /// Bytes in a second below which either is given up.
    pub body_rate: u32,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Connections of one client; more are closed. Trusted proxies are many clients and have no share.
    pub connections_per_client: usize,
    /// From a connection's beginning, or the end of the answer before, to the end of the next request's head.
    pub head_timeout: Duration,
    /// A connection is closed when its client has taken nothing of an answer for so long.
    pub stall_timeout: Duration,
    /// Followers of events at once; more get 503.
    pub followers: usize,
    /// The same of one user.
    pub followers_each: usize,
    /// Bytes of large files under way to clients at once; more wait.
    pub raw_bytes: usize,
    /// The same to one user, or to one client that has not signed in; more get 503.
    pub raw_bytes_each: usize,
    /// How long requests under way may go on after shutdown was asked for.
    pub drain: Duration,
}

impl Default for HttpConfig {
    fn default() -> HttpConfig {
        HttpConfig {
            trusted_proxies: Vec::new(),
            rates: Rates::default(),
            cors_origins: Vec::new(),
            metrics: true,
            json_bytes: 1 << 20,
            large_changes: 8,
            api_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(300),
            api_requests: 512,
            api_requests_per_client: 64,
            plugin_requests: 256,
            plugin_requests_per_client: 64,
            body_grace: Duration::from_secs(5),
            body_rate: 32 << 10,
            connections: 4096,
            connections_per_client: 256,
            head_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_secs(60),
            followers: 256,
            followers_each: 8,
            raw_bytes: 512 << 20,
            raw_bytes_each: 128 << 20,
            drain: Duration::from_secs(30),
        }
    }
}
