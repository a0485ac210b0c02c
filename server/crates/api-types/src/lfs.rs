//! The Git LFS API (github.com/git-lfs/git-lfs, `docs/api`): bodies below `/{owner}/{repo}.git/info/lfs`, sent as
//! `application/vnd.git-lfs+json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Time;

/// An object as it is named on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsName {
    /// sha256 in 64 lower-case digits.
    pub oid: String,
    /// Bytes.
    pub size: i64,
}

/// `POST objects/batch`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsBatchRequest {
    /// `download` or `upload`.
    pub operation: String,
    /// Transfers that the client knows; none means `basic`.
    #[serde(default)]
    pub transfers: Vec<String>,
    /// The objects.
    #[serde(default)]
    pub objects: Vec<LfsName>,
    /// `sha256`, which absent means too.
    #[serde(default)]
    pub hash_algo: Option<String>,
}

/// The answer to a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsBatchAnswer {
    /// `basic`.
    pub transfer: String,
    /// In the order asked.
    pub objects: Vec<LfsObjectAnswer>,
    /// `sha256`.
    pub hash_algo: String,
}

/// What becomes of one object. Neither actions nor an error: there is nothing to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsObjectAnswer {
    /// As asked.
    pub oid: String,
    /// As asked.
    pub size: i64,
    /// Whether the actions need no credential but their own headers.
    pub authenticated: bool,
    /// `download`, or `upload` and `verify`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<BTreeMap<String, LfsAction>>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<LfsObjectError>,
}

/// A request for the client to send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsAction {
    /// The address.
    pub href: String,
    /// Headers to send along.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, String>,
    /// Seconds that the headers are good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
}

/// What is wrong with one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsObjectError {
    /// As a status of HTTP.
    pub code: u16,
    /// For a person.
    pub message: String,
}

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsError {
    /// For a person.
    pub message: String,
    /// Where the server is described.
    pub documentation_url: String,
    /// In the server's log too.
    pub request_id: String,
}

/// `POST locks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsLockRequest {
    /// The path to lock.
    pub path: String,
}

/// One lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsLock {
    /// Its id.
    pub id: String,
    /// The locked path.
    pub path: String,
    /// Since when.
    pub locked_at: Time,
    /// Who holds it.
    pub owner: LfsLockOwner,
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsLockOwner {
    /// The user's name.
    pub name: String,
}

/// The answer to `POST locks`, and to an unlock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsLockAnswer {
    /// The lock, made, ended, or held by somebody else.
    pub lock: LfsLock,
    /// Why it was not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `GET locks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsLockList {
    /// By id.
    pub locks: Vec<LfsLock>,
    /// What to ask the next page with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// `POST locks/verify`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsVerifyLocksRequest {
    /// From the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// At most so many.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// The answer to `POST locks/verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsVerifiedLocks {
    /// The asker's.
    pub ours: Vec<LfsLock>,
    /// Everybody else's.
    pub theirs: Vec<LfsLock>,
    /// What to ask the next page with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// `POST locks/{id}/unlock`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfsUnlockRequest {
    /// Whether somebody else's lock is meant too.
    #[serde(default)]
    pub force: bool,
}
