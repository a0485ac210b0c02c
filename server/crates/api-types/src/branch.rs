//! Branches, tags, refs and the rules that protect them.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::commit::{CommitMeta, CommitUser, Verification};

/// Name and address in a [`PayloadCommit`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PayloadUser {
    /// As the commit has it.
    pub name: String,
    /// As the commit has it.
    pub email: String,
    /// The account with that address, if the asker may know; else empty.
    #[serde(default)]
    pub username: String,
}

/// The short form of a commit in a [`Branch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PayloadCommit {
    /// Its id.
    pub id: String,
    /// Its message.
    pub message: String,
    /// Its page in the UI.
    pub url: String,
    /// Who wrote it.
    pub author: PayloadUser,
    /// Who committed it.
    pub committer: PayloadUser,
    /// Not verified here.
    #[serde(default)]
    pub verification: Option<Verification>,
    /// When it was committed.
    pub timestamp: Time,
    /// Always `null` in a branch, as in Gitea.
    #[serde(default)]
    pub added: Option<Vec<String>>,
    /// See `added`.
    #[serde(default)]
    pub removed: Option<Vec<String>>,
    /// See `added`.
    #[serde(default)]
    pub modified: Option<Vec<String>>,
}

/// A branch (`GET R/branches`, `GET R/branches/{branch}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Branch {
    /// Short name.
    pub name: String,
    /// Its tip.
    pub commit: PayloadCommit,
    /// Whether a rule protects it.
    pub protected: bool,
    /// 0.
    #[serde(default)]
    pub required_approvals: i64,
    /// False.
    #[serde(default)]
    pub enable_status_check: bool,
    /// Empty.
    #[serde(default)]
    pub status_check_contexts: Vec<String>,
    /// Whether the asker may push to it.
    #[serde(default)]
    pub user_can_push: bool,
    /// Whether the asker may merge into it.
    #[serde(default)]
    pub user_can_merge: bool,
    /// The rule that protects it; empty if none.
    #[serde(default)]
    pub effective_branch_protection_name: String,
    /// Commits that it has and the default branch has not; `null` for the default branch and where counting takes too long.
    /// (Not in Gitea.)
    #[serde(default)]
    pub ahead: Option<i64>,
    /// Commits that the default branch has and it has not, likewise. (Not in Gitea.)
    #[serde(default)]
    pub behind: Option<i64>,
}

/// `POST R/branches`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateBranchRepoOption {
    /// The short name of the new branch.
    pub new_branch_name: String,
    /// The branch, tag or commit where it begins; the default branch if absent.
    pub old_ref_name: Option<String>,
    /// Older clients name a branch here.
    pub old_branch_name: Option<String>,
}

/// `PATCH R/branches/{branch}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RenameBranchRepoOption {
    /// The short name that it gets.
    pub name: String,
}

/// `POST R/tags`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateTagOption {
    /// The short name of the new tag.
    pub tag_name: String,
    /// What it says; a tag without is only a name.
    pub message: Option<String>,
    /// The branch, tag or commit that it names; the default branch if absent.
    pub target: Option<String>,
}

/// A tag (`GET R/tags`, `GET R/tags/{tag}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tag {
    /// Short name.
    pub name: String,
    /// The message of an annotated tag; empty for a light one.
    pub message: String,
    /// The tag object, or the commit of a light tag.
    pub id: String,
    /// The commit that it names.
    pub commit: CommitMeta,
    /// Empty: archives are not there yet.
    #[serde(default)]
    pub zipball_url: String,
    /// Empty: archives are not there yet.
    #[serde(default)]
    pub tarball_url: String,
}

/// The object that a [`Reference`] names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GitObject {
    /// `commit`, `tag`, `tree` or `blob`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub sha: String,
    /// Its address in the API.
    pub url: String,
}

/// A ref (`GET R/git/refs`, `GET R/git/refs/{ref}`): always a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    /// Full name, such as `refs/heads/main`.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its address in the API.
    pub url: String,
    /// What it names.
    pub object: GitObject,
}

/// An annotated tag (`GET R/git/tags/{sha}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnotatedTag {
    /// The name that it gives itself.
    pub tag: String,
    /// Its id.
    pub sha: String,
    /// Its address in the API.
    pub url: String,
    /// Invalid UTF-8 replaced.
    pub message: String,
    /// Who tagged; `null` in old tags.
    pub tagger: Option<CommitUser>,
    /// What it names.
    pub object: GitObject,
    /// Not verified here.
    pub verification: Option<Verification>,
}

/// A rule over branches (`GET R/branch_protections`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BranchProtection {
    /// The same as `rule_name`; older clients read this.
    pub branch_name: String,
    /// The branch, or a pattern with `*`, that it covers. Names the rule.
    pub rule_name: String,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub priority: i64,
    /// True: people with write access push to it.
    pub enable_push: bool,
    /// False: lists of people are not there yet.
    pub enable_push_whitelist: bool,
    /// Empty.
    #[serde(default)]
    pub push_whitelist_usernames: Vec<String>,
    /// Whether commits may be dropped from it.
    pub enable_force_push: bool,
    /// Whether it may be deleted. (Not in Gitea, where a protected branch never may.)
    #[serde(default)]
    pub enable_delete: bool,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub required_approvals: i64,
    /// Kept for Gitea's clients; false.
    #[serde(default)]
    pub enable_status_check: bool,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub status_check_contexts: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// `POST R/branch_protections`, and `PATCH R/branch_protections/{name}` where only what is present changes. Gitea's other fields
/// (`required_approvals`, `require_signed_commits`, …) are not there yet: one that asks for something is refused by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct BranchProtectionOption {
    /// Older clients name the rule here.
    pub branch_name: Option<String>,
    /// The branch, or a pattern with `*`, that it covers.
    pub rule_name: Option<String>,
    /// True if absent, unlike in Gitea: people with write access push to a protected branch. False is refused by name: closing a
    /// branch to them is not there yet.
    pub enable_push: Option<bool>,
    /// True is refused by name: lists of people are not there yet.
    pub enable_push_whitelist: Option<bool>,
    /// Whether commits may be dropped from it.
    pub enable_force_push: Option<bool>,
    /// Whether it may be deleted.
    pub enable_delete: Option<bool>,
}
