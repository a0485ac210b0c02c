//! Repositories that begin with the history of one elsewhere.

use serde::{Deserialize, Serialize};

use crate::Time;

/// `POST /repos/migrate`. What Gitea has and this server has not (`mirror`, `lfs`, `issues`, …) is refused by name when it is asked for.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct MigrateRepoOptions {
    /// Where it is: an address that `git clone` takes, over http or https, without a name and a password in it.
    pub clone_addr: String,
    /// Its name here.
    pub repo_name: String,
    /// Whose it shall be: the asker's, if empty.
    pub repo_owner: String,
    /// `git`, or empty: branches and tags alone are fetched.
    pub service: String,
    /// Whose name asks there; empty for nobody's.
    pub auth_username: String,
    /// The password or token of that name.
    pub auth_password: String,
    /// A token, in place of name and password.
    pub auth_token: String,
    /// A line about it.
    pub description: String,
    /// Whether only its owner and collaborators shall see it.
    pub private: bool,
}

crate::redacted!(MigrateRepoOptions);

/// How far an import is, or how it ended (`GET R/import`). (Not in Gitea.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepoImport {
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    /// What is done at the moment, in words: `receiving, 1200 KiB so far`.
    pub phase: String,
    /// How much of that, of 100; 0 where nobody can say.
    pub percent: i64,
    /// Why it failed; empty otherwise.
    pub message: String,
    /// From where.
    pub clone_addr: String,
    /// When it was asked for.
    pub created_at: Time,
    /// When something last became of it.
    pub updated_at: Time,
}
