//! The audit log. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::Time;

/// One line (`GET /admin/audit`, newest first).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its id.
    pub id: i64,
    /// When.
    pub at: Time,
    /// What was done, dotted: `repository.create`, `token.create`, `push`, `sign-in.fail`.
    pub action: String,
    /// Who; empty if nobody was proven or the account is gone.
    pub actor: String,
    /// Whose account it concerns; may be empty.
    pub account: String,
    /// `owner/name` of the repository that it concerns; may be empty.
    pub repository: String,
    /// The client's address; may be empty.
    pub address: String,
    /// Short facts.
    pub detail: String,
}
