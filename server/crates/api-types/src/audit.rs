//! The audit log. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::Time;

/// One line (`GET /admin/audit`, `GET /orgs/{org}/audit` and `GET R/audit`, newest first).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its id.
    pub id: i64,
    /// When.
    pub at: Time,
    /// What was done, dotted: `repository.create`, `token.create`, `push`, `sign-in.fail`; `denied` for what was refused before it began.
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
    /// The door: `ssh`, `http` (git), `api` or `system`; empty in lines of older versions.
    #[serde(default)]
    pub door: String,
    /// By which proof: `password`, `session:7`, `token:7`, `ssh-key:7`, `deploy-key:7` or `system`; empty if nobody was proven.
    #[serde(default)]
    pub credential: String,
    /// The request's id: that of the answer's header `X-Request-Id`.
    #[serde(default)]
    pub request_id: String,
    /// `done`, `denied` or `failed`.
    #[serde(default)]
    pub result: String,
    /// For how many of the same it stands: refusals are counted.
    #[serde(default)]
    pub times: u64,
    /// Short facts.
    pub detail: String,
    /// Its place in the chain, from 1, without gaps; `null` for some seconds, until it is sealed.
    #[serde(default)]
    pub seq: Option<u64>,
    /// The hash of this line and all before it (SHA-256, hexadecimal).
    #[serde(default)]
    pub hash: Option<String>,
}

/// One line of an export: everything that its hash is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditRecord {
    /// The line.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// When, in milliseconds since 1970: the number that is in the hash.
    pub at_ms: i64,
}

/// The last line of an export: where the chain ended. To be noted where nobody who can write the database can write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEnd {
    /// `SEQ:HASH`, as `hardie admin audit verify --noted` takes it.
    pub head: String,
}
