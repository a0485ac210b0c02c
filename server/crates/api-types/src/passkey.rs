//! Passkeys (W3C Web Authentication). Not in Gitea's API.
//!
//! What browsers are asked and what they answer has the names of that standard's JSON forms (Level 3, section 5.1); bytes are base64url without padding.

use serde::{Deserialize, Serialize};

use crate::Time;

/// A passkey of the asker (`GET /user/passkeys`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passkey {
    /// Its id here.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Whether it was in several devices when it was last seen, as its authenticator says.
    pub backed_up: bool,
    /// When it was added.
    pub created_at: Time,
    /// When it was last used; `null` if never.
    pub last_used_at: Option<Time>,
}

/// A passkey that a browser names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyDescriptor {
    /// `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id at the authenticator.
    pub id: String,
}

/// An algorithm that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyAlgorithm {
    /// `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its number in COSE.
    pub alg: i64,
}

/// The site for which a passkey is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeySite {
    /// The host of this server's public address.
    pub id: String,
    /// The same, for people.
    pub name: String,
}

/// The account for which a passkey is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyUser {
    /// By what authenticators know it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name.
    pub display_name: String,
}

/// What kind of passkey is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyWish {
    /// `preferred`: one that is found without a name signs in alone.
    pub resident_key: String,
    /// `preferred`, for the same reason.
    pub user_verification: String,
}

/// For `navigator.credentials.create` (`POST /user/passkeys/challenge`). A cookie comes along; the answer counts for minutes, with it, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyCreation {
    /// What is answered.
    pub challenge: String,
    /// This site.
    pub rp: PasskeySite,
    /// The asker.
    pub user: PasskeyUser,
    /// Algorithms that are taken.
    pub pub_key_cred_params: Vec<PasskeyAlgorithm>,
    /// Milliseconds that the challenge is good for.
    pub timeout: i64,
    /// Passkeys that the asker has.
    pub exclude_credentials: Vec<PasskeyDescriptor>,
    /// What kind is wanted.
    pub authenticator_selection: PasskeyWish,
    /// `none`.
    pub attestation: String,
}

/// For `navigator.credentials.get` (`POST /user/sessions/challenge`, `POST /user/second-factor/challenge`). A cookie comes along; the answer counts for minutes, with
/// it, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PasskeyRequest {
    /// What is answered.
    pub challenge: String,
    /// The id of this site.
    pub rp_id: String,
    /// Milliseconds that the challenge is good for.
    pub timeout: i64,
    /// Passkeys that will do; any of this site if there are none.
    pub allow_credentials: Vec<PasskeyDescriptor>,
    /// `required` where no password comes along, else `discouraged`.
    pub user_verification: String,
}

/// Whose passkey is to be asked for (`POST /user/sessions/challenge`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PasskeyChallengeOption {
    /// Name or e-mail address; empty for a passkey that signs in alone.
    pub username: String,
    /// The password; empty for a passkey that signs in alone.
    pub password: String,
}

/// What an authenticator answered to `create`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct PasskeyMade {
    /// What the browser says of the page.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// What the authenticator says.
    pub attestation_object: String,
}

/// A passkey that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PasskeyRegistration {
    /// Its id at the authenticator.
    pub id: String,
    /// What it answered.
    pub response: PasskeyMade,
}

/// A passkey to be added (`POST /user/passkeys`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreatePasskeyOption {
    /// What its owner calls it.
    pub name: String,
    /// The passkey.
    pub credential: PasskeyRegistration,
}

/// A passkey that was added. The codes are shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedPasskey {
    /// The passkey.
    pub passkey: Passkey,
    /// Recovery codes, if it is the first second factor; else none.
    pub codes: Vec<String>,
}

/// What an authenticator answered to `get`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct PasskeySigned {
    /// What the browser says of the page.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// What the authenticator says.
    pub authenticator_data: String,
    /// Over both.
    pub signature: String,
    /// Whose it is, as the authenticator remembers; may be absent after the password.
    pub user_handle: String,
}

/// What a passkey signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PasskeyAssertion {
    /// Its id at the authenticator.
    pub id: String,
    /// What it answered.
    pub response: PasskeySigned,
}

/// A sign-in by a passkey (`POST /user/sessions/passkey`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PasskeySignInOption {
    /// As for the challenge.
    pub username: String,
    /// As for the challenge.
    pub password: String,
    /// What the passkey signed.
    pub credential: PasskeyAssertion,
}

/// What a passkey signed for a code (`POST /user/second-factor/code`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PasskeyCodeOption {
    /// What it signed.
    pub credential: PasskeyAssertion,
}

/// A code for a field that asks for one beside the password: good once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyCode {
    /// The code.
    pub code: String,
    /// Until when it counts.
    pub expires_at: Time,
}

crate::redacted!(PasskeyChallengeOption, PasskeySignInOption, CreatedPasskey, PasskeyCode);
