//! How secrets are sealed before they become rows: XChaCha20-Poly1305 under a key that no row holds.
//!
//! A sealed value opens only for what it was sealed for: that is authenticated with it, so that a row which somebody moved or bound anew in
//! the database stays closed.

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305, XNonce};
use hardie_domain::secret::Secret;
use zeroize::Zeroizing;

use crate::ports::Entropy;
use crate::signing::SigningKey;

const NONCE_BYTES: usize = 24;
/// No purpose begins with another (see [`crate::signing`]).
const SEAL: &[u8] = b"hardie sealing of secrets";
const NAME: &[u8] = b"hardie name of a sealing key";
/// Bytes of a key's name.
const NAME_BYTES: usize = 8;

/// The key that seals, and earlier ones that still open. `Debug` shows names alone.
#[derive(Clone, Debug)]
pub struct SealingKeys {
    current: SealingKey,
    earlier: Vec<SealingKey>,
}

/// A value as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the key.
    pub key_id: String,
    /// The nonce, then the value with its tag.
    pub bytes: Vec<u8>,
}

/// Why a value does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// None of the keys is the one that sealed it.
    #[error("it was sealed under the key {0}, which this server does not have")]
    OtherKey(String),
    /// The bytes are not what was sealed for this.
    #[error("it is damaged, or was sealed for something else")]
    Damaged,
}

/// One key of 32 bytes.
#[derive(Clone)]
struct SealingKey {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[key {}]", self.id)
    }
}

impl SealingKey {
    /// What the file holds signs as well, so neither the key nor its name is a part of it.
    fn of(file: &[u8; 32]) -> SealingKey {
        let source = SigningKey::new(*file);
        let name = source.seal(NAME, b"");
        SealingKey { id: hex::encode(name.get(..NAME_BYTES).unwrap_or(&name)), key: Zeroizing::new(source.seal(SEAL, b"")) }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

impl SealingKeys {
    /// Keys by what their files hold: the one that seals, and those that only open.
    pub fn new(current: &[u8; 32], earlier: &[Zeroizing<[u8; 32]>]) -> SealingKeys {
        SealingKeys { current: SealingKey::of(current), earlier: earlier.iter().map(|file| SealingKey::of(file)).collect() }
    }

    /// The name of the key that seals.
    pub fn current(&self) -> &str {
        &self.current.id
    }

    /// Whether what the key of this name sealed can be opened.
    pub fn has(&self, key_id: &str) -> bool {
        self.find(key_id).is_some()
    }

    fn find(&self, key_id: &str) -> Option<&SealingKey> {
        std::iter::once(&self.current).chain(&self.earlier).find(|key| key.id == key_id)
    }

    /// Seals a value for `purpose`, without which it does not open.
    pub fn seal(&self, entropy: &dyn Entropy, purpose: &[u8], value: &Secret) -> Result<Sealed, crate::Error> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        // Room for the tag, so that the value is not left behind in memory when it grows.
        let mut buffer = Zeroizing::new(Vec::with_capacity(value.expose().len().saturating_add(64)));
        buffer.extend_from_slice(value.expose().as_bytes());
        let sealed = self.current.cipher().encrypt_in_place(&XNonce::from(nonce), purpose, &mut *buffer);
        sealed.map_err(|_| crate::Error::internal("a secret is too long to be sealed"))?;
        Ok(Sealed { key_id: self.current.id.clone(), bytes: [&nonce, buffer.as_slice()].concat() })
    }

    /// Opens what was sealed for `purpose`.
    pub fn open(&self, key_id: &str, purpose: &[u8], sealed: &[u8]) -> Result<Secret, Closed> {
        let key = self.find(key_id).ok_or_else(|| Closed::OtherKey(key_id.to_owned()))?;
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Closed::Damaged)?;
        let mut buffer = Zeroizing::new(rest.to_vec());
        key.cipher().decrypt_in_place(&XNonce::from(*nonce), purpose, &mut *buffer).map_err(|_| Closed::Damaged)?;
        std::str::from_utf8(&buffer).map(Secret::new).map_err(|_| Closed::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn keys(current: u8, earlier: &[u8]) -> SealingKeys {
        let earlier: Vec<_> = earlier.iter().map(|byte| Zeroizing::new([*byte; 32])).collect();
        SealingKeys::new(&[current; 32], &earlier)
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone() {
        let (keys, value) = (keys(1, &[]), Secret::new("s3cr3t-value"));
        let sealed = keys.seal(&Sevens, b"for this", &value).unwrap();
        assert_eq!(keys.open(&sealed.key_id, b"for this", &sealed.bytes), Ok(value));
        assert!(!sealed.bytes.windows(4).any(|part| part == b"s3cr"), "it cannot be read");
        assert_eq!(sealed.bytes.len(), NONCE_BYTES + 12 + 16);
        for other in [&b"for that"[..], b"for this ", b""] {
            assert_eq!(keys.open(&sealed.key_id, other, &sealed.bytes), Err(Closed::Damaged));
        }
        for at in 0..sealed.bytes.len() {
            let mut bytes = sealed.bytes.clone();
            bytes[at] ^= 1;
            assert_eq!(keys.open(&sealed.key_id, b"for this", &bytes), Err(Closed::Damaged), "byte {at}");
        }
        for short in [&b""[..], &sealed.bytes[..NONCE_BYTES], &sealed.bytes[..NONCE_BYTES + 15]] {
            assert_eq!(keys.open(&sealed.key_id, b"for this", short), Err(Closed::Damaged));
        }
    }

    #[test]
    fn a_key_opens_what_it_sealed_and_an_earlier_one_still_does() {
        let old = keys(1, &[]);
        let sealed = old.seal(&Sevens, b"x", &Secret::new("s3cr3t-value")).unwrap();
        let lost = keys(2, &[]);
        assert_eq!(lost.open(&sealed.key_id, b"x", &sealed.bytes), Err(Closed::OtherKey(old.current().to_owned())));
        assert_eq!(lost.open(lost.current(), b"x", &sealed.bytes), Err(Closed::Damaged), "under another name");
        let rotated = keys(2, &[3, 1]);
        assert!(rotated.has(&sealed.key_id) && rotated.current() == lost.current() && !lost.has(&sealed.key_id));
        assert!(rotated.open(&sealed.key_id, b"x", &sealed.bytes).is_ok());
        assert!(!format!("{rotated:?}").contains("2, 2"), "{rotated:?}");
    }

    /// Sealed by libsodium's construction: draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_cipher_is_the_one_of_the_draft() {
        let key: [u8; 32] = std::array::from_fn(|n| 0x80 + n as u8);
        let nonce: [u8; 24] = std::array::from_fn(|n| 0x40 + n as u8);
        let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let purpose = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
        let mut buffer = text.as_bytes().to_vec();
        let cipher = SealingKey { id: String::new(), key: Zeroizing::new(key) }.cipher();
        cipher.encrypt_in_place(&XNonce::from(nonce), &purpose, &mut buffer).unwrap();
        assert_eq!(hex::encode(&buffer[..8]), "bd6d179d3e83d43b");
        assert_eq!(hex::encode(&buffer[text.len()..]), "c0875924c1c7987947deafd8780acf49");
    }
}
