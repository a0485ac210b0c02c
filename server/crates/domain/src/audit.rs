//! Names of audited actions and the shape of an audit entry.

use crate::ids::{AccountId, RepoId};

/// One line of the audit log, written in the transaction of what it records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done, dotted: `repository.create`, `token.create`, `push`, `sign-in.fail`.
    pub action: &'static str,
    /// Who, if proven.
    pub actor: Option<AccountId>,
    /// Whose account it concerns, if another's or one's own.
    pub account: Option<AccountId>,
    /// Which repository it concerns.
    pub repo: Option<RepoId>,
    /// The client's address behind trusted proxies.
    pub address: Option<String>,
    /// Short facts for a reader; never a secret.
    pub detail: String,
}
