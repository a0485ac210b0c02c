//! Secrets of installations. (Not in Gitea.)
//!
//! Below an installation's address, written `S/{id}` as in [`crate::plugin`]: `GET S/{id}/secrets` lists them, `PUT S/{id}/secrets/{name}` sets
//! one, 201 when new, and `DELETE` removes it. No answer holds a value.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Time;

/// What may be known of a secret (`GET S/{id}/secrets`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PluginSecret {
    /// By which the plugin asks for it.
    pub name: String,
    /// Where it may go: scheme, host and port. `*.` before the host stands for all names below it.
    pub destination: String,
    /// The one header in which it may stand, in lower case; empty for any place of a request.
    pub header: String,
    /// Whether the server has the key under which it is sealed; if not, it must be set anew.
    pub usable: bool,
    /// Who set it; empty if the account is gone.
    pub set_by: String,
    /// When.
    pub set_at: Time,
}

/// `PUT S/{id}/secrets/{name}`: all of it is replaced. A value is never kept for another destination.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SetPluginSecretOption {
    /// Where it may go: `https://hooks.example.org`, `https://*.example.org:8443`.
    pub destination: String,
    /// The one header in which it may stand; empty for any place of a request.
    pub header: String,
    /// Itself: 8 to 8192 bytes.
    pub value: String,
}

impl fmt::Debug for SetPluginSecretOption {
    /// All but the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetPluginSecretOption")
            .field("destination", &self.destination)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
