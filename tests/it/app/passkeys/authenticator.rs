//! An authenticator and its browser, as far as a server sees them. Written anew here, so that it is not the server's own reading that proves the server right; what
//! they say can be made false.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_app::identity::{Assertion, PasskeyAsked, PasskeyToMake, Registration};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};

/// Who is there was seen and verified.
pub const VERIFIED: u8 = 0x05;
/// Seen alone.
pub const PRESENT: u8 = 0x01;

#[derive(Clone)]
pub enum Key {
    Es256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// One passkey, and what is said of it.
#[derive(Clone)]
pub struct Authenticator {
    pub key: Key,
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    pub origin: String,
    /// The site's id that is signed.
    pub site: String,
    pub flags: u8,
    pub count: u32,
    /// What the browser calls a signature and a new passkey.
    pub kinds: (&'static str, &'static str),
    /// More fields of what the browser says.
    pub more: String,
    /// More bytes after what the authenticator says.
    pub extra: Vec<u8>,
}

impl Authenticator {
    /// With a key on P-256.
    pub fn new(id: &str) -> Authenticator {
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        Authenticator {
            key: Key::Es256(key.as_ref().to_vec()),
            id: id.as_bytes().to_vec(),
            handle: Vec::new(),
            origin: "http://forge.test".to_owned(),
            site: "forge.test".to_owned(),
            flags: VERIFIED,
            count: 0,
            kinds: ("webauthn.get", "webauthn.create"),
            more: String::new(),
            extra: Vec::new(),
        }
    }

    /// With a key on curve 25519.
    pub fn ed25519(id: &str) -> Authenticator {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Authenticator { key: Key::Ed25519(key.as_ref().to_vec()), ..Authenticator::new(id) }
    }

    /// Makes the passkey.
    pub fn make(&mut self, wanted: &PasskeyToMake) -> Registration {
        self.handle = wanted.user_handle.to_vec();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let attested = [&[0; 16][..], &length, &self.id, &self.cose()].concat();
        let data = [self.data(0x40), attested, self.extra.clone()].concat();
        let size = u16::try_from(data.len()).unwrap().to_be_bytes();
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let attestation = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &size, &data].concat();
        Registration { id: self.id.clone(), client_data: self.client_data(self.kinds.1, &wanted.asked.challenge), attestation }
    }

    /// Signs what is asked.
    pub fn sign(&self, asked: &PasskeyAsked) -> Assertion {
        let authenticator_data = [self.data(0), self.extra.clone()].concat();
        let client_data = self.client_data(self.kinds.0, &asked.challenge);
        let signed = [authenticator_data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = match &self.key {
            Key::Es256(_) => self.es256().sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec(),
            Key::Ed25519(_) => self.ed25519_pair().sign(&signed).as_ref().to_vec(),
        };
        Assertion { id: self.id.clone(), client_data, authenticator_data, signature, user_handle: self.handle.clone() }
    }

    fn data(&self, more: u8) -> Vec<u8> {
        [&Sha256::digest(&self.site)[..], &[self.flags | more], &self.count.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let (challenge, origin, more) = (URL_SAFE_NO_PAD.encode(challenge), &self.origin, &self.more);
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"{more}}}").into_bytes()
    }

    fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(_) => {
                let pair = self.es256();
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat()
            }
            Key::Ed25519(_) => [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], self.ed25519_pair().public_key().as_ref()].concat(),
        }
    }

    fn es256(&self) -> EcdsaKeyPair {
        let (Key::Es256(bytes) | Key::Ed25519(bytes)) = &self.key;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes, &SystemRandom::new()).unwrap()
    }

    fn ed25519_pair(&self) -> Ed25519KeyPair {
        let (Key::Es256(bytes) | Key::Ed25519(bytes)) = &self.key;
        Ed25519KeyPair::from_pkcs8(bytes).unwrap()
    }
}
