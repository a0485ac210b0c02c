//! What a mail holds that proves who got it: 256 random bits, of which the hash is kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::error::Invalid;
use hardie_domain::secret::Secret;
use sha2::{Digest as _, Sha256};

use crate::{App, Error};

const BYTES: usize = 32;

/// One that was just made.
pub(crate) struct Proof {
    /// For the mail alone.
    pub(crate) secret: Secret,
    /// What is kept.
    pub(crate) hash: [u8; 32],
}

impl Proof {
    /// Makes one that nobody can guess.
    pub(crate) fn new(app: &App) -> Proof {
        let mut bytes = [0; BYTES];
        app.entropy.fill(&mut bytes);
        let secret = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
        Proof { hash: hash_of(&secret), secret }
    }
}

/// What is kept of a proof.
pub(crate) fn hash_of(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose().as_bytes()).into()
}

/// One refusal for all ways in which a proof can be no good.
pub(crate) fn unknown_proof() -> Error {
    Invalid::new("token", "is unknown, has been used or has expired: ask for another mail").into()
}
