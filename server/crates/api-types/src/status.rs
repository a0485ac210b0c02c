//! Commit statuses: what a build or a check found of a commit.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::account::User;
use crate::repo::Repository;

/// One finding (`POST R/statuses/{sha}`, `GET R/statuses/{sha}`, `GET R/commits/{ref}/statuses`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitStatus {
    /// Its id; of one context the highest counts.
    pub id: i64,
    /// `error`, `failure`, `warning`, `pending`, `success` or `skipped`.
    pub status: String,
    /// Where more is told; may be empty.
    pub target_url: String,
    /// A few words; may be empty.
    pub description: String,
    /// The commit's statuses in the API.
    pub url: String,
    /// Which check it is.
    pub context: String,
    /// Who said so; `null` if the account is gone.
    #[serde(default)]
    pub creator: Option<User>,
    /// When it was said.
    pub created_at: Time,
    /// The same: a finding is never changed.
    pub updated_at: Time,
}

/// The newest finding of each context of a commit (`GET R/commits/{ref}/status`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CombinedStatus {
    /// The worst of them, in the order in which [`CommitStatus::status`] names them; empty if there are none.
    pub state: String,
    /// The commit.
    pub sha: String,
    /// How many contexts there are, on all pages.
    pub total_count: i64,
    /// One page of them, by context.
    pub statuses: Vec<CommitStatus>,
    /// Where.
    pub repository: Repository,
    /// The commit in the API.
    pub commit_url: String,
    /// This address, by the commit's id.
    pub url: String,
}

/// `POST R/statuses/{sha}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateStatusOption {
    /// `error`, `failure`, `warning`, `pending`, `success` or `skipped`.
    pub state: String,
    /// Begins with `https://` or `http://`, and has 2048 characters at most.
    pub target_url: Option<String>,
    /// One line; cut to 255 characters.
    pub description: Option<String>,
    /// Which check it is, in 255 characters at most; `default` if absent. A commit may have 1,000.
    pub context: Option<String>,
}

/// What is known of a commit, taken together, beside the commit. (Not in Gitea.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusSummary {
    /// As [`CombinedStatus::state`]; never empty.
    pub state: String,
    /// How many contexts there are.
    pub total_count: i64,
    /// Where the newest of the worst tells more; may be empty.
    pub target_url: String,
}
