//! A PostgreSQL server for one test run: a new data folder, a free loopback port, gone when its owner is gone.
//!
//! `cargo xtask test` starts one [`Cluster`] and names it in [`URL_VARIABLE`] for all test processes; a test that is run alone
//! finds none and starts its own through [`shared`]. The store's suite and the test kit both use it, so it is a crate of its own
//! without dependencies. It must not know any table: it gives out empty databases.
//!
//! The cluster's locale is ICU's `en-US`, which sorts text unlike bytes: a key column that forgot its `COLLATE "C"` fails here.

mod cluster;
mod database;
mod error;
mod place;

use std::sync::OnceLock;

pub use cluster::Cluster;
pub use database::{create_database, drop_database, execute};
pub use error::Error;

/// Names the cluster of this test run: `postgres://USER:PASSWORD@127.0.0.1:PORT/postgres`.
pub const URL_VARIABLE: &str = "HARDIE_TEST_POSTGRES";

/// The URL of the cluster that this test run shares, or of one that this process starts for itself at its first call.
///
/// # Errors
/// [`Error`] when PostgreSQL is not installed or does not start; the same error at every later call.
pub fn shared() -> Result<&'static str, &'static Error> {
    static SHARED: OnceLock<Result<(String, Option<Cluster>), Error>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => Ok((url, None)),
        _ => Cluster::start().map(|cluster| (cluster.url().to_owned(), Some(cluster))),
    });
    shared.as_ref().map(|(url, _)| url.as_str())
}

/// Whether the server programs are on this machine.
#[must_use]
pub fn installed() -> bool {
    place::server_programs().is_ok()
}
