//! The one envelope of every error.

use serde::{Deserialize, Serialize};

use crate::plugin::PluginPermission;

/// The body of every answer with a status of 400 or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// What went wrong, for a person who can act on it.
    pub message: String,
    /// Where the API is described.
    pub url: String,
    /// The field that breaks a rule, when there is one (422), or `code` where a second factor is needed (401).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What an upgrade of a plugin asks consent for (409).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PluginPermission>,
    /// The id of this request, also in the header `X-Request-Id` and in the server's log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
}
