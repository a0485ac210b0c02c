//! What an author of a handler writes.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Event, FieldError, Repository};

/// An answer to events. Make a component of it with [`export!`](crate::export).
pub trait Handler {
    /// The settings, as JSON; as for a [`Policy`](crate::Policy). A plugin that is both has one type for both.
    type Config: Serialize + DeserializeOwned + Default;

    /// Whether the settings make sense together. Called when somebody changes them.
    ///
    /// # Errors
    /// One [`FieldError`] for each thing that is wrong.
    fn validate(config: &Self::Config) -> Result<(), Vec<FieldError>> {
        let _ = config;
        Ok(())
    }

    /// Handles one event. `repository` is as it is now, `None` if the event has none or it is gone. Events of one repository come in
    /// order, and one that was not handled comes again: whoever is told something twice must know by [`Event::id`].
    ///
    /// What was written ([`state`](crate::state), [`status`](crate::status)) is kept if this returns `Ok`, and forgotten otherwise.
    ///
    /// # Errors
    /// [`Failure`]: whether another attempt may do better. `?` on an [`Error`] asks for one if the other side of a request failed, and
    /// gives up otherwise.
    fn handle(config: &Self::Config, event: &Event<'_>, repository: Option<&Repository<'_>>) -> Result<(), Failure>;
}

/// Why an event was not handled. The texts are for those who administer the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another attempt may do better, not before this long; `None`: with the server's own pauses.
    Retry(Option<Duration>, String),
    /// No other attempt would.
    Permanent(String),
}

impl Failure {
    /// Asks for another attempt, when the server thinks fit.
    pub fn retry(message: impl Into<String>) -> Failure {
        Failure::Retry(None, message.into())
    }

    /// Asks for another attempt after some time; a day at most.
    pub fn retry_after(after: Duration, message: impl Into<String>) -> Failure {
        Failure::Retry(Some(after), message.into())
    }

    /// Gives up.
    pub fn permanent(message: impl Into<String>) -> Failure {
        Failure::Permanent(message.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        if error.code() == "failed" { Failure::retry(error.to_string()) } else { Failure::permanent(error.to_string()) }
    }
}

/// For a handler that looks at its settings again: `Self::validate(config)?`. No other attempt would find others.
impl From<Vec<FieldError>> for Failure {
    fn from(errors: Vec<FieldError>) -> Failure {
        Failure::permanent(Error::from(errors).to_string())
    }
}
