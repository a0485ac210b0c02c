//! Who somebody is: passwords, second factors, passkeys, access tokens, SSH keys, browser sessions. One function for each kind of proof; each gives an
//! [`Actor`](hardie_domain::access::Actor) with the scopes that this proof carries, or nothing.
//!
//! A disabled user proves nothing by any of them, from the moment the row says so.

pub(crate) mod actor;
mod admission;
mod attempts;
mod basic;
mod deploy_keys;
mod enrolment;
mod factor;
mod factor_keys;
mod gpg_keys;
mod keys;
mod narrowing;
mod passes;
mod passkeys;
pub(crate) mod passwords;
mod recovery;
mod reset;
mod sessions;
mod standing;
mod tokens;
mod totp;

pub use admission::admit;
pub(crate) use basic::is_password_of;
pub use basic::{authenticate_basic, authenticate_basic_with, authenticate_token};
pub use enrolment::{
    Enrolment, FactorState, FactorUser, begin_factor, confirm_factor, disable_factor, factor_state, list_factor_users,
    renew_recovery_codes, reset_factor,
};
pub use factor::Second;
pub use factor_keys::{FactorsReport, check_factors, factors_without_key};
pub use gpg_keys::{
    GpgKey, NewGpgKey, Part as GpgPart, add_gpg_key, delete_gpg_key, get_gpg_key, gpg_key_token, list_gpg_keys, verify_gpg_key,
};
pub use keys::{Key, NewKey, add_ssh_key, authenticate_ssh_key, delete_ssh_key, get_ssh_key, is_known_ssh_key, list_ssh_keys};
pub(crate) use keys::{checked_title, require_lasting};
pub use narrowing::{NewNarrowing, repositories_of};
pub(crate) use passes::issue_pass;
pub use passes::{PASS_PREFIX, Pass, authenticate_pass};
pub use passkeys::{
    AddedPasskey, Assertion, NewPasskey, Passkey, PasskeyAsked, PasskeyCode, PasskeySignIn, PasskeyToMake, Registration, add_passkey,
    begin_passkey, begin_passkey_code, begin_passkey_sign_in, list_passkeys, passkey_code, remove_passkey, sign_in_by_passkey,
};
pub use reset::{request_reset, reset_password};
pub(crate) use sessions::confirm_password;
pub use sessions::{
    NewSession, Session, SignIn, SignedIn, authenticate_session, change_password, list_sessions, revoke_session, sign_in, sign_out,
};
pub(crate) use standing::{as_of_now, require_standing};
pub use tokens::{CreatedToken, NewToken, Token, create_token, delete_token, get_token, list_tokens};
