//! Web requests to plugins. `GET R/plugins/{id}/requests`, and the same below `/orgs/{org}` and `/admin`.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A web request that failed, or of which the plugin logged something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginRequest {
    /// When it was answered.
    pub at: Time,
    /// The method.
    pub method: String,
    /// What the address had behind `/plugins/{id}`, without its query.
    pub path: String,
    /// `answered`, `failed` if the plugin said so, or what ended it: `out-of-fuel`, `deadline`, `out-of-memory`, `trap`, `host-budget`,
    /// `bad-output`, `unavailable`.
    pub outcome: String,
    /// The status that the plugin answered with; 0 if it did not.
    pub status: u16,
    /// Why it failed, or what was left out of the answer.
    pub text: String,
    /// What the plugin logged.
    pub log: Vec<String>,
}
