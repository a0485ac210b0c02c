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
    /// What its signature is worth.
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
    /// What its rule asks of pull requests, kept for them.
    #[serde(default)]
    pub required_approvals: i64,
    /// Whether its rule asks that checks have succeeded.
    #[serde(default)]
    pub enable_status_check: bool,
    /// Which; whatever there is if empty.
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

/// An annotated tag (`GET R/git/tags/{sha}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnnotatedTag {
    /// The name in the tag itself.
    pub tag: String,
    /// The tag object.
    pub sha: String,
    /// Its address in the API.
    pub url: String,
    /// What it says, without its signature.
    pub message: String,
    /// Who tagged; `null` in tags of old.
    pub tagger: Option<CommitUser>,
    /// What it names.
    pub object: GitObject,
    /// What its signature is worth.
    pub verification: Verification,
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

/// A rule over branches (`GET R/branch_protections`). Of those that fit a branch the first holds, and beside it all of priority 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BranchProtection {
    /// The same as `rule_name`; older clients read this.
    pub branch_name: String,
    /// The branch, or a pattern with `*`, that it covers. Names the rule.
    pub rule_name: String,
    /// The lowest goes first; of two that are the same one without wildcards, then the older. A rule of priority 0 always holds, whatever
    /// others do: so do those made before there were priorities.
    #[serde(default)]
    pub priority: i64,
    /// Whether anybody may push to it.
    pub enable_push: bool,
    /// Whether only those on the list may.
    pub enable_push_whitelist: bool,
    /// The list; empty for whoever may only read.
    #[serde(default)]
    pub push_whitelist_usernames: Vec<String>,
    /// Whether commits may be dropped from it.
    pub enable_force_push: bool,
    /// Whether it may be deleted. (Not in Gitea, where a protected branch never may.)
    #[serde(default)]
    pub enable_delete: bool,
    /// Kept for pull requests.
    #[serde(default)]
    pub required_approvals: i64,
    /// Whether checks must have succeeded for a commit that is pushed.
    #[serde(default)]
    pub enable_status_check: bool,
    /// Which, as patterns in which `*` is anything; whatever there is if empty.
    #[serde(default)]
    pub status_check_contexts: Vec<String>,
    // What follows no page shows, and reading it would count against what a visit loads.
    /// Teams whose members are on it; empty for whoever may only read.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub push_whitelist_teams: Vec<String>,
    /// Whether deploy keys that may write are on the list of those who push.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub push_whitelist_deploy_keys: bool,
    /// Whether only those on the list may drop commits, where that is allowed.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub enable_force_push_allowlist: bool,
    /// The list; empty for whoever may only read.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub force_push_allowlist_usernames: Vec<String>,
    /// Teams whose members are on it; empty for whoever may only read.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub force_push_allowlist_teams: Vec<String>,
    /// Whether deploy keys that may write are on it.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub force_push_allowlist_deploy_keys: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub enable_merge_whitelist: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub merge_whitelist_usernames: Vec<String>,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub merge_whitelist_teams: Vec<String>,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub enable_approvals_whitelist: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub approvals_whitelist_username: Vec<String>,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub approvals_whitelist_teams: Vec<String>,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub block_on_rejected_reviews: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub block_on_official_review_requests: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub block_on_outdated_branch: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub dismiss_stale_approvals: bool,
    /// Kept for pull requests.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub ignore_stale_approvals: bool,
    /// Whether each new commit must be signed by its committer.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub require_signed_commits: bool,
    /// Whether new commits must have one parent at most. (Not in Gitea.)
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub require_linear_history: bool,
    /// Paths that no push changes: patterns with `;` between them, capitals as small letters.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub protected_file_patterns: String,
    /// Paths that may also be changed by those whom the list keeps out, likewise.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub unprotected_file_patterns: String,
    /// Whether checks bind administrators of the repository too who push with `-o override-checks`.
    #[cfg(feature = "openapi")]
    #[serde(default)]
    pub block_admin_merge_override: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

/// `POST R/branch_protections`, and `PATCH R/branch_protections/{name}` where only what is present changes. The fields are those of
/// [`BranchProtection`]; a field that is not there and asks for something is refused by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct BranchProtectionOption {
    /// Older clients name the rule here.
    pub branch_name: Option<String>,
    /// The branch, or a pattern with `*`, that it covers.
    pub rule_name: Option<String>,
    /// True for a new rule if absent, unlike in Gitea: people with write access push to a protected branch.
    pub enable_push: Option<bool>,
    /// See [`BranchProtection`].
    pub enable_push_whitelist: Option<bool>,
    /// Whether commits may be dropped from it.
    pub enable_force_push: Option<bool>,
    /// Whether it may be deleted.
    pub enable_delete: Option<bool>,
    /// 0 or absent for a new rule: behind all others. 0 for one that is there: it always holds.
    #[cfg(feature = "openapi")]
    pub priority: Option<i64>,
    /// The users who may push.
    #[cfg(feature = "openapi")]
    pub push_whitelist_usernames: Option<Vec<String>>,
    /// 0 to 100.
    #[cfg(feature = "openapi")]
    pub required_approvals: Option<i64>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub enable_status_check: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub status_check_contexts: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    #[cfg(feature = "openapi")]
    pub push_whitelist_teams: Option<Vec<String>>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub push_whitelist_deploy_keys: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub enable_force_push_allowlist: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub force_push_allowlist_usernames: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    #[cfg(feature = "openapi")]
    pub force_push_allowlist_teams: Option<Vec<String>>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub force_push_allowlist_deploy_keys: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub enable_merge_whitelist: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub merge_whitelist_usernames: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    #[cfg(feature = "openapi")]
    pub merge_whitelist_teams: Option<Vec<String>>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub enable_approvals_whitelist: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub approvals_whitelist_username: Option<Vec<String>>,
    /// Teams of the organisation that reach the repository.
    #[cfg(feature = "openapi")]
    pub approvals_whitelist_teams: Option<Vec<String>>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub block_on_rejected_reviews: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub block_on_official_review_requests: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub block_on_outdated_branch: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub dismiss_stale_approvals: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub ignore_stale_approvals: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub require_signed_commits: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub require_linear_history: Option<bool>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub protected_file_patterns: Option<String>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub unprotected_file_patterns: Option<String>,
    /// See [`BranchProtection`].
    #[cfg(feature = "openapi")]
    pub block_admin_merge_override: Option<bool>,
}
