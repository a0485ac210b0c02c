//! How a backup or a restore fails.

use std::io;

/// The result of a step.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The backup is not one that can be restored; the text names the part.
    #[error("{0}")]
    Refused(String),
    /// What is to be backed up is damaged; the text names the file.
    #[error("{0}")]
    Damaged(String),
    /// Writing the backup, reading it or keeping parts of it failed.
    #[error("{what}: {cause}")]
    Io {
        /// The operation.
        what: String,
        /// The system's reason. Part of the text already, so it is no source.
        cause: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] hardie_store::Error),
    /// The pack storage.
    #[error(transparent)]
    Git(#[from] hardie_git::Error),
    /// A task of this program ended without a result.
    #[error("a part of the work was cut off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    pub(super) fn refused(text: impl Into<String>) -> Error {
        Error::Refused(text.into())
    }

    /// For `map_err`: names the operation.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let what = what.into();
        move |cause| Error::Io { what, cause }
    }
}
