//! How much of everything a request gets.

use std::time::Duration;

/// The most of a URL, in bytes.
pub(super) const URL_BYTES: usize = 8 << 10;
/// The most of a request's body, in bytes.
pub(super) const BODY_BYTES: usize = 1 << 20;
/// The most headers of a request.
pub(super) const HEADERS: usize = 64;
/// The most of a request's headers, names and values, in bytes.
pub(super) const HEADER_BYTES: usize = 16 << 10;

/// What holds for each request; tests shorten the times.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// The name of a host becomes addresses.
    pub lookup: Duration,
    /// A TCP connection opens.
    pub connect: Duration,
    /// From then on until the head of the answer is there: TLS, the request on its way, the other side's thinking.
    pub head: Duration,
    /// All of it.
    pub whole: Duration,
    /// While a body comes, at least `pace_bytes` must come in each `pace`.
    pub pace: Duration,
    /// See `pace`.
    pub pace_bytes: usize,
    /// The head of an answer, in bytes.
    pub head_bytes: u32,
    /// The body of an answer, in bytes, as it comes and inflated.
    pub answer_bytes: usize,
    /// Requests of one installation at once.
    pub per_installation: usize,
    /// Requests at once.
    pub in_all: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            lookup: Duration::from_secs(2),
            connect: Duration::from_secs(2),
            head: Duration::from_secs(5),
            whole: Duration::from_secs(10),
            pace: Duration::from_secs(3),
            pace_bytes: 3 << 10,
            head_bytes: 64 << 10,
            answer_bytes: 4 << 20,
            per_installation: 4,
            in_all: 32,
        }
    }
}
