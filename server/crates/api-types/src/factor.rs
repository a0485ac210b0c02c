//! Second factors: codes of an authenticator app beside the password (RFC 6238). Not in Gitea's API.

use serde::{Deserialize, Serialize};

use crate::Time;

/// Whether sign-ins take codes of an app (`GET /user/second-factor`). Passkeys are listed for themselves (`GET /user/passkeys`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SecondFactor {
    /// Whether they do.
    pub enabled: bool,
    /// Since when; `null` if they do not.
    pub enabled_at: Option<Time>,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
}

/// What proves somebody again, for each change of their second factor.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FactorOption {
    /// The password; for confirming none is needed.
    pub current_password: String,
    /// A code of the app, a recovery code, or one that a passkey gave; none is needed where there is no second factor yet.
    pub code: String,
}

/// A secret for an app, shown this once (`POST /user/second-factor`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorSecret {
    /// In base32, for typing.
    pub secret: String,
    /// `otpauth://totp/…`, for apps.
    pub uri: String,
    /// The same for a phone's camera: a QR code as SVG, which holds no script and names no other address.
    #[serde(default)]
    pub qr: String,
}

/// Codes that stand in for a lost app, each once; shown this once.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RecoveryCodes {
    /// The codes.
    pub codes: Vec<String>,
}

crate::redacted!(FactorOption, FactorSecret, RecoveryCodes);

/// A user with a second factor (`GET /admin/second-factors`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorUser {
    /// The user's id.
    pub id: i64,
    /// The user's name.
    pub login: String,
    /// Since when.
    pub enabled_at: Time,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
}
