//! Rows: the only user of sqlx, for SQLite and PostgreSQL with one SQL text.

/// The database, cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {}

/// How a statement fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// COMMIT failed: whether it took effect is unknown until the rows are read again.
    #[error("the outcome of the commit is unknown")]
    CommitUnknown,
}
