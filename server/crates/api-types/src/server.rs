//! The server itself.

use serde::{Deserialize, Serialize};

/// `GET /version`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerVersion {
    /// A version that Gitea's clients can compare, such as `1.24.0+hardie.0.1.0`.
    pub version: String,
}

/// `GET /settings/api`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GeneralApiSettings {
    /// The most items of a page.
    pub max_response_items: u32,
    /// Items of a page when `limit` is not given.
    pub default_paging_num: u32,
    /// Entries of a page of `R/git/trees/{sha}`.
    pub default_git_trees_per_page: u32,
    /// Bytes of the largest file that `R/contents` embeds.
    pub default_max_blob_size: u64,
}

/// `GET /settings/hardie`: what the web UI must know before anybody signs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HardieSettings {
    /// The one address that people see, without a trailing slash.
    pub public_url: String,
    /// `host` or `host:port` for SSH clone addresses.
    pub ssh_address: String,
    /// Who may install plugins: `open`, `listed` or `closed`.
    pub plugins: String,
    /// Hardie's own version.
    pub version: String,
    /// Whether the server sends mails, so that somebody who forgot their password gets one.
    #[serde(default)]
    pub mail: bool,
    /// Whether people may sign up, by whatever mode.
    #[serde(default)]
    pub sign_up: bool,
}
