//! What a delivery says, before it is rendered.

use serde_json::Value;

use crate::accounts::Account;
use crate::browse::CommitView;
use crate::releases::Release;
use crate::repos::Repo;

/// Renders what is told, as the API shows the same things.
pub trait WebhookBodies: Send + Sync {
    /// JSON, always the same for the same.
    fn render(&self, told: &Told) -> Vec<u8>;
}

/// One delivery.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where it happened, as it is now or was when it was deleted.
    pub repo: Repo,
    /// Who did it; `None` if the account is gone, or it was the server.
    pub sender: Option<Account>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// Commits came to a branch or tag.
    Push(Box<PushTold>),
    /// A branch or tag was made, at this id.
    Create {
        /// The full name of the ref.
        name: String,
        /// Its id.
        sha: String,
    },
    /// A branch or tag is gone.
    Delete {
        /// The full name of the ref.
        name: String,
    },
    /// One push moved more refs than are told one by one.
    Rest {
        /// The push, which the API shows whole.
        push: i64,
        /// How many refs it moved.
        refs: usize,
    },
    /// The repository itself.
    Repository {
        /// `created`, `renamed`, …
        action: String,
        /// Its `owner/name` before, if that changed.
        previous: Option<String>,
    },
    /// A release.
    Release {
        /// `published`, `updated` or `deleted`.
        action: String,
        /// The release as it is now; `None` if it is gone.
        release: Option<Box<Release>>,
        /// The fields of the event, which say what it was.
        fields: Value,
    },
    /// The repository was forked: what the event says of the fork.
    Fork(Value),
    /// A check: the fields of the event.
    Status(Value),
}

/// What came to a branch or tag.
#[derive(Clone, Debug)]
pub struct PushTold {
    /// The full name of the ref.
    pub name: String,
    /// The id before, zeros for none.
    pub before: String,
    /// The id after.
    pub after: String,
    /// What the ref has that it had not, newest first.
    pub commits: Vec<CommitTold>,
    /// How many that are in all, as far as that is known.
    pub total: u64,
    /// The newest commit.
    pub head: Option<CommitTold>,
    /// Whether anything above was left out; the comparison that the body links has it.
    pub truncated: bool,
}

/// One commit.
#[derive(Clone, Debug)]
pub struct CommitTold {
    /// The commit and its people.
    pub view: CommitView,
    /// Paths that came.
    pub added: Vec<String>,
    /// Paths that went.
    pub removed: Vec<String>,
    /// Paths that changed.
    pub modified: Vec<String>,
}
