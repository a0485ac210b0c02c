//! How use cases fail: a closed set of kinds. Only transports map a kind to a status code, an exit status or an `ng` line.

use hardie_domain::error::Invalid;

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in words for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No credential, or one that proves nobody.
    #[error("{0}")]
    Unauthenticated(String),
    /// The password is right, and a code of the account's second factor is needed too, or another one.
    #[error("{0}")]
    SecondFactor(String),
    /// Visible, but not for this actor.
    #[error("{0}")]
    Forbidden(String),
    /// Absent or invisible: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It was there and is not kept any more.
    #[error("{0}")]
    Gone(String),
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Somebody else was first, or the name is taken.
    #[error("{0}")]
    Conflict(String),
    /// Over a limit that the text names.
    #[error("{0}")]
    Quota(String),
    /// A plugin said no.
    #[error("{by}: {text}")]
    Rejected {
        /// The installation's name.
        by: String,
        /// Its reasons.
        text: String,
    },
    /// Too many attempts or too many requests at once; try again after so many seconds.
    #[error("{text}")]
    RateLimited {
        /// What there is too much of.
        text: String,
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A disk of the server is full; nothing was changed.
    #[error("{0}")]
    Full(String),
    /// A part of the server cannot work now; trying again may help.
    #[error("{0}")]
    Unavailable(String),
    /// It moved; the new `owner/name`.
    #[error("this repository is now at {0}")]
    Moved(String),
    /// A fault of the server. The text goes to the log; the person gets the request id.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// See [`Error::Unauthenticated`].
    pub fn unauthenticated(text: impl Into<String>) -> Error {
        Error::Unauthenticated(text.into())
    }

    /// See [`Error::Forbidden`].
    pub fn forbidden(text: impl Into<String>) -> Error {
        Error::Forbidden(text.into())
    }

    /// See [`Error::Full`].
    pub fn disk_full() -> Error {
        Error::Full("the server's disk is full: nothing was changed; try again later".to_owned())
    }

    /// What writing packs or objects failed with: a full disk is told to whoever sent them.
    pub fn writing(error: hardie_git::Error) -> Error {
        match error {
            hardie_git::Error::DiskFull => Error::disk_full(),
            other => Error::internal(other),
        }
    }

    /// See [`Error::Internal`]. Stored bytes that are damaged are told in words, whoever met them.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let source = source.into();
        match source.downcast_ref().and_then(hardie_git::Error::damage_told) {
            Some(text) => {
                tracing::error!(error = source.as_ref() as &dyn std::error::Error, "stored bytes cannot be read");
                Error::Unavailable(text)
            }
            None => Error::Internal(source),
        }
    }
}

/// An error and all its causes in one text, where no chain can be told.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl From<hardie_store::Error> for Error {
    /// What trying again may mend is told in words; its cause goes to the log here, since a text cannot carry it.
    fn from(error: hardie_store::Error) -> Error {
        let text = match &error {
            hardie_store::Error::Full(_) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the database refused");
                return Error::disk_full();
            }
            hardie_store::Error::Unavailable(_) => "the database is not available now: nothing was changed; try again in a moment",
            hardie_store::Error::CommitUnknown(_) => {
                "the database went away during the change: look whether it happened before trying again"
            }
            hardie_store::Error::Conflict(_) => {
                return Error::Conflict("somebody else changed this at the same moment; try again".to_owned());
            }
            _ => return Error::internal(error),
        };
        tracing::warn!(error = &error as &dyn std::error::Error, "the database refused");
        Error::Unavailable(text.to_owned())
    }
}
