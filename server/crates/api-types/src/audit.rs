//! The audit log. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::Time;

/// One line (`GET /admin/audit` and `GET R/audit`, newest first).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its id.
    pub id: i64,
    /// When.
    pub at: Time,
    /// What was done, dotted: `repository.create`, `token.create`, `push`, `sign-in.fail`.
    pub action: String,
    /// The id of who did it; `null` if nobody was proven.
    #[serde(default)]
    pub actor_id: Option<i64>,
    /// The id of the account that it concerns.
    #[serde(default)]
    pub account_id: Option<i64>,
    /// The id of the repository that it concerns (`GET /repositories/{id}`).
    #[serde(default)]
    pub repository_id: Option<i64>,
    /// The client's address; may be empty.
    pub address: String,
    /// Short facts.
    pub detail: String,
}
