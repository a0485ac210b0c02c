//! How a statement fails, as far as callers can act on it. The database's own words are the source, for the log.

use std::error::Error as StdError;

/// The result of a database call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the database itself said. Opaque, so that no caller depends on the driver.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Cause(Box<dyn StdError + Send + Sync>);

impl Cause {
    pub(crate) fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Cause {
        Cause(source.into())
    }
}

/// How a statement fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// COMMIT failed: whether it took effect is unknown until the rows are read again.
    #[error("the outcome of the commit is unknown")]
    CommitUnknown(#[source] Cause),
    /// The database cannot be reached, is shutting down or too busy; trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// PostgreSQL could not be reached when the store was opened: not there, or it does not let us in.
    #[error("cannot connect to PostgreSQL at {place}")]
    Unreachable {
        /// Host and port, or the socket. Never the password.
        place: String,
        /// The first attempt's failure.
        #[source]
        cause: Cause,
    },
    /// The disk of the database is full. Reads may go on.
    #[error("the disk of the database is full")]
    Full(#[source] Cause),
    /// Two writers raced for one unique value and this one lost; the transaction is gone.
    #[error("another write was first")]
    Conflict(#[source] Cause),
    /// An earlier statement of this transaction failed, so it cannot go on or be committed; nothing of it took effect.
    #[error("the transaction failed before its commit")]
    Aborted,
    /// A stored value is not what this program writes.
    #[error("the database holds a value that cannot be read: {0}")]
    Corrupt(String),
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows {known}: run a newer hardie, or restore a backup made by this one"
    )]
    NewerSchema {
        /// The version in the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// An applied migration is not the one that this program carries.
    #[error("migration {version} ({name}) in the database differs from this program's: the database was made by another build")]
    ForeignSchema {
        /// Its number.
        version: i64,
        /// Its name in the database.
        name: String,
    },
    /// There is nothing to read in the database.
    #[error("the database holds no server's data")]
    NoSchema,
    /// A restore needs an empty database.
    #[error("the database is not empty, it holds {0}: give one in which nothing is")]
    Occupied(String),
    /// An empty database with a schema that is not the backup's.
    #[error("the database has schema version {found} already and the backup {wanted}: give one without any tables")]
    OtherSchema {
        /// The version in the database.
        found: i64,
        /// The version of the backup.
        wanted: i64,
    },
    /// The address of the database cannot be used.
    #[error("database address: {0}")]
    Address(String),
    /// Anything else: a fault of this program.
    #[error("a database statement failed")]
    Database(#[source] Cause),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Full(_))
    }

    /// A failure of COMMIT itself. Its outcome is unknown unless the database lives and says that it did not commit.
    pub(crate) fn of_commit(error: sqlx::Error) -> Error {
        match &error {
            sqlx::Error::Database(database) if refuses_commit(database.code().as_deref().unwrap_or_default()) => error.into(),
            _ => Error::CommitUnknown(Cause::new(error)),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        let wrap = match &error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Error::Unavailable,
            sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => Error::Unavailable,
            // The PostgreSQL driver says this when the server hangs up in the middle of a message.
            sqlx::Error::Protocol(_) => Error::Unavailable,
            sqlx::Error::Configuration(why) => return Error::Address(why.to_string()),
            sqlx::Error::Database(database) if database.is_unique_violation() => Error::Conflict,
            sqlx::Error::Database(database) => kind_of_code(database.code().as_deref().unwrap_or_default()),
            _ => Error::Database,
        };
        wrap(Cause::new(error))
    }
}

/// Whether a COMMIT that ends with this code surely took no effect. SQLite: FULL, since the commit record is written last, and
/// BUSY. PostgreSQL: a constraint checked late, a serialisation failure, a full disk; a server that shuts down may have committed.
fn refuses_commit(code: &str) -> bool {
    match code.len() {
        5 => matches!(code, "53100" | "40001" | "40P01") || code.starts_with("23"),
        _ => matches!(code.parse::<u32>().map(|n| n & 0xff), Ok(5 | 13)),
    }
}

/// SQLSTATE has five characters (PostgreSQL, appendix A); SQLite's extended result codes are decimal numbers below 10,000.
fn kind_of_code(code: &str) -> fn(Cause) -> Error {
    if code.len() == 5 {
        return match code {
            "53100" => Error::Full,
            // Connection failures, resources, operator intervention; deadlock and serialisation: another try may pass.
            _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Error::Unavailable,
            "40001" | "40P01" | "55P03" | "25006" => Error::Unavailable,
            _ => Error::Database,
        };
    }
    // The low byte is the primary code (sqlite.org/rescode.html).
    match code.parse::<u32>().map(|n| n & 0xff) {
        Ok(13) => Error::Full,
        // BUSY, LOCKED, READONLY, IOERR, CANTOPEN, PROTOCOL
        Ok(5 | 6 | 8 | 10 | 14 | 15) => Error::Unavailable,
        _ => Error::Database,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Error, kind_of_code, refuses_commit};

    #[test]
    fn only_a_database_that_lives_can_say_that_nothing_was_committed() {
        for sure in ["13", "5", "517", "53100", "23503", "40001"] {
            assert!(refuses_commit(sure), "{sure}");
        }
        for unknown in ["10", "1034", "57P01", "08006", "40003", "58030", "XX000", ""] {
            assert!(!refuses_commit(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_full_disk_and_a_lost_server_are_told_apart() {
        let kind = |code: &str| kind_of_code(code)(Cause::new("x"));
        for full in ["13", "53100"] {
            assert!(matches!(kind(full), Error::Full(_)), "{full}");
        }
        for gone in ["5", "261", "517", "10", "4874", "08006", "57P01", "57014", "53300", "40P01", "40001"] {
            assert!(matches!(kind(gone), Error::Unavailable(_)), "{gone}");
        }
        for fault in ["1", "19", "787", "42601", "23503", "22021", ""] {
            assert!(matches!(kind(fault), Error::Database(_)), "{fault}");
        }
    }
}
