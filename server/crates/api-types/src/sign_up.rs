//! Accounts that people make for themselves.

use serde::{Deserialize, Serialize};

use crate::Time;

/// `GET /settings/accounts`: what somebody without an account must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountSettings {
    /// Who may sign up: `closed`, `invitation`, `approval` or `open`.
    pub sign_up: String,
    /// Hosts of addresses with which one may; any if empty.
    pub domains: Vec<String>,
    /// Whether this server sends mails, without which no password can be chosen anew.
    pub mail: bool,
    /// Whether nothing is shown to those who have not signed in.
    pub require_sign_in: bool,
}

/// `POST /user/sign_up`. The answer is the same whether or not the address is in use; a mail says how to go on.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SignUpOption {
    /// The name of the account.
    pub username: String,
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// For people.
    pub full_name: String,
    /// The code of an invitation, where the site asks for one.
    pub invitation: String,
}

crate::redacted!(SignUpOption);

/// `POST /user/sign_up/confirm`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ConfirmSignUpOption {
    /// From the link in the mail.
    pub token: String,
    /// The password that was given when signing up.
    pub password: String,
}

crate::redacted!(ConfirmSignUpOption);

/// The answer to `POST /user/sign_up/confirm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUpState {
    /// `created`, or `waiting` where an administrator decides.
    pub state: String,
    /// The account's name, if it is there.
    pub username: String,
}

/// Somebody who waits for approval (`GET /admin/sign_ups`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUp {
    /// Its id.
    pub id: i64,
    /// The name that the account would have.
    pub username: String,
    /// For people; may be empty.
    pub full_name: String,
    /// The address, which was answered from.
    pub email: String,
    /// When it was asked for.
    pub created_at: Time,
}

/// An invitation (`/admin/invitations`).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Its id.
    pub id: i64,
    /// The code; shown when it is made, and empty ever after.
    #[serde(default)]
    pub code: String,
    /// For administrators; may be empty.
    pub note: String,
    /// Accounts that can be made with it.
    pub uses: u32,
    /// Accounts that were.
    pub used: u32,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
}

crate::redacted!(Invitation);

/// `POST /admin/invitations`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateInvitationOption {
    /// For administrators; may be empty.
    pub note: String,
    /// Accounts that can be made with it; one if absent.
    pub uses: Option<u32>,
    /// When it ends; after a week if absent.
    pub expires_at: Option<Time>,
}
