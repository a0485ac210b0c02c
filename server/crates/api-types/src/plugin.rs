//! Plugins: uploaded components, where they are installed, and what they said. (Not in Gitea.)
//!
//! `POST /plugins/components` takes the bytes (`Content-Type: application/wasm`) and answers a [`PluginComponent`], 201 when
//! new and 200 when already there. Installations live at `R/plugins`, `/orgs/{org}/plugins` and `/admin/plugins`, written
//! `S` below; `GET S` lists, `POST S` installs, `GET|PATCH|DELETE S/{id}` work on one, `PUT S/{id}/component` upgrades it,
//! `POST S/{id}/rollback` goes back, `GET S/{id}/verdicts` shows what it said, `GET S/{id}/logs` what it logged. `POST R/plugins/dry-run`
//! tries a policy on what was pushed before.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Time;

/// A component (`POST /plugins/components`, `GET /plugins/components`, `GET /plugins/components/{digest}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginComponent {
    /// `sha256:` and 64 hexadecimal digits: its name.
    pub digest: String,
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// Worlds that it serves: `policy`, or `policy-online` if it asks others while a push waits; `events`.
    pub worlds: Vec<String>,
    /// Interfaces that it imports; what it may do is exactly this.
    pub imports: Vec<String>,
    /// The same in words.
    #[serde(default)]
    pub permissions: Vec<PluginPermission>,
    /// The configuration that holds when nobody gives one.
    pub default_config: Value,
    /// Bytes.
    pub size: i64,
    /// The id of who uploaded it; `null` if the account is gone.
    #[serde(default)]
    pub uploaded_by_id: Option<i64>,
    /// When.
    pub created_at: Time,
}

/// Where an installation applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginScope {
    /// `site`, `account` (a user or an organisation) or `repo`.
    pub kind: String,
    /// Empty for the site, else the account's name or `owner/name`.
    pub name: String,
}

/// A component at work (`GET S`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginInstallation {
    /// Its id.
    pub id: i64,
    /// What people call it; unique in its scope.
    pub name: String,
    /// Where it applies. `GET R/plugins` also lists those of the owner and of the site, which cannot be changed there.
    pub scope: PluginScope,
    /// Whether the asker may change it at the address that listed it.
    pub editable: bool,
    /// What runs.
    pub component: PluginComponent,
    /// `enforce`, `monitor` or `off`.
    pub mode: String,
    /// Whether a fault of the plugin lets the push through; false by default.
    pub fail_open: bool,
    /// Its configuration.
    pub config: Value,
    /// Where its requests may go, as far as the server's configuration allows it; empty where it cannot be changed.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What it may do, in words.
    #[serde(default)]
    pub permissions: Vec<PluginPermission>,
    /// Whether it asks others while a push waits, so that its answer may differ from one time to the next.
    #[serde(default)]
    pub online: bool,
    /// Who enabled it; empty if the account is gone.
    pub enabled_by: String,
    /// When it was installed.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// What it runs or ran, newest first; empty where it cannot be changed. `POST S/{id}/rollback` goes to the next below what runs.
    #[serde(default)]
    pub versions: Vec<PluginVersion>,
}

/// `POST S`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateInstallationOption {
    /// A component that was uploaded.
    pub digest: String,
    /// What people call it; the component's name if empty.
    pub name: String,
    /// `enforce` (if absent), `monitor` or `off`.
    pub mode: Option<String>,
    /// Whether a fault of the plugin lets the push through.
    pub fail_open: bool,
    /// Its configuration; the component's default if absent.
    pub config: Option<Value>,
    /// Where its requests may go, each `[METHOD,…] SCHEME://HOST[:PORT]`; only an administrator of the server grants that.
    pub hosts: Vec<String>,
}

/// `PATCH S/{id}`: only what is present changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct EditInstallationOption {
    /// `enforce`, `monitor` or `off`.
    pub mode: Option<String>,
    /// Whether a fault of the plugin lets the push through.
    pub fail_open: Option<bool>,
    /// Its configuration.
    pub config: Option<Value>,
    /// Where its requests may go from now on, as in `POST S`. Whoever administers what it guards may take from them.
    pub hosts: Option<Vec<String>>,
}

/// `PUT S/{id}/component`: an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UpgradeInstallationOption {
    /// A component that was uploaded; its name is that of the one before.
    pub digest: String,
    /// Its configuration; as it is if absent.
    pub config: Option<Value>,
    /// Names of permissions that the one before did not have. While one is missing the answer is 409 and names it.
    pub consent: Vec<String>,
}

/// A component that an installation runs or ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginVersion {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The version in its manifest.
    pub version: String,
    /// Whether it is the one that runs.
    pub current: bool,
    /// Who put it to work; empty if the account is gone.
    pub by: String,
    /// When.
    pub at: Time,
}

/// Something that a component may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginPermission {
    /// By this name people consent.
    pub name: String,
    /// The same in words.
    pub description: String,
}

/// What one call of one policy said about one push (`GET S/{id}/verdicts`, and in `R/pushes/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// The push.
    pub push_id: i64,
    /// The installation, whether or not it still exists.
    pub installation_id: i64,
    /// What the installation was called.
    pub plugin: String,
    /// What ran.
    pub digest: String,
    /// The mode at that time.
    pub mode: String,
    /// `owner/name`; empty if the repository is gone.
    pub repository: String,
    /// `accepted`, or a failure class: `rejected`, `out-of-fuel`, `deadline`, `out-of-memory`, `trap`, `host-budget`,
    /// `bad-output`, `unavailable`.
    pub outcome: String,
    /// What the pusher was told: refs, rules and how to mend it.
    pub lines: Vec<String>,
    /// What the policy logged.
    #[serde(default)]
    pub log: Vec<String>,
    /// When.
    pub at: Time,
    /// Where the answer came from: `run`, by itself; `online`, a run that might ask others or for the time; `cached`, what it said about an
    /// equal push before, for which it did not run.
    #[serde(default)]
    pub source: String,
    /// Instructions used.
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

/// A line that a policy logged (`GET S/{id}/logs`, the last line first).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginLogLine {
    /// The push that was judged.
    pub push_id: i64,
    /// `owner/name`; empty if the repository is gone.
    pub repository: String,
    /// How the run ended: `accepted` or a failure class.
    pub outcome: String,
    /// When.
    pub at: Time,
    /// Its level and text.
    pub line: String,
}

/// `POST R/plugins/dry-run`: what a policy would have said. (One of `plugin_id` and `digest`; nothing, `last`, `since` or `range`.)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct DryRunOption {
    /// An installation that guards the repository.
    pub plugin_id: Option<i64>,
    /// A component that was uploaded.
    pub digest: Option<String>,
    /// Its configuration; else the installation's or the component's own.
    pub config: Option<Value>,
    /// The newest so many pushes: 1 to 100, 50 if absent.
    pub last: Option<u32>,
    /// Only pushes from then on.
    pub since: Option<Time>,
    /// `A..B`: these commits instead of pushes.
    pub range: Option<String>,
}

/// What a policy would have said over pushes or commits. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRun {
    /// The installation's name, or the component's.
    pub plugin: String,
    /// What ran.
    pub digest: String,
    /// Pushes that were judged: `accepted`, `refused` and `faults` together.
    pub judged: i64,
    /// Those that it would have let through.
    pub accepted: i64,
    /// Those that it would have refused.
    pub refused: i64,
    /// Those over which it failed.
    pub faults: i64,
    /// Pushes that cannot be judged any more, since no ref reaches what they brought or built upon.
    pub gone: i64,
    /// Why it ended before all was judged; empty if it did not.
    pub cut_off: String,
    /// The middle of the instructions used.
    pub fuel_p50: i64,
    /// The most instructions used.
    pub fuel_max: i64,
    /// What would not have gone through, newest first.
    pub findings: Vec<DryRunFinding>,
}

/// A push that would not have gone through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRunFinding {
    /// The push; `null` for a range.
    pub push_id: Option<i64>,
    /// Who pushed; empty if the account is gone.
    pub actor: String,
    /// When; `null` for a range.
    pub at: Option<Time>,
    /// What was pushed.
    pub refs: Vec<DryRunRef>,
    /// `rejected`, or the class of the fault.
    pub outcome: String,
    /// What the pusher would have seen.
    pub lines: Vec<String>,
    /// Instructions used.
    pub fuel: i64,
}

/// A ref of such a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DryRunRef {
    /// Its full name.
    pub name: String,
    /// 40 digits; zeros before it was there.
    pub old: String,
    /// 40 digits; zeros for a deletion.
    pub new: String,
}
