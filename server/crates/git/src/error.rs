//! How reading and storing objects fails.

use std::io;

use hardie_domain::oid::Oid;

use crate::object::Kind;
use crate::packs::PackHash;

/// The result of most calls of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words that name the object, the bound or the file operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such object in the packs looked at.
    #[error("no object {0}")]
    NotFound(Oid),
    /// The object is of another kind than the caller needs.
    #[error("object {id} is a {found}, not a {expected}")]
    WrongKind {
        /// The object.
        id: Oid,
        /// What it is.
        found: Kind,
        /// What was needed.
        expected: Kind,
    },
    /// Stored bytes do not decode.
    #[error("object {id} cannot be read: {why}")]
    Corrupt {
        /// The object.
        id: Oid,
        /// What does not decode.
        why: String,
    },
    /// The file of a published pack is not what was published.
    #[error("pack {pack}{}: {why}", object.map(|id| format!(": object {id}")).unwrap_or_default())]
    Damaged {
        /// The pack.
        pack: PackHash,
        /// The object that it hits, if that is known.
        object: Option<Oid>,
        /// What is wrong, without the two names.
        why: String,
    },
    /// The work would pass a bound, which the text names.
    #[error("{0}")]
    TooLarge(String),
    /// The caller gave up, or the time allowed is over.
    #[error("{0}")]
    Stopped(&'static str),
    /// The pack storage is full (ENOSPC or a quota). Trying again after space was made will work.
    #[error("no space left on the pack storage")]
    DiskFull,
    /// A file operation failed.
    #[error("{what}: {cause}")]
    Io {
        /// The operation and the file, as an operator would name them.
        what: String,
        /// The system's reason. Part of the text already, so it is no source: a chain would tell it twice.
        cause: io::Error,
    },
    /// A `git` child could not be run or ended badly; the text is the end of its standard error.
    #[error("{0}")]
    Git(String),
}

impl Error {
    /// Wraps a file operation's error; a full disk becomes [`Error::DiskFull`].
    pub fn io(what: impl Into<String>, cause: io::Error) -> Error {
        if is_disk_full(&cause) { Error::DiskFull } else { Error::Io { what: what.into(), cause } }
    }

    /// What whoever asked is told of stored bytes that are damaged; `None` of every other failure.
    pub fn damage_told(&self) -> Option<String> {
        match self {
            Error::Corrupt { id, .. } | Error::Damaged { object: Some(id), .. } => Some(told_of_object(id)),
            Error::Damaged { object: None, .. } => {
                Some("a part of this repository is damaged; its administrators have been told".to_owned())
            }
            _ => None,
        }
    }

    pub(crate) fn corrupt(id: Oid, why: impl Into<String>) -> Error {
        Error::Corrupt { id, why: why.into() }
    }
}

/// What whoever needs an object is told that a ref reaches and that cannot be had.
pub fn told_of_object(id: &Oid) -> String {
    format!("object {id} of this repository is damaged; its administrators have been told")
}

/// Whether the system says that there is no room: ENOSPC, or the quota's EDQUOT.
pub(crate) fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
