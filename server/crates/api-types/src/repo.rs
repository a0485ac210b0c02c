//! Repositories and who works on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::account::User;

/// What the asker may do with a repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// Change settings.
    pub admin: bool,
    /// Push.
    pub push: bool,
    /// See and fetch.
    pub pull: bool,
}

/// A repository (`GET R`, `GET /user/repos`, `GET /repos/search`, …).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Repository {
    /// Its id; names change, this does not.
    pub id: i64,
    /// Whose it is.
    pub owner: User,
    /// Its name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// A line about it; may be empty.
    pub description: String,
    /// Whether it has no commit yet.
    pub empty: bool,
    /// Whether only its owner and collaborators see it.
    pub private: bool,
    /// Whether it was forked from another that is still there.
    #[serde(default)]
    pub fork: bool,
    /// Whether others are made after it.
    #[serde(default)]
    pub template: bool,
    /// Kept for Gitea's clients; false.
    #[serde(default)]
    pub mirror: bool,
    /// What its packs take, in KiB.
    pub size: i64,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub language: String,
    /// The page in the UI.
    pub html_url: String,
    /// Its address in the API.
    #[serde(default)]
    pub url: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub link: String,
    /// The address for `git clone` over SSH.
    pub ssh_url: String,
    /// The address for `git clone` over HTTP.
    pub clone_url: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub original_url: String,
    /// Its owner's address for it; may be empty.
    #[serde(default)]
    pub website: String,
    /// Accounts that gave it a star.
    #[serde(default)]
    pub stars_count: i64,
    /// Repositories that were forked from it, those too that the asker may not see.
    #[serde(default)]
    pub forks_count: i64,
    /// Accounts that watch it.
    #[serde(default)]
    pub watchers_count: i64,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub open_issues_count: i64,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub open_pr_counter: i64,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub release_counter: i64,
    /// The branch that HEAD names, short.
    pub default_branch: String,
    /// Whether it can be read but not changed.
    pub archived: bool,
    /// When it was made.
    pub created_at: Time,
    /// When its settings or refs last changed.
    pub updated_at: Time,
    /// Kept for Gitea's clients: [`Time::never`] unless archived.
    pub archived_at: Time,
    /// When refs last moved; `null` before the first push. (Not in Gitea.)
    #[serde(default)]
    pub pushed_at: Option<Time>,
    /// What the asker may do.
    #[serde(default)]
    pub permissions: Option<Permission>,
    /// False: issues are not there yet.
    #[serde(default)]
    pub has_issues: bool,
    /// False: wikis are not there.
    #[serde(default)]
    pub has_wiki: bool,
    /// False: pull requests are not there yet.
    #[serde(default)]
    pub has_pull_requests: bool,
    /// False.
    #[serde(default)]
    pub has_projects: bool,
    /// True.
    #[serde(default)]
    pub has_releases: bool,
    /// False.
    #[serde(default)]
    pub has_packages: bool,
    /// False.
    #[serde(default)]
    pub has_actions: bool,
    /// False.
    #[serde(default)]
    pub ignore_whitespace_conflicts: bool,
    /// Renovate refuses a repository without an allowed way to merge.
    #[serde(default)]
    pub allow_merge_commits: bool,
    /// See `allow_merge_commits`.
    #[serde(default)]
    pub allow_rebase: bool,
    /// See `allow_merge_commits`.
    #[serde(default)]
    pub allow_rebase_explicit: bool,
    /// See `allow_merge_commits`.
    #[serde(default)]
    pub allow_squash_merge: bool,
    /// See `allow_merge_commits`.
    #[serde(default)]
    pub allow_fast_forward_only_merge: bool,
    /// `merge`.
    #[serde(default)]
    pub default_merge_style: String,
    /// A picture; empty.
    #[serde(default)]
    pub avatar_url: String,
    /// Kept for Gitea's clients; false.
    #[serde(default)]
    pub internal: bool,
    /// `sha1`.
    #[serde(default)]
    pub object_format_name: String,
    /// Words under which it is found, in order.
    #[serde(default)]
    pub topics: Vec<String>,
    /// When it was deleted; only in `GET /users/{owner}/deleted_repos`. (Not in Gitea.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// From when on it cannot be restored by `POST /users/{owner}/deleted_repos/{id}/restore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge_at: Option<Time>,
}

/// One repository (`GET R`, `GET /repositories/{id}`, `POST R/forks`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WholeRepository {
    /// The repository.
    #[serde(flatten)]
    pub repository: Repository,
    /// What it was forked from; `null` if it was not, or the asker may not see that one.
    #[serde(default)]
    pub parent: Option<Repository>,
}

/// `POST R/forks`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateForkOption {
    /// Whose it shall be, if not the asker's: an organisation in which the asker may make repositories.
    pub organization: Option<String>,
    /// Its name; that of what is forked if absent.
    pub name: Option<String>,
    /// Takes this branch alone. (Not in Gitea.)
    pub branch: Option<String>,
}

/// `GET /repos/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResults {
    /// True.
    pub ok: bool,
    /// One page of what was found.
    pub data: Vec<Repository>,
}

/// `POST /user/repos`, `POST /orgs/{org}/repos`. What Gitea has and this server has not (`template`, `license`, …) is refused by
/// name when it asks for something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateRepoOption {
    /// Its name.
    pub name: String,
    /// A line about it.
    pub description: String,
    /// Whether only its owner and collaborators shall see it.
    pub private: bool,
    /// The branch that HEAD shall name; the first one pushed if empty.
    pub default_branch: String,
    /// Asks for a first commit. Not there yet: refused by name when true.
    pub auto_init: bool,
    /// `sha1` or empty; anything else is refused by name.
    pub object_format_name: String,
}

/// `PATCH R`: only what is present changes. What Gitea has and this server has not (`has_wiki`, …) is refused by name
/// when it asks for something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditRepoOption {
    /// A new name; the old one redirects.
    pub name: Option<String>,
    /// A line about it.
    pub description: Option<String>,
    /// An address; may be empty.
    pub website: Option<String>,
    /// Whether only its owner and collaborators see it.
    pub private: Option<bool>,
    /// Whether it can be read but not changed.
    pub archived: Option<bool>,
    /// The branch that HEAD names; must exist.
    pub default_branch: Option<String>,
    /// Whether others are made after it, by `POST R/generate`.
    pub template: Option<bool>,
}

/// `POST R/generate`: makes a repository after this one, which must be a template. What Gitea has and this server has not (`webhooks`, `git_hooks`,
/// `avatar`) is refused by name when it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct GenerateRepoOption {
    /// Whose it shall be: the asker's, if empty.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// A line about it.
    pub description: String,
    /// Whether only its owner and collaborators shall see it.
    pub private: bool,
    /// Its default branch; that of the template if empty.
    pub default_branch: String,
    /// Whether it begins with the files of the template's default branch, in one commit.
    pub git_content: bool,
    /// Whether it has the template's topics.
    pub topics: bool,
    /// Whether it has the template's labels.
    pub labels: bool,
    /// Whether it has the template's protected branches.
    pub protected_branch: bool,
}

/// `POST R/transfer`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TransferRepoOption {
    /// The new owner: the asker, or an organisation that the asker owns.
    pub new_owner: String,
}

/// `PUT R/collaborators/{username}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AddCollaboratorOption {
    /// `read`, `write` (if absent) or `admin`.
    pub permission: Option<String>,
}

/// A collaborator (`GET R/collaborators`), with what a plain user has plus the permission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Collaborator {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// `read`, `write` or `admin`. (Gitea says it only at `…/permission`.)
    pub permission: String,
}

/// `GET R/collaborators/{username}/permission`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepoCollaboratorPermission {
    /// `owner`, `admin`, `write`, `read` or `none`.
    pub permission: String,
    /// The same.
    pub role_name: String,
    /// Whose.
    pub user: User,
}

/// `GET R/languages`: the bytes of each language's files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Languages {
    /// By the language's name.
    #[serde(flatten)]
    pub bytes: BTreeMap<String, i64>,
}

/// Somebody who wrote commits of the default branch (`GET R/contributors`), as GitHub has it; Gitea has no such list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contributor {
    /// The account that has the address of the commits; `null` if none has.
    pub login: Option<String>,
    /// Its id.
    pub id: Option<i64>,
    /// Its picture.
    pub avatar_url: Option<String>,
    /// Its page in the UI.
    pub html_url: Option<String>,
    /// `User`, or `Anonymous` where no account has the address.
    pub r#type: String,
    /// The account's name for people, or the name in the newest commit.
    pub name: String,
    /// The address in the commits; empty where an account has it, and for those who have not signed in.
    pub email: String,
    /// How many commits; merges are none of them.
    pub contributions: i64,
}

/// `GET R/topics`, `PUT R/topics`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TopicNames {
    /// All topics, in order.
    pub topics: Vec<String>,
}

/// `GET /topics/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicResults {
    /// One page of what was found, the commonest first.
    pub topics: Vec<Topic>,
}

/// A topic, with those of its repositories that the asker may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Topic {
    /// Kept for Gitea's clients: its place in the list, from 1.
    pub id: i64,
    /// The topic.
    pub topic_name: String,
    /// How many repositories have it.
    pub repo_count: i64,
    /// Kept for Gitea's clients: [`Time::never`].
    pub created: Time,
    /// Kept for Gitea's clients: [`Time::never`].
    pub updated: Time,
}

/// `GET R/subscription`, `PUT R/subscription`: that the asker watches the repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchInfo {
    /// True.
    pub subscribed: bool,
    /// Kept for Gitea's clients; false.
    pub ignored: bool,
    /// Kept for Gitea's clients; `null`.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: Time,
    /// This address.
    pub url: String,
    /// The repository in the API.
    pub repository_url: String,
}
