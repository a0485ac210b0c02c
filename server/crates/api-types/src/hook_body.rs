//! Bodies that webhooks send, in Gitea's shapes. `truncated` and `more_url` are not in Gitea: what a body leaves out it says.

use serde::Serialize;
use serde_json::Value;

use crate::account::User;
use crate::branch::PayloadCommit;
use crate::release::Release;
use crate::repo::Repository;

/// Event `push`.
#[derive(Clone, Debug, Serialize)]
pub struct PushBody {
    /// The full name of the ref; empty if this stands for more refs than are told one by one.
    #[serde(rename = "ref")]
    pub name: String,
    /// The id before; zeros if it was made.
    pub before: String,
    /// The id after.
    pub after: String,
    /// A page that shows what changed.
    pub compare_url: String,
    /// The newest first.
    pub commits: Vec<PayloadCommit>,
    /// How many commits came.
    pub total_commits: i64,
    /// The newest.
    pub head_commit: Option<PayloadCommit>,
    /// Where.
    pub repository: Repository,
    /// By whom; `null` if the account is gone.
    pub pusher: Option<User>,
    /// The same.
    pub sender: Option<User>,
    /// Whether commits or paths were left out, or this stands for more refs.
    pub truncated: bool,
    /// Where all of it is; empty if nothing was left out.
    pub more_url: String,
    /// How many refs the push moved, if this stands for those that are not told one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_refs: Option<i64>,
}

/// Events `create` and `delete`.
#[derive(Clone, Debug, Serialize)]
pub struct RefBody {
    /// The id at which it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The short name.
    #[serde(rename = "ref")]
    pub name: String,
    /// `branch` or `tag`.
    pub ref_type: String,
    /// `user`, of what is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pusher_type: Option<String>,
    /// Where.
    pub repository: Repository,
    /// By whom.
    pub sender: Option<User>,
}

/// Event `repository`.
#[derive(Clone, Debug, Serialize)]
pub struct RepositoryBody {
    /// `created`, `renamed`, `transferred`, `updated`, `deleted` or `restored`.
    pub action: String,
    /// The repository.
    pub repository: Repository,
    /// Its owner, if that is an organisation.
    pub organization: Option<User>,
    /// By whom.
    pub sender: Option<User>,
    /// Its `owner/name` before it was renamed or transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_full_name: Option<String>,
}

/// Event `release`.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseBody {
    /// `published`, `updated` or `deleted`.
    pub action: String,
    /// The release; of one that is gone, and of one with very long texts, not all of it.
    pub release: Release,
    /// Where.
    pub repository: Repository,
    /// By whom; `null` if the account is gone.
    pub sender: Option<User>,
}

/// Event `fork`, told of the repository that was forked.
#[derive(Clone, Debug, Serialize)]
pub struct ForkBody {
    /// What was forked.
    pub forkee: Repository,
    /// What came of it: its `id` and `full_name`. Who may see more of it may ask for it.
    pub repository: Value,
    /// By whom; `null` if the account is gone.
    pub sender: Option<User>,
}

/// Event `status`.
#[derive(Clone, Debug, Serialize)]
pub struct StatusBody {
    /// The id of the status.
    pub id: Value,
    /// Of which commit.
    pub sha: Value,
    /// `pending`, `success`, `error`, `failure` or `warning`.
    pub state: Value,
    /// Which check.
    pub context: Value,
    /// What it says.
    pub description: Value,
    /// Where there is more.
    pub target_url: Value,
    /// Where.
    pub repository: Repository,
    /// By whom; `null` if a plugin said so.
    pub sender: Option<User>,
}
