//! Why a pack is not taken in.

use std::fmt;
use std::io;

use crate::error::Error;

/// A bound of [`hardie_domain::limits::GitLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Bytes of the pack as sent.
    PackBytes,
    /// Objects in the pack.
    PackObjects,
    /// Bytes of one object, inflated.
    ObjectBytes,
    /// Bytes of all objects, inflated.
    InflatedBytes,
    /// Deltas built upon deltas.
    DeltaDepth,
    /// Bytes of an object and the deltas that lead to another.
    DeltaBytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::PackBytes => "the pack is larger than {} bytes",
            Limit::PackObjects => "the pack holds more than {} objects",
            Limit::ObjectBytes => "an object is larger than {} bytes",
            Limit::InflatedBytes => "the objects together are larger than {} bytes",
            Limit::DeltaDepth => "deltas are chained more than {} deep",
            Limit::DeltaBytes => "a chain of deltas has more than {} bytes",
        })
    }
}

/// What went wrong. `Display` is the reason that the pusher reads.
#[derive(Debug)]
pub enum IngestError {
    /// Over a bound.
    Limit(Limit, u64),
    /// Not a pack, or a damaged one.
    Malformed(String),
    /// `git index-pack --strict` refused the objects; its words, with the message id of git-fsck(1).
    Fsck(String),
    /// The client's bytes stopped coming.
    Client(io::Error),
    /// The time is over, or the caller gave up.
    Stopped(&'static str),
    /// The pack storage is full.
    DiskFull,
    /// The server has no `git`, or one that is too old; what is wrong with it.
    NoGit(String),
    /// The server's own trouble.
    Storage(Error),
}

impl IngestError {
    /// Whether the cause is what the client sent, rather than the server's state.
    pub fn is_clients_fault(&self) -> bool {
        matches!(self, IngestError::Limit(..) | IngestError::Malformed(_) | IngestError::Fsck(_) | IngestError::Client(_))
    }
}

impl fmt::Display for IngestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IngestError::Limit(limit, value) => f.write_str(&limit.to_string().replace("{}", &value.to_string())),
            IngestError::Malformed(why) => write!(f, "bad pack: {why}"),
            IngestError::Fsck(text) => f.write_str(text),
            IngestError::Client(error) => write!(f, "the connection ended before the pack did: {error}"),
            IngestError::Stopped(why) => f.write_str(why),
            IngestError::DiskFull => f.write_str("the server's disk is full: nothing was changed; try again later"),
            IngestError::NoGit(why) => write!(f, "the server cannot take packs: {why}"),
            IngestError::Storage(error) if let Some(text) = error.damage_told() => f.write_str(&text),
            IngestError::Storage(_) => f.write_str("the server could not store the pack: nothing was changed; try again later"),
        }
    }
}

impl std::error::Error for IngestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            IngestError::Client(error) => Some(error),
            IngestError::Storage(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for IngestError {
    fn from(error: Error) -> IngestError {
        match error {
            Error::DiskFull => IngestError::DiskFull,
            Error::Stopped(why) => IngestError::Stopped(why),
            other => IngestError::Storage(other),
        }
    }
}
