//! OpenPGP keys and the detached signatures made with them (RFC 4880, RFC 9580). What a key says of itself counts where the key itself
//! has signed it, and nothing that others signed.

use std::io::Cursor;

use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{KeyFlags, Signature, SignatureType};
use pgp::types::{Fingerprint, KeyDetails, KeyVersion, Tag};

use super::SignatureError;

/// The most bytes of a key in its armour.
pub const MOST_KEY_BYTES: usize = 64 << 10;
/// Signatures of a key by itself that are looked at. Those by others cost as much to tell apart, so all are counted.
const MOST_SELF_SIGNATURES: usize = 300;
/// Names and subkeys of a key.
const MOST_PARTS: usize = 50;
const BEGIN_PRIVATE: &str = "-----BEGIN PGP PRIVATE KEY BLOCK-----";

/// Why a text is no key that is taken. Each text follows the name of the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an armoured public key.
    #[error("is not an armoured OpenPGP public key: 'gpg --armor --export KEY-ID' prints one")]
    Unreadable,
    /// Somebody pasted the wrong half.
    #[error("is a private key: never give it to anybody; 'gpg --armor --export KEY-ID' prints the public one")]
    Private,
    /// More than one in one text.
    #[error("holds more than one key: add them one by one")]
    Several,
    /// Over a bound.
    #[error(
        "is too large: a key with at most {MOST_PARTS} names, {MOST_PARTS} subkeys and {MOST_SELF_SIGNATURES} signatures is taken ('gpg --export-options export-minimal')"
    )]
    TooLarge,
    /// An old or unknown kind.
    #[error("is of a kind that is not taken: version 4 or 6 with RSA, ECDSA, Ed25519 or Ed448 is")]
    Kind,
    /// The key revoked itself.
    #[error("is revoked")]
    Revoked,
    /// It can sign nothing.
    #[error("has no part that may sign and counts today")]
    CannotSign,
}

/// A public key with its subkeys.
#[derive(Clone, Debug)]
pub struct PublicKey {
    inner: SignedPublicKey,
    parts: Vec<Part>,
    emails: Vec<String>,
    revoked: bool,
}

/// The primary key or a subkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// 16 hexadecimal digits in capitals, as `gpg --keyid-format long` prints them.
    pub key_id: String,
    /// The whole fingerprint, in capitals.
    pub fingerprint: String,
    /// Which subkey; `None` for the primary key.
    subkey: Option<usize>,
    /// Whether it may sign data.
    pub can_sign: bool,
    /// Whether it may certify keys.
    pub can_certify: bool,
    /// Whether mails may be encrypted to it.
    pub can_encrypt_comms: bool,
    /// Whether files may be encrypted to it.
    pub can_encrypt_storage: bool,
    /// When it was made; seconds since the epoch.
    pub created: i64,
    /// When it ends, likewise.
    pub expires: Option<i64>,
}

impl Part {
    /// Whether it is the primary key.
    pub fn is_primary(&self) -> bool {
        self.subkey.is_none()
    }

    fn lived(&self, at: i64) -> bool {
        self.created <= at && self.expires.is_none_or(|end| at < end)
    }
}

/// A detached signature.
#[derive(Clone, Debug)]
pub struct Detached {
    inner: DetachedSignature,
    issuer: String,
}

/// What a good signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The id of the part that has signed.
    pub key_id: String,
    /// When the signature ends, if it does; seconds since the epoch.
    pub until: Option<i64>,
}

impl Detached {
    /// Reads an armoured signature.
    pub fn read(armour: &[u8]) -> Result<Detached, SignatureError> {
        let (inner, _) = DetachedSignature::from_armor_single(Cursor::new(armour)).map_err(|_| SignatureError::Damaged)?;
        let of_fingerprint = |print: &&Fingerprint| key_id_of(print);
        let issuer = inner.signature.issuer_fingerprint().iter().find_map(of_fingerprint);
        let issuer = issuer.or_else(|| inner.signature.issuer_key_id().first().map(|id| hex::encode_upper(id.as_ref())));
        Ok(Detached { inner, issuer: issuer.ok_or(SignatureError::Damaged)? })
    }

    /// The id of the key that it says it was made with.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl PublicKey {
    /// Reads an armoured key and looks at what it says of itself.
    pub fn read(armour: &str) -> Result<PublicKey, KeyError> {
        if armour.len() > MOST_KEY_BYTES {
            return Err(KeyError::TooLarge);
        }
        let armour = armour.trim();
        if armour.starts_with(BEGIN_PRIVATE) {
            return Err(KeyError::Private);
        }
        let (mut found, _) = SignedPublicKey::from_armor_many(Cursor::new(armour.as_bytes())).map_err(|_| KeyError::Unreadable)?;
        let inner = found.next().ok_or(KeyError::Unreadable)?.map_err(|_| KeyError::Unreadable)?;
        match found.next() {
            None => {}
            Some(Ok(_)) => return Err(KeyError::Several),
            Some(Err(_)) => return Err(KeyError::Unreadable),
        }
        drop(found);
        if !matches!(inner.primary_key.version(), KeyVersion::V4 | KeyVersion::V6) || !is_bounded(&inner.primary_key) {
            return Err(KeyError::Kind);
        }
        let details = &inner.details;
        let signatures = details.users.iter().map(|user| user.signatures.len()).sum::<usize>()
            + inner.public_subkeys.iter().map(|sub| sub.signatures.len()).sum::<usize>()
            + details.direct_signatures.len()
            + details.revocation_signatures.len();
        if signatures > MOST_SELF_SIGNATURES || details.users.len() > MOST_PARTS || inner.public_subkeys.len() > MOST_PARTS {
            return Err(KeyError::TooLarge);
        }
        let revoked = details.revocation_signatures.iter().any(|signature| signature.verify_key(&inner.primary_key).is_ok());
        let (primary, emails) = primary(&inner);
        let mut parts = vec![primary];
        for (index, sub) in inner.public_subkeys.iter().enumerate() {
            parts.extend(subkey(&inner, index, sub));
        }
        Ok(PublicKey { inner, parts, emails, revoked })
    }

    /// Refuses a key that nothing can be signed with at this time.
    pub fn require_use(&self, now: i64) -> Result<(), KeyError> {
        if self.revoked {
            return Err(KeyError::Revoked);
        }
        // One that was made in the future is only by a clock that differs.
        let counts = |part: &Part| part.expires.is_none_or(|end| now < end);
        let usable = self.parts.iter().any(|part| part.can_sign && counts(part));
        if usable && counts(&self.primary()) { Ok(()) } else { Err(KeyError::CannotSign) }
    }

    /// The primary key, then the subkeys that it has bound and not revoked.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The addresses in the names that it has signed and not revoked.
    pub fn emails(&self) -> &[String] {
        &self.emails
    }

    fn primary(&self) -> Part {
        // `read` puts it there.
        self.parts.first().cloned().unwrap_or_else(|| primary(&self.inner).0)
    }

    /// Proves that a part of this key that may sign has signed these bytes at a time when it lived.
    pub fn check(&self, signature: &Detached, payload: &[u8]) -> Result<Checked, SignatureError> {
        let inner = &signature.inner.signature;
        if !matches!(inner.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
            return Err(SignatureError::Wrong);
        }
        if matches!(inner.hash_alg(), None | Some(HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)) {
            return Err(SignatureError::Weak);
        }
        let made = inner.created().map(|at| i64::from(at.as_secs())).ok_or(SignatureError::Wrong)?;
        if self.revoked || !self.primary().lived(made) {
            return Err(SignatureError::Wrong);
        }
        let part = self.parts.iter().find(|part| part.key_id == signature.issuer && part.can_sign && part.lived(made));
        let part = part.ok_or(SignatureError::Wrong)?;
        let good = match part.subkey {
            None => signature.inner.verify(&self.inner.primary_key, payload).is_ok(),
            Some(index) => self.inner.public_subkeys.get(index).is_some_and(|subkey| signature.inner.verify(&subkey.key, payload).is_ok()),
        };
        let lasts = inner.signature_expiration_time().map(|time| i64::from(time.as_secs())).filter(|seconds| *seconds > 0);
        good.then(|| Checked { key_id: part.key_id.clone(), until: lasts.map(|seconds| made + seconds) }).ok_or(SignatureError::Wrong)
    }
}

/// The primary key and the addresses of its names.
fn primary(key: &SignedPublicKey) -> (Part, Vec<String>) {
    let own = &key.primary_key;
    let mut newest: Option<&Signature> = None;
    let mut emails = Vec::new();
    let mut take = |signature| newest = Some(newer(newest, signature));
    for user in &key.details.users {
        let signed = user.signatures.iter().filter(|signature| signature.verify_certification(own, Tag::UserId, &user.id).is_ok());
        let last = signed.reduce(|last, next| newer(Some(last), next));
        let Some(last) = last.filter(|last| last.is_certification()) else { continue };
        take(last);
        if let Some(email) = user.id.as_str().and_then(email_of)
            && !emails.contains(&email)
        {
            emails.push(email);
        }
    }
    key.details.direct_signatures.iter().filter(|signature| signature.verify_key(own).is_ok()).for_each(take);
    let flags = newest.map(Signature::key_flags).unwrap_or_default();
    // Old keys say nothing of what they are for.
    let says_nothing = !(flags.sign() || flags.certify() || flags.encrypt_comms() || flags.encrypt_storage() || flags.authentication());
    let mut part = part(own, &flags, newest);
    if newest.is_some() {
        part.can_certify = true;
        part.can_sign |= says_nothing;
    }
    (part, emails)
}

/// A subkey, if the primary key has bound it, it has bound itself where it may sign, and nobody revoked it.
fn subkey(key: &SignedPublicKey, index: usize, sub: &SignedPublicSubKey) -> Option<Part> {
    let own = &key.primary_key;
    let signed = || sub.signatures.iter().filter(|signature| signature.verify_subkey_binding(own, &sub.key).is_ok());
    if signed().any(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation)) {
        return None;
    }
    let last = signed().reduce(|last, next| newer(Some(last), next))?;
    let flags = last.key_flags();
    let mut part = Part { subkey: Some(index), ..part(&sub.key, &flags, Some(last)) };
    // Else anybody could bind a stranger's key and claim what it signed.
    part.can_sign = part.can_sign
        && is_bounded(&sub.key)
        && last.embedded_signature().is_some_and(|back| back.verify_primary_key_binding(&sub.key, own).is_ok());
    Some(part)
}

/// Whether checking what the key signs takes a bounded time: DSA computes with numbers of any size that the key gives.
fn is_bounded(key: &impl KeyDetails) -> bool {
    use PublicKeyAlgorithm::{ECDSA, Ed448, Ed25519, EdDSALegacy, RSA, RSASign};
    matches!(key.algorithm(), RSA | RSASign | ECDSA | EdDSALegacy | Ed25519 | Ed448)
}

fn part(key: &impl KeyDetails, flags: &KeyFlags, newest: Option<&Signature>) -> Part {
    let created = i64::from(key.created_at().as_secs());
    let lasts = newest.and_then(Signature::key_expiration_time).map(|time| i64::from(time.as_secs())).filter(|seconds| *seconds > 0);
    Part {
        key_id: hex::encode_upper(key.legacy_key_id().as_ref()),
        fingerprint: hex::encode_upper(key.fingerprint().as_bytes()),
        subkey: None,
        can_sign: flags.sign(),
        can_certify: flags.certify(),
        can_encrypt_comms: flags.encrypt_comms(),
        can_encrypt_storage: flags.encrypt_storage(),
        created,
        expires: lasts.map(|seconds| created + seconds),
    }
}

fn newer<'a>(last: Option<&'a Signature>, next: &'a Signature) -> &'a Signature {
    let time = |signature: &Signature| signature.created().map_or(0, |at| at.as_secs());
    match last {
        Some(last) if time(last) > time(next) => last,
        _ => next,
    }
}

/// The key id in a fingerprint: its end, or its beginning since version 6.
fn key_id_of(print: &Fingerprint) -> Option<String> {
    let bytes = print.as_bytes();
    let id = match print.version()? {
        KeyVersion::V4 => bytes.get(bytes.len().checked_sub(8)?..)?,
        KeyVersion::V6 => bytes.get(..8)?,
        _ => return None,
    };
    Some(hex::encode_upper(id))
}

/// The address in `Name (comment) <address>`, or the whole if it is one.
fn email_of(name: &str) -> Option<String> {
    let address = match name.rsplit_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => name,
    };
    let address = address.trim();
    (address.contains('@') && !address.contains(|c: char| c.is_control() || c.is_whitespace())).then(|| address.to_owned())
}
