//! What authenticators say: the bytes of passkeys (W3C Web Authentication Level 2), read and bounded. Whether a signature fits, and what was asked, is
//! not this module's.

mod authenticator;
mod cbor;
mod key;

pub use authenticator::{Attested, AuthenticatorData, MAX_CREDENTIAL_ID, attested_data};
pub use key::PasskeyKey;

/// Bytes of a registration or an assertion that are looked at, at most: statements of honest authenticators have a few kilobytes.
pub const MAX_BYTES: usize = 16 << 10;
