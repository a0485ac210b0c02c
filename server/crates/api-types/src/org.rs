//! Organisations.

use serde::{Deserialize, Serialize};

/// An organisation (`GET /orgs/{org}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organization {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// For people; may be empty.
    pub full_name: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub email: String,
    /// A picture.
    #[serde(default)]
    pub avatar_url: String,
    /// A line about it; may be empty.
    #[serde(default)]
    pub description: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub website: String,
    /// Kept for Gitea's clients; empty.
    #[serde(default)]
    pub location: String,
    /// `public`, `limited` (to whoever has signed in) or `private` (to its members).
    pub visibility: String,
    /// Kept for Gitea's clients; false.
    #[serde(default)]
    pub repo_admin_change_team_access: bool,
    /// The page in the UI. (Not in Gitea.)
    #[serde(default)]
    pub html_url: String,
    /// The same as `name`; some clients read one, some the other.
    pub username: String,
}

/// `POST /orgs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateOrgOption {
    /// Its name (`name` is taken too).
    #[serde(alias = "name")]
    pub username: String,
    /// For people.
    pub full_name: String,
    /// A line about it.
    pub description: String,
    /// `public` (if absent), `limited` or `private`.
    pub visibility: Option<String>,
}

/// `PATCH /orgs/{org}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditOrgOption {
    /// For people.
    pub full_name: Option<String>,
    /// A line about it.
    pub description: Option<String>,
    /// `public`, `limited` or `private`.
    pub visibility: Option<String>,
}

/// `PUT /orgs/{org}/members/{username}`. (Gitea has teams for this.)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct OrgMemberOption {
    /// `owner`, `admin`, `write`, `read` (if absent), or `none` for what teams give: what the member may do with the organisation's
    /// repositories.
    pub role: Option<String>,
}

/// A member (`GET /orgs/{org}/members`), with what a plain user has plus the role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrgMember {
    /// The user.
    #[serde(flatten)]
    pub user: crate::account::User,
    /// `owner`, `admin`, `write` or `read`; `none` for what teams give and no more.
    pub role: String,
}

/// `GET /users/{username}/orgs/{org}/permissions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrganizationPermissions {
    /// May make repositories in it.
    pub can_create_repository: bool,
    /// May read its repositories.
    pub can_read: bool,
    /// May push to its repositories.
    pub can_write: bool,
    /// Administers it.
    pub is_admin: bool,
    /// Owns it.
    pub is_owner: bool,
}
