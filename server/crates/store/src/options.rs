//! Where the database is and how much of it this process may use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Error, Result};

/// Which database it is. The few differences between the two are asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file on one disk.
    Sqlite,
    /// A server, for several nodes.
    Postgres,
}

impl Engine {
    /// How a write transaction begins. SQLite's default would fail with BUSY when a reader turns writer.
    pub(crate) fn begin_write(self) -> &'static str {
        match self {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    /// How a transaction begins whose reads all see one moment.
    pub(crate) fn begin_snapshot(self) -> &'static str {
        match self {
            Engine::Sqlite => "BEGIN DEFERRED",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST/DATABASE`. Behind a PgBouncer older than 1.21 add
    /// `?statement-cache-capacity=0`.
    pub url: String,
    /// Connections for reading (SQLite), or for everything (PostgreSQL).
    pub connections: u32,
    /// The longest wait for a free connection, and so for the one writer of SQLite.
    pub acquire_timeout: Duration,
}

impl StoreOptions {
    /// The usual bounds.
    pub fn new(url: impl Into<String>) -> StoreOptions {
        StoreOptions { url: url.into(), connections: 8, acquire_timeout: Duration::from_secs(10) }
    }

    /// A SQLite file, made if it does not exist.
    pub fn sqlite(path: &std::path::Path) -> StoreOptions {
        StoreOptions::new(format!("sqlite://{}", path.display()))
    }

    /// Which database the address names.
    pub fn engine(&self) -> Result<Engine> {
        match self.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Engine::Sqlite),
            Some("postgres" | "postgresql") => Ok(Engine::Postgres),
            _ => Err(Error::Address("it must begin with sqlite:// or postgres://".to_owned())),
        }
    }

    /// The file of a SQLite address.
    pub(crate) fn sqlite_path(&self) -> Result<PathBuf> {
        let path = self.url.strip_prefix("sqlite://").or_else(|| self.url.strip_prefix("sqlite:")).unwrap_or_default();
        if path.is_empty() || path.contains(":memory:") {
            return Err(Error::Address("a SQLite address names a file, as in sqlite:///var/lib/hardie/hardie.db".to_owned()));
        }
        Ok(PathBuf::from(path))
    }
}

impl fmt::Debug for StoreOptions {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions").field("engine", &self.engine().ok()).field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// The form in which the driver takes a file: everything but plain path characters is percent-encoded.
pub(crate) fn sqlite_url(path: &std::path::Path) -> Result<String> {
    let path = path.to_str().ok_or_else(|| Error::Address("the path of a SQLite file must be UTF-8".to_owned()))?;
    let mut url = String::from("sqlite://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url.push_str("?mode=rwc");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::{Engine, StoreOptions, sqlite_url};
    use std::path::Path;

    #[test]
    fn an_address_names_its_engine_and_debug_hides_the_password() {
        let postgres = StoreOptions::new("postgres://hardie:hunter2@localhost/hardie");
        assert_eq!(postgres.engine().unwrap(), Engine::Postgres);
        assert!(!format!("{postgres:?}").contains("hunter2"));
        assert_eq!(StoreOptions::sqlite(Path::new("/x/y.db")).engine().unwrap(), Engine::Sqlite);
        for bad in ["mysql://x/y", "", "/var/lib/x.db"] {
            assert!(StoreOptions::new(bad).engine().is_err(), "{bad}");
        }
        for bad in ["sqlite://", "sqlite::memory:"] {
            assert!(StoreOptions::new(bad).sqlite_path().is_err(), "{bad}");
        }
    }

    #[test]
    fn any_path_survives_the_driver() {
        assert_eq!(sqlite_url(Path::new("/a b/ü?.db")).unwrap(), "sqlite:///a%20b/%C3%BC%3F.db?mode=rwc");
    }
}
