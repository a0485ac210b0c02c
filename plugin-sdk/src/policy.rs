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

    /// The answer of a `validate` that collects: `Ok` if nothing is wrong.
    ///
    /// # Errors
    /// Those that were found, if any were.
    pub fn all(errors: Vec<FieldError>) -> Result<(), Vec<FieldError>> {
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// For a run that looks at its settings again: `Self::validate(config)?` in [`Policy::check`]. A server holds no settings that `validate` refused,
/// but a scenario and a mock may.
impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Error {
        let shown = |FieldError { field, message }| if field.is_empty() { message } else { format!("{field}: {message}") };
        let texts: Vec<String> = errors.into_iter().map(shown).collect();
        Error::new(format!("configuration: {}", texts.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    #[test]
    fn a_run_names_every_setting_that_is_wrong_and_no_other_attempt_is_asked_for() {
        let errors = || vec![FieldError::new("words[0]", "is empty"), FieldError::new("", "makes no sense")];
        let judged: fn(Vec<FieldError>) -> Result<(), Error> = |errors| Ok(FieldError::all(errors)?);
        assert_eq!(judged(Vec::new()), Ok(()));
        assert_eq!(judged(errors()).unwrap_err().to_string(), "configuration: words[0]: is empty; makes no sense");
        let handled: fn(Vec<FieldError>) -> Result<(), Failure> = |errors| Ok(FieldError::all(errors)?);
        assert_eq!(handled(errors()), Err(Failure::permanent("configuration: words[0]: is empty; makes no sense")));
    }
}
