//! What this server signs with: HMAC-SHA-256 under one secret key, a purpose at a time.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// Bytes of a seal.
pub const SEAL_BYTES: usize = 32;

/// The key. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

impl SigningKey {
    /// A key that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> SigningKey {
        SigningKey(bytes)
    }

    /// Signs. What is signed for one purpose is worth nothing for another; no purpose begins with another.
    pub(crate) fn seal(&self, purpose: &[u8], message: &[u8]) -> [u8; SEAL_BYTES] {
        self.mac(purpose, message).finalize().into_bytes().into()
    }

    /// Whether this key signed it; takes the same time whatever differs.
    pub(crate) fn is_sealed(&self, purpose: &[u8], message: &[u8], seal: &[u8]) -> bool {
        self.mac(purpose, message).verify_slice(seal).is_ok()
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> Hmac<Sha256> {
        // RFC 2104: a key shorter than the block is filled up with zeros.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
        mac.update(purpose);
        mac.update(message);
        mac
    }
}

/// HMAC-SHA-1 (RFC 2104), where others have settled on it.
pub(crate) fn hmac_sha1(key: &[u8], message: &[u8]) -> Vec<u8> {
    // A key of any length will do, so this makes one.
    let Ok(mut mac) = <Hmac<Sha1> as hmac::Mac>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
