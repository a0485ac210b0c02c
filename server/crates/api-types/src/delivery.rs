//! Events, and their deliveries to plugins that handle them. (Not in Gitea.)
//!
//! `GET R/events` and `GET /admin/events` list what happened, in order, after the place `since`. Below an installation's address,
//! written `S/{id}` as in [`crate::plugin`]: `GET|PATCH S/{id}/events` is what it is told of, `POST S/{id}/resume` ends a rest,
//! `GET S/{id}/deliveries` lists what it was told, `GET S/{id}/deliveries/{delivery}` shows one,
//! `POST S/{id}/deliveries/{delivery}/redeliver` delivers it again and `POST S/{id}/redeliver` all of a range.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Time;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its place in the one log of the server: grows, and no number is left out of it.
    pub seq: i64,
    /// `push`, `status`, `repository.created`, …
    pub kind: String,
    /// The repository; `null` if there is none.
    #[serde(default)]
    pub repository_id: Option<i64>,
    /// When.
    pub at: Time,
    /// How many plugins lie between it and what somebody did; 0 for that itself.
    #[serde(default)]
    pub depth: i64,
    /// The installation that caused it, if one did.
    #[serde(default)]
    pub installation_id: Option<i64>,
    /// What happened.
    pub payload: Value,
}

/// One event on its way to one installation (`GET S/{id}/deliveries`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// The same in every try: by it a receiver tells that it has seen this one before.
    pub id: i64,
    /// The place of the event in the log.
    pub seq: i64,
    /// What kind of event it is; empty once the event is not kept any more.
    pub kind: String,
    /// `owner/name`; empty if there is no repository or it is gone.
    pub repository: String,
    /// `pending`, `running`, `failed` (another try follows), `done`, `dead` (it was given up) or `skipped`.
    pub state: String,
    /// Tries so far.
    pub attempt: i64,
    /// When it is tried next; `null` if it came to its end or is being tried.
    #[serde(default)]
    pub next_at: Option<Time>,
    /// How the last try ended: `done`, `retry`, `failed`, `skipped`, `stopped` or a failure class such as `trap`; empty before.
    pub outcome: String,
    /// The same in words.
    pub text: String,
    /// What the last try logged.
    #[serde(default)]
    pub log: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When the last try began.
    #[serde(default)]
    pub started_at: Option<Time>,
    /// When it came to its end.
    #[serde(default)]
    pub ended_at: Option<Time>,
    /// Instructions that the last try used.
    #[serde(default)]
    pub fuel: i64,
    /// Peak bytes of memory.
    #[serde(default)]
    pub memory: i64,
    /// Calls to the host.
    #[serde(default)]
    pub host_calls: i64,
    /// Bytes that the host handed over.
    #[serde(default)]
    pub host_bytes: i64,
    /// Microseconds from instantiation to the answer.
    #[serde(default)]
    pub wall_micros: i64,
}

/// What an installation is told of, and how that goes (`GET S/{id}/events`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginEvents {
    /// Kinds of events; all if empty.
    pub kinds: Vec<String>,
    /// `active`, `paused` (it kept failing and rests) or `off` (its mode). What happens meanwhile is held for it.
    pub state: String,
    /// When a plugin that rests is tried again.
    #[serde(default)]
    pub paused_until: Option<Time>,
    /// Why it rests; empty if it does not.
    pub reason: String,
    /// Faults in a row.
    pub faults: i64,
    /// Deliveries that wait for a try, or are being tried.
    pub waiting: i64,
    /// Deliveries that were given up.
    pub dead: i64,
}

/// `PATCH S/{id}/events`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditPluginEventsOption {
    /// Kinds of events that it is told of from now on; all if empty.
    pub kinds: Option<Vec<String>>,
}

/// `POST S/{id}/resume`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ResumeOption {
    /// What waits is not delivered any more.
    pub skip: bool,
}

/// `POST S/{id}/redeliver`: deliveries that came to their end, of which the event is kept. At least one bound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RedeliverOption {
    /// From this place of the log on.
    pub from: Option<i64>,
    /// To this place, which is meant too.
    pub to: Option<i64>,
    /// Made then or later.
    pub since: Option<Time>,
    /// Made before.
    pub until: Option<Time>,
    /// Nothing is delivered: the answer says what would be.
    pub dry_run: bool,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redelivered {
    /// How many are delivered again, the oldest first, until a thousand wait.
    pub redelivered: i64,
    /// The place of the first that is not, for want of room: what is left begins there; null if all are.
    #[serde(default)]
    pub next: Option<i64>,
}
