//! An empty PostgreSQL database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::anyhow;

/// Gone when this is dropped, together with the connections to it.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
}

impl Database {
    /// Makes one on this test run's server.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or refuses.
    pub fn new() -> anyhow::Result<Database> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = hardie_scratch_postgres::shared().map_err(|error| anyhow!("{error}"))?;
        let name = format!("kit_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = hardie_scratch_postgres::create_database(server, &name, None)?;
        Ok(Database { url, name })
    }

    /// Runs statements past the server, as somebody with the database's password does.
    ///
    /// # Errors
    /// With PostgreSQL's words.
    pub fn execute(&self, sql: &str) -> anyhow::Result<()> {
        Ok(hardie_scratch_postgres::execute(&self.url, sql)?)
    }

    /// For `--database` and [`crate::Options`].
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server is thrown away at the end of the run; this only keeps it small.
        if let Ok(server) = hardie_scratch_postgres::shared() {
            let _ = hardie_scratch_postgres::drop_database(server, &self.name);
        }
    }
}
