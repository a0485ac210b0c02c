//! The smart protocol's alphabet: packet lines, side-bands, versions, capabilities and the refs that are shown.
//!
//! No IO: bytes go in, bytes come out, so that HTTP, SSH, tests and fuzzers drive the same code.
//! Must not know: users, databases, sockets. Start reading at [`pktline`].

pub mod caps;
pub mod error;
pub mod listing;
pub mod pktline;
pub mod refs;
pub mod sideband;
#[cfg(test)]
mod tests;
pub mod version;

pub use error::WireError;
pub use refs::{AdvertisedRef, Head, Refs};
pub use version::Version;

/// How the server names itself in every advertisement.
pub const AGENT: &str = concat!("hardie/", env!("CARGO_PKG_VERSION"));
