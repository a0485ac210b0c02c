//! Who vouches for plugins. (Not in Gitea.)
//!
//! `GET|POST /admin/publishers` and `DELETE /admin/publishers/{id}` are the keys that administrators trust. A signature is made by `ssh-keygen -Y
//! sign -n hardie-plugin -f KEY FILE`; `POST /plugins/components/{digest}/signatures` brings it.

use serde::{Deserialize, Serialize};

use crate::Time;

/// Somebody whose signatures count (`GET /admin/publishers`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Publisher {
    /// Its id.
    pub id: i64,
    /// What administrators call it.
    pub name: String,
    /// The public key in OpenSSH's one-line form.
    pub key: String,
    /// `SHA256:` and the hash of the key.
    pub fingerprint: String,
    /// Since when it is trusted.
    pub created_at: Time,
}

/// `POST /admin/publishers`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreatePublisherOption {
    /// What to call it: 1 to 64 of a-z, A-Z, 0-9, `-`, `_` and `.`.
    pub name: String,
    /// An `ssh-ed25519` key in OpenSSH's one-line form.
    pub key: String,
}

/// A signature under a component (`GET /plugins/components/{digest}/signatures`), by a publisher who is trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComponentSignature {
    /// What administrators call the publisher.
    pub publisher: String,
    /// The key's fingerprint.
    pub fingerprint: String,
    /// As it came: `-----BEGIN SSH SIGNATURE-----` and so on.
    pub signature: String,
    /// When it came.
    pub created_at: Time,
}

/// `POST /plugins/components/{digest}/signatures`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateSignatureOption {
    /// What `ssh-keygen -Y sign -n hardie-plugin` wrote, at most 4 KiB.
    pub signature: String,
}
