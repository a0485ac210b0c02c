//! Pushes, refused ones included. (Not in Gitea.)

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::plugin::Verdict;

/// What became of one ref of a push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushRef {
    /// Full name, invalid UTF-8 replaced.
    #[serde(rename = "ref")]
    pub name: String,
    /// Before; zeros if it was made.
    pub old: String,
    /// After; zeros if it was deleted.
    pub new: String,
    /// `create`, `update` or `delete`.
    pub kind: String,
    /// Whether it dropped commits that the ref had.
    pub forced: bool,
    /// `accepted` or `refused`.
    pub result: String,
    /// Why it was refused; may be empty.
    #[serde(default)]
    pub text: String,
}

/// A push (`GET R/pushes`, `GET R/pushes/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Push {
    /// Its id.
    pub id: i64,
    /// Who pushed; empty if the account is gone.
    pub actor: String,
    /// The id of the deploy key by which it came, if by one; `actor` is the repository's owner then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy_key: Option<i64>,
    /// `ssh`, `http`, `api` or `system`.
    pub door: String,
    /// When.
    pub at: Time,
    /// `open`, `done` (at least one ref was accepted), `refused` or `abandoned`.
    pub state: String,
    /// Why it was refused as a whole; may be empty.
    #[serde(default)]
    pub text: String,
    /// Push options as sent.
    #[serde(default)]
    pub options: Vec<String>,
    /// What became of each ref; the first 50 in lists.
    #[serde(default)]
    pub refs: Vec<PushRef>,
    /// What policies said; only at `R/pushes/{id}`.
    #[serde(default)]
    pub verdicts: Vec<Verdict>,
}

/// The certificate of a signed push (`GET R/pushes/{id}/certificate`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushCertificate {
    /// `good`, `bad`, `stranger` (signed, but not by a key of whoever pushed) or `unchecked` (OpenPGP, X.509); when the push came.
    pub signature: String,
    /// `SHA256:…` of the SSH key that the signature names; empty if it names none.
    pub signer: String,
    /// `OK`, `SLOP`, `BAD`, `MISSING` or `REPLAYED`; when the push came.
    pub nonce_status: String,
    /// Always `base64`.
    pub encoding: String,
    /// The certificate as sent, its signature included.
    pub content: String,
}
