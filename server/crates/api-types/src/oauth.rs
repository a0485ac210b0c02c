//! Applications that act for people by OAuth 2.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::redacted;

/// An application (`GET /user/applications/oauth2`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OAuth2Application {
    /// Its id.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// By what it names itself.
    pub client_id: String,
    /// Its secret: only in the answer that made it, empty ever after. Public clients have none.
    #[serde(default)]
    pub client_secret: String,
    /// Where browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it keeps a secret.
    pub confidential_client: bool,
    /// Whether somebody who let it in before is not asked again.
    pub skip_secondary_authorization: bool,
    /// When it was registered.
    pub created: Time,
}

redacted!(OAuth2Application);

/// `POST /user/applications/oauth2`, `PATCH /user/applications/oauth2/{id}`. The latter gives a new secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateOAuth2ApplicationOptions {
    /// What people call it.
    pub name: String,
    /// Where browsers may be sent back to, 20 addresses at most. The port of an address such as `http://127.0.0.1/…` does not matter.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep a secret. A program on people's machines cannot: it is public, and proves itself by PKCE.
    pub confidential_client: bool,
    /// Whether somebody who let it in before is not asked again; for confidential clients.
    pub skip_secondary_authorization: bool,
}

/// A sign-in of the asker to an application that may still act (`GET /user/applications/granted`). (Not in Gitea.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OAuth2Grant {
    /// Its id.
    pub id: i64,
    /// The application's `client_id`.
    pub client_id: String,
    /// What people call that.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Since when.
    pub created_at: Time,
    /// When it last did something, to the minute or so; [`Time::never`] if not yet.
    pub last_used_at: Time,
    /// When this ends unless it does something.
    pub expires_at: Time,
}
