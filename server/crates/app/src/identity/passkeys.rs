//! Passkeys: keys that an authenticator keeps and signs with for this site alone (W3C Web Authentication Level 2). A passkey is a second factor beside the
//! password, and with its owner verified by the authenticator it stands for both.
//!
//! Start reading at [`challenge`], then `verify` (what a signature must be over), then `sign_in`.

mod challenge;
mod client_data;
mod code;
mod own;
mod sign_in;
mod signature;
mod site;
mod verify;

use hardie_domain::secret::Secret;

pub use code::{PasskeyCode, begin_passkey_code, passkey_code};
pub use hardie_store::passkeys::PasskeyRow as Passkey;
pub use own::{AddedPasskey, NewPasskey, PasskeyToMake, add_passkey, begin_passkey, list_passkeys, remove_passkey};
pub use sign_in::{PasskeySignIn, begin_passkey_sign_in, sign_in_by_passkey};
pub use verify::{Assertion, Registration};

/// What a browser is asked to have signed.
#[derive(Clone, Debug)]
pub struct PasskeyAsked {
    /// What is signed.
    pub challenge: [u8; 32],
    /// What the browser brings back with the answer: HttpOnly, so that no page lends a challenge to another browser.
    pub cookie: Secret,
    /// Seconds that both are good for.
    pub seconds: i64,
    /// The id of this site.
    pub site: String,
    /// Ids of passkeys that will do; any of this site if there are none.
    pub allowed: Vec<Vec<u8>>,
    /// Whether the authenticator must verify who is there.
    pub verified: bool,
}
