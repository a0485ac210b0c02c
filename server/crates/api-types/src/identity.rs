//! What proves who somebody is: sessions, keys, tokens.

use serde::{Deserialize, Serialize};

use crate::Time;
use crate::account::User;

/// Bodies that carry a secret show nothing of themselves in logs.
#[macro_export]
#[doc(hidden)]
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

/// `POST /user/sessions`: signs a browser in. The answer is a [`SignedIn`] and an HttpOnly cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateSessionOption {
    /// The account's name.
    pub username: String,
    /// Its password.
    pub password: String,
    /// A code of the authenticator app, or a recovery code, if the account has a second factor: without it the answer is 401 and names this field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

redacted!(CreateSessionOption);

/// The answer to `POST /user/sessions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Who is signed in now.
    pub user: User,
    /// The session that began.
    pub session: Session,
}

/// A browser session (`GET /user/sessions`; ended by `DELETE /user/sessions/{id}` or `…/current`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Its id.
    pub id: i64,
    /// When it began.
    pub created_at: Time,
    /// When it was last used, to the minute or so.
    pub last_used_at: Time,
    /// When it ends by itself.
    pub expires_at: Time,
    /// The client's address at sign-in; may be empty.
    pub address: String,
    /// The browser, as it named itself at sign-in; may be empty.
    pub user_agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// An SSH public key (`GET /user/keys`, `GET /users/{username}/keys`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicKey {
    /// Its id.
    pub id: i64,
    /// The key in OpenSSH's one-line form, without its comment.
    pub key: String,
    /// Its address in the API.
    #[serde(default)]
    pub url: String,
    /// What its owner calls it.
    pub title: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// When it was added.
    pub created_at: Time,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Whether it may only fetch.
    #[serde(default)]
    pub read_only: bool,
    /// `user`.
    #[serde(default)]
    pub key_type: String,
    /// When it last proved somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
}

/// `POST /user/keys`, `POST /repos/{owner}/{repo}/keys`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateKeyOption {
    /// What its owner calls it; the key's comment if empty.
    pub title: String,
    /// The line of the `.pub` file.
    pub key: String,
    /// Whether it may only fetch: for keys of repositories alone.
    pub read_only: bool,
}

/// An SSH public key of a repository (`GET /repos/{owner}/{repo}/keys`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeployKey {
    /// Its id.
    pub id: i64,
    /// The same.
    pub key_id: i64,
    /// The key in OpenSSH's one-line form, without its comment.
    pub key: String,
    /// Its address in the API.
    #[serde(default)]
    pub url: String,
    /// What people call it.
    pub title: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// When it was added.
    pub created_at: Time,
    /// Whether it may only fetch.
    pub read_only: bool,
    /// When it was last used. (Not in Gitea.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
}

/// An access token (`GET|POST /users/{username}/tokens`; ended by `DELETE /users/{username}/tokens/{id or name}`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessToken {
    /// Its id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// The token itself: only in the answer that made it, empty ever after. (Gitea's name for it; it is no SHA-1.)
    #[serde(default)]
    pub sha1: String,
    /// Its last eight characters.
    pub token_last_eight: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it last proved somebody; [`Time::never`] if not yet.
    pub last_used_at: Time,
    /// When it ends; `null` if it does not.
    #[serde(default)]
    pub expires_at: Option<Time>,
    /// The only repositories that it is for, as far as the asker sees them; left out if it is for all. (Not in Gitea.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<String>>,
    /// Patterns of the only refs that it moves; left out if it moves all. (Not in Gitea.)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// `read` or `write`; left out if the scopes alone say it. (Not in Gitea.)
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access: String,
}

redacted!(AccessToken);

/// `POST /users/{username}/tokens`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateAccessTokenOption {
    /// What its owner calls it; unique for its owner.
    pub name: String,
    /// What it is good for, such as `read:repository` or `all`.
    pub scopes: Vec<String>,
    /// When it ends; `null` if it does not.
    pub expires_at: Option<Time>,
    /// The only repositories that it shall be for, `owner/name`, 20 at most; all if left out. With this or one of the next two fields it reads and changes the content
    /// of repositories alone, and takes no scope but that. (Not in Gitea.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<String>>,
    /// Patterns of the only refs that it shall move, such as `refs/heads/ci/**`, 20 at most; all if left out. (Not in Gitea.)
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// `read`: it changes nothing. `write`: it changes what a push may. (Not in Gitea.)
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access: String,
}

/// An OpenPGP key (`GET /user/gpg_keys`), or one of its subkeys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GpgKey {
    /// Its id; 0 for a subkey.
    pub id: i64,
    /// Of a subkey, the id of its primary key; else empty.
    pub primary_key_id: String,
    /// 16 hexadecimal digits.
    pub key_id: String,
    /// The whole key in its armour; empty for a subkey.
    pub public_key: String,
    /// The addresses in it; for everybody but its owner none.
    pub emails: Vec<GpgKeyEmail>,
    /// Its subkeys.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub subkeys: Vec<GpgKey>,
    /// Whether it may sign data.
    pub can_sign: bool,
    /// Whether mails may be encrypted to it.
    pub can_encrypt_comms: bool,
    /// Whether files may be encrypted to it.
    pub can_encrypt_storage: bool,
    /// Whether it may certify keys.
    pub can_certify: bool,
    /// Whether its owner has signed a text of this server with it. A key that is not verified counts for the addresses in it that the
    /// account has proven; one that is, for all that the account has proven.
    pub verified: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it ends; `null` if it does not.
    pub expires_at: Option<Time>,
}

/// An address in a [`GpgKey`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GpgKeyEmail {
    /// The address.
    pub email: String,
    /// Whether the account has proven it.
    pub verified: bool,
}

/// `POST /user/gpg_keys`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CreateGpgKeyOption {
    /// What `gpg --armor --export` prints.
    pub armored_public_key: String,
    /// A detached signature of what `GET /user/gpg_key_token` says, for a key that names no address of the account.
    pub armored_signature: Option<String>,
}

/// `POST /user/gpg_key_verify`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct VerifyGpgKeyOption {
    /// 16 hexadecimal digits.
    pub key_id: String,
    /// A detached signature of what `GET /user/gpg_key_token` says.
    pub armored_signature: String,
}
