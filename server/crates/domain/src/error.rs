//! Rule violations in a form that every door can show: which field, why, and what would be right.

/// A value that a person or a program supplied and that a rule refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    /// The field as the API names it.
    pub field: &'static str,
    /// Why it is refused and what would be accepted.
    pub reason: String,
}

impl Invalid {
    /// Names the field and the reason.
    pub fn new(field: &'static str, reason: impl Into<String>) -> Invalid {
        Invalid { field, reason: reason.into() }
    }
}
