//! What a push is: ref updates asked for, and what became of each.

use crate::oid::Oid;
use crate::refname::RefName;

/// One command of a push (gitprotocol-pack, "Reference Update Request").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The ref.
    pub name: RefName,
    /// What the client believes it is now; null for "does not exist".
    pub old: Oid,
    /// What it shall be; null for "delete".
    pub new: Oid,
}

impl RefUpdate {
    /// Create, update or delete. Whether an update is forced is known only after looking at the history.
    pub fn kind(&self) -> UpdateKind {
        match (self.old.is_zero(), self.new.is_zero()) {
            (true, _) => UpdateKind::Create,
            (false, true) => UpdateKind::Delete,
            (false, false) => UpdateKind::Update,
        }
    }
}

/// What an update does to its ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// The ref is new.
    Create,
    /// The ref moves.
    Update,
    /// The ref goes away.
    Delete,
}

impl UpdateKind {
    /// The word in events, in plugins and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            UpdateKind::Create => "create",
            UpdateKind::Update => "update",
            UpdateKind::Delete => "delete",
        }
    }
}

/// What became of one update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefOutcome {
    /// Committed.
    Accepted,
    /// Refused with the one-line reason that follows `ng <ref>`.
    Refused(String),
}

impl RefOutcome {
    /// Whether it was committed.
    pub fn is_accepted(&self) -> bool {
        matches!(self, RefOutcome::Accepted)
    }
}

/// Through which door a ref change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// git over SSH.
    Ssh,
    /// git over HTTP.
    Http,
    /// The REST API or the browser.
    Api,
    /// The server itself or its command line.
    System,
}

impl Door {
    /// The word in rows and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Door::Ssh => "ssh",
            Door::Http => "http",
            Door::Api => "api",
            Door::System => "system",
        }
    }
}
