//! Pictures of users, organisations and repositories.

use serde::{Deserialize, Serialize};

/// A picture of the asker (`POST /user/avatar`) or of an organisation (`POST /orgs/{org}/avatar`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UpdateUserAvatarOption {
    /// A PNG or JPEG in base64.
    pub image: String,
}

/// A picture of a repository (`POST R/avatar`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UpdateRepoAvatarOption {
    /// A PNG or JPEG in base64.
    pub image: String,
}
