//! Users.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A user (`GET /user`, `GET /users/{username}`), and the owner of a repository, who may be an organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub login: String,
    /// The name at an outside source of accounts; empty.
    #[serde(default)]
    pub login_name: String,
    /// The id of that source; 0.
    #[serde(default)]
    pub source_id: i64,
    /// For people; may be empty.
    pub full_name: String,
    /// Empty unless the asker may see it.
    pub email: String,
    /// A picture.
    #[serde(default)]
    pub avatar_url: String,
    /// The page in the UI.
    #[serde(default)]
    pub html_url: String,
    /// The UI's language; empty means the browser's.
    #[serde(default)]
    pub language: String,
    /// Whether the user administers the server.
    pub is_admin: bool,
    /// When the user last signed in; [`Time::never`] unless the asker may see it.
    pub last_login: Time,
    /// When the account was made.
    pub created: Time,
    /// Kept for Gitea's clients; false.
    #[serde(default)]
    pub restricted: bool,
    /// Whether the account may sign in.
    pub active: bool,
    /// The reverse of `active`.
    #[serde(default)]
    pub prohibit_login: bool,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub location: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub website: String,
    /// A line about the account; may be empty.
    #[serde(default)]
    pub description: String,
    /// `public` or `private`.
    pub visibility: String,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub followers_count: i64,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub following_count: i64,
    /// Kept for Gitea's clients; 0.
    #[serde(default)]
    pub starred_repos_count: i64,
    /// The same as `login`; some clients read one, some the other.
    pub username: String,
    /// `user` or `organization`.
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// `PATCH /user/settings`: only what is present changes.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UserSettingsOptions {
    /// For people.
    pub full_name: Option<String>,
    /// The e-mail address; needs `current_password` when it changes.
    pub email: Option<String>,
    /// A line about the account.
    pub description: Option<String>,
    /// False is refused by name: addresses are always hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_email: Option<bool>,
    /// The password, when the e-mail address changes. (Not in Gitea.)
    pub current_password: Option<String>,
    /// A code then, if there is a second factor. (Not in Gitea.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

crate::redacted!(UserSettingsOptions);

/// `GET /user/settings`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UserSettings {
    /// For people.
    pub full_name: String,
    /// The e-mail address.
    pub email: String,
    /// A line about the account.
    pub description: String,
    /// Always true: an address is shown to its owner and to administrators of the server.
    pub hide_email: bool,
}

/// `POST /user/password`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ChangePasswordOption {
    /// What it is now.
    pub current_password: String,
    /// What it shall be.
    pub new_password: String,
    /// A code, if there is a second factor.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
}

crate::redacted!(ChangePasswordOption);

/// `POST /admin/users`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateUserOption {
    /// Its name.
    pub username: String,
    /// Its e-mail address.
    pub email: String,
    /// Its first password.
    pub password: String,
    /// For people.
    pub full_name: String,
    /// Whether it administers the server (Gitea sets this by a later edit; both are taken).
    pub admin: bool,
    /// True is refused by name: passwords that must be changed at the first sign-in are not there yet. (Gitea's default is true.)
    pub must_change_password: bool,
}

crate::redacted!(CreateUserOption);

/// `PATCH /admin/users/{username}`: only what is present changes.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditUserOption {
    /// For people.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// A new password; every session of the user ends.
    pub password: Option<String>,
    /// Whether it administers the server.
    pub admin: Option<bool>,
    /// False disables: no credential of the user proves anything any more.
    pub active: Option<bool>,
    /// The reverse of `active`.
    pub prohibit_login: Option<bool>,
    /// True is refused by name: passwords that must be changed at the next sign-in are not there yet.
    pub must_change_password: Option<bool>,
}

crate::redacted!(EditUserOption);

/// `GET /users/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserSearchResults {
    /// True.
    pub ok: bool,
    /// One page of what was found.
    pub data: Vec<User>,
}
