//! Webhooks, in Gitea's shape, and what was sent to them. (Deliveries are not in Gitea.)
//!
//! `R/hooks`, `/orgs/{org}/hooks` and `/admin/hooks`, written `H`: `GET|POST H`, `GET|PATCH|DELETE H/{id}`, `POST R/hooks/{id}/tests`;
//! `POST H/{id}/resume`, `GET H/{id}/deliveries`, `GET H/{id}/deliveries/{delivery}`, `POST H/{id}/deliveries/{delivery}/redeliver`,
//! `POST H/{id}/redeliver`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Time;

/// A webhook. Neither its secret nor its header is ever shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hook {
    /// Its id.
    pub id: i64,
    /// `gitea`, whatever was asked for: all of these are sent alike.
    #[serde(rename = "type")]
    pub kind: String,
    /// `url` and `content_type` (`json` or `form`).
    pub config: BTreeMap<String, String>,
    /// Names of events.
    pub events: Vec<String>,
    /// Which branches it is told of; all if empty.
    pub branch_filter: String,
    /// Empty: it is not shown.
    pub authorization_header: String,
    /// Whether it is told of anything.
    pub active: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// `active`, `paused` (its receiver does not answer and is asked again), `parked` (it did not for three days; somebody has to resume it)
    /// or `off`.
    pub state: String,
    /// Why it is paused or parked; else empty.
    pub reason: String,
    /// When the receiver is asked again.
    #[serde(default)]
    pub paused_until: Option<Time>,
    /// Deliveries that wait, or are being sent.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub dead: i64,
    /// Whether a secret signs what is sent.
    pub signed: bool,
}

/// `POST H`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateHookOption {
    /// `gitea`, `forgejo` or `gogs`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `url`, `content_type` (`json` unless given) and `secret`.
    pub config: BTreeMap<String, String>,
    /// Names of events: `push` unless given.
    pub events: Vec<String>,
    /// A pattern such as `main` or `{main,release/*}`; all branches and tags if empty.
    pub branch_filter: String,
    /// Sent as `Authorization`.
    pub authorization_header: String,
    /// Whether it is told of anything; not unless it says so, as in Gitea.
    pub active: bool,
}

/// `PATCH H/{id}`: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditHookOption {
    /// Those of `url`, `content_type` and `secret` that change.
    pub config: BTreeMap<String, String>,
    /// Names of events.
    pub events: Option<Vec<String>>,
    /// Which branches.
    pub branch_filter: Option<String>,
    /// Sent as `Authorization`. It is bound to the host of the address, and given anew with another.
    pub authorization_header: Option<String>,
    /// Whether it is told of anything.
    pub active: Option<bool>,
}

/// Something that is sent to one webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HookDelivery {
    /// Its id in this server.
    pub id: i64,
    /// What it is called in headers, the same in every attempt; empty before the first, and in lists.
    pub uuid: String,
    /// The place of the event in the log.
    pub seq: i64,
    /// What is told: `push refs/heads/main`, `repository renamed`, `status`.
    pub about: String,
    /// `owner/name`; empty if the repository is gone.
    pub repository: String,
    /// `pending`, `running`, `failed` (another attempt follows), `done`, `dead` (it was given up) or `skipped`.
    pub state: String,
    /// Attempts since it was made, or asked for again.
    pub attempt: i64,
    /// When it is attempted next, unless the webhook is paused; `null` if it came to its end or is being sent.
    #[serde(default)]
    pub next_at: Option<Time>,
    /// How the last attempt ended: `done`, `refused`, `gone`, `down`, `unavailable`, `skipped` or `stopped`; empty before.
    pub outcome: String,
    /// The same in words; nothing of what the receiver said but its status.
    pub text: String,
    /// When it was made.
    pub created_at: Time,
    /// When the last attempt began.
    #[serde(default)]
    pub started_at: Option<Time>,
    /// When it came to its end.
    #[serde(default)]
    pub ended_at: Option<Time>,
    /// What is sent; `null` before the first attempt, and in lists.
    #[serde(default)]
    pub payload: Option<Value>,
}
