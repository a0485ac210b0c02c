//! What an author writes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Push, Repository, Verdicts};

/// A judgement over pushes. Make a component of it with [`export!`](crate::export).
pub trait Policy {
    /// The settings, as JSON. Its `Default` is what holds when nobody gives any.
    ///
    /// Derive with `#[serde(deny_unknown_fields, default)]`, so that a misspelt setting is refused when it is made and a new
    /// setting of a later version finds its default.
    type Config: Serialize + DeserializeOwned + Default;

    /// Whether the settings make sense together. Called when somebody changes them, so that a push never meets bad ones.
    ///
    /// # Errors
    /// One [`FieldError`] for each thing that is wrong.
    fn validate(config: &Self::Config) -> Result<(), Vec<FieldError>> {
        let _ = config;
        Ok(())
    }

    /// Judges a push. The same push and settings must give the same answer, unless the policy asks others or for the time.
    ///
    /// # Errors
    /// If it cannot judge; that is not a verdict.
    fn check(config: &Self::Config, push: &Push<'_>, repository: &Repository<'_>) -> Result<Verdicts, Error>;
}

/// A setting that is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, such as `max-subject` or `rules[2].pattern`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// Names the field and what is wrong.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }
}
