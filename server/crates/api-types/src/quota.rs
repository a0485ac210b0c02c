//! How much repositories and owners hold and may hold.

use serde::{Deserialize, Serialize};

/// One kind of content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuotaPart {
    /// Bytes that are there. What several repositories share counts for each of them, and once for their owner.
    pub used: i64,
    /// Bytes that may be there; null for no bound.
    pub limit: Option<i64>,
    /// What an administrator set here: bytes, -1 for no bound, null for what the site has for all.
    pub set: Option<i64>,
}

/// How much a repository, or all repositories of an owner together, hold and may hold (`GET R/quota`, `GET /user/quota`,
/// `GET /orgs/{org}/quota`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quota {
    /// Packs.
    pub git: QuotaPart,
    /// Objects of Git LFS.
    pub lfs: QuotaPart,
    /// Files of releases.
    pub assets: QuotaPart,
}

/// `PUT /admin/quotas/{username}`: each bytes, -1 for no bound, or null or absent for what the site has for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditQuotaOption {
    /// Packs.
    pub git: Option<i64>,
    /// Objects of Git LFS.
    pub lfs: Option<i64>,
    /// Files of releases.
    pub assets: Option<i64>,
}
