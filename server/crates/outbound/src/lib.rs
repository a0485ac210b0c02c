//! The one client that opens connections: the only user of reqwest and lettre.
//!
//! Four clients over one set of habits (no redirects, no proxy from the environment, bounded waits, TLS by rustls with
//! the system's certificates): [`ApiClient`] speaks to a Hardie server's REST API for the command line, [`Upstream`]
//! streams requests and answers through to one fixed server for `hardie web`, [`Egress`] sends what plugins write, to where they may,
//! [`WebClient`] asks any host for a command. [`smtp`] hands mails to the operator's server of mails.
//! Must not know: SQL, git, WebAssembly, what any path means.
//! Start reading at [`api`].
#![warn(missing_docs)]

pub mod api;
pub mod base;
pub mod egress;
pub mod error;
pub mod smtp;
mod tls;
pub mod upstream;
pub mod web;

pub use api::{ApiClient, ApiResponse};
pub use base::BaseUrl;
pub use egress::{Allowed, Destination, Egress, InvalidAllowed, Prepared, Slot, Streamed, fill};
pub use error::Error;
pub use upstream::{ByteStream, Upstream};
pub use url::Url;
pub use web::{Sent, WebAnswer, WebClient, WebRequest};
