//! Commits.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::account::User;
use crate::status::StatusSummary;

/// An id with its address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitMeta {
    /// Its address in the API.
    pub url: String,
    /// The id.
    pub sha: String,
    /// When it was made; [`Time::never`] where that would cost a lookup.
    pub created: Time,
}

/// Author or committer as the commit has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitUser {
    /// Invalid UTF-8 replaced.
    pub name: String,
    /// Invalid UTF-8 replaced.
    pub email: String,
    /// In the zone of the person who made it.
    pub date: Time,
}

/// Whether a commit or tag is signed by the person whose address it names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verification {
    /// Whether it is signed with a key of the account that has proven the committer's (or tagger's) address.
    pub verified: bool,
    /// The signer and the key, or why not in Gitea's words: `gpg.error.not_signed_commit`, `gpg.error.no_committer_account`,
    /// `gpg.error.no_gpg_keys_found`, `gpg.error.probable_bad_signature`, `gpg.error.extract_sign`.
    pub reason: String,
    /// The signature as stored; empty if there is none.
    #[serde(default)]
    pub signature: String,
    /// What was signed; empty if nothing was.
    #[serde(default)]
    pub payload: String,
    /// Who has signed; `null` unless verified.
    // No page shows it, and reading it would count against what a first visit may load.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub signer: Option<crate::branch::PayloadUser>,
}

/// What git stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepoCommit {
    /// Its address in the API.
    pub url: String,
    /// Who wrote it.
    pub author: CommitUser,
    /// Who committed it.
    pub committer: CommitUser,
    /// Invalid UTF-8 replaced.
    pub message: String,
    /// Its tree.
    pub tree: CommitMeta,
    /// What its signature is worth.
    #[serde(default)]
    pub verification: Option<Verification>,
}

/// Lines added and removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitStats {
    /// Both.
    pub total: i64,
    /// Added.
    pub additions: i64,
    /// Removed.
    pub deletions: i64,
}

/// One path that a commit touched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitAffectedFile {
    /// The path, invalid UTF-8 replaced.
    pub filename: String,
    /// `added`, `removed`, `modified` or `renamed`.
    pub status: String,
}

/// A commit (`GET R/commits`, `GET R/git/commits/{sha}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Commit {
    /// Its address in the API.
    pub url: String,
    /// Its id.
    pub sha: String,
    /// When it was committed.
    pub created: Time,
    /// Its page in the UI.
    pub html_url: String,
    /// What git stored.
    pub commit: RepoCommit,
    /// The account of the author; `null` if none is known.
    #[serde(default)]
    pub author: Option<User>,
    /// The account of the committer; `null` if none is known.
    #[serde(default)]
    pub committer: Option<User>,
    /// First parent first.
    pub parents: Vec<CommitMeta>,
    /// Empty unless one commit was asked for.
    #[serde(default)]
    pub files: Vec<CommitAffectedFile>,
    /// `null` unless one commit was asked for.
    #[serde(default)]
    pub stats: Option<CommitStats>,
    /// What checks found; `null` where they found nothing, and outside of `GET R/commits`. (Not in Gitea.)
    // No page shows it yet, and reading it would count against what a first visit may load.
    #[serde(default)]
    #[cfg_attr(not(feature = "openapi"), serde(skip_deserializing))]
    pub status: Option<StatusSummary>,
}

/// What was noted of a commit (`GET R/git/notes/{sha}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    /// Invalid UTF-8 replaced.
    pub message: String,
    /// Of which commit.
    pub commit: Option<Commit>,
}

/// `GET R/compare/{base}...{head}`, or with two dots for `files` against `base` itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Compare {
    /// Commits of `head` that `base` has not.
    pub total_commits: i64,
    /// The first of them, newest first.
    pub commits: Vec<Commit>,
    /// Commits of `base` that `head` has not. (Not in Gitea.)
    #[serde(default)]
    pub behind_by: i64,
    /// The best common ancestor; empty if there is none. (Not in Gitea.)
    #[serde(default)]
    pub merge_base: String,
    /// What `head` changed since that, 300 paths at most. (Not in Gitea.)
    #[serde(default)]
    pub files: Vec<CommitAffectedFile>,
    /// Lines added and removed in these; `null` from an older server. (Not in Gitea.)
    #[serde(default)]
    pub stats: Option<CommitStats>,
    /// Whether `head` goes into `base` without conflicts; `null` where that cannot be told, or not in time. (Not in Gitea.)
    #[serde(default)]
    pub mergeable: Option<bool>,
    /// Whether more paths differ than are listed. (Not in Gitea.)
    #[serde(default)]
    pub truncated: bool,
}
