//! Statuses of commits: what a check found.

use crate::backend;
use crate::error::Error;
use crate::oid::Oid;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Not known yet.
    Pending,
    /// The commit is good.
    Success,
    /// There was nothing to do.
    Skipped,
    /// Good, but somebody should look.
    Warning,
    /// The commit is not good.
    Failure,
    /// The check itself broke.
    Error,
}

impl State {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Success => "success",
            State::Skipped => "skipped",
            State::Warning => "warning",
            State::Failure => "failure",
            State::Error => "error",
        }
    }
}

/// Sets a status of a commit of the event's repository, in place of an older one of the same context; `target_url` is where more is told,
/// or empty. Kept if the handler returns `Ok`; at most 100 in a call.
///
/// # Errors
/// With the code `not-found` if there is no such commit, `invalid` if a text is not one.
pub fn set(commit: &Oid, state: State, context: &str, description: &str, target_url: &str) -> Result<(), Error> {
    backend::set_status(commit, state.as_str(), context, description, target_url)
}
