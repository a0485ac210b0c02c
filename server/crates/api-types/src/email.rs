//! E-mail addresses of users, and passwords that were forgotten.

use serde::{Deserialize, Serialize};

/// An address (`/user/emails`, `GET /admin/emails`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Email {
    /// As written.
    pub email: String,
    /// Whether a mail to it was answered: it counts from then on.
    pub verified: bool,
    /// Whether mails go there.
    pub primary: bool,
    /// Whose it is.
    pub user_id: i64,
    /// What that user is called.
    pub username: String,
}

/// `POST /user/emails`: each address gets a mail, which is to be answered. One that waits for that may be named again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateEmailOption {
    /// Addresses, all of which are added, or none.
    pub emails: Vec<String>,
}

/// `DELETE /user/emails`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct DeleteEmailOption {
    /// Addresses, all of which are removed, or none. The primary one stays.
    pub emails: Vec<String>,
}

/// `POST /user/emails/verify`: what a mail held.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct MailTokenOption {
    /// From the link in the mail.
    pub token: String,
}

crate::redacted!(MailTokenOption);

/// `POST /user/password/forgot`. The answer is the same whether or not an account has the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ForgotPasswordOption {
    /// The primary address of the account.
    pub email: String,
}

/// `POST /user/password/reset`: the sessions of the user end, tokens and keys stay.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ResetPasswordOption {
    /// From the link in the mail.
    pub token: String,
    /// What the password shall be.
    pub new_password: String,
}

crate::redacted!(ResetPasswordOption);
