//! Signatures in the armour in which git carries them (gitformat-signature). Those made with an SSH key are checked here; which keys
//! count is for others to say.

pub mod openpgp;

use ssh_key::{Algorithm, PublicKey, SshSig};

/// What everything is signed for that git signs with an SSH key: a signature for another purpose is none.
pub const GIT: &str = "git";
/// The bound of the crate that computes; keys to sign in with may be longer.
const MOST_RSA_BITS: u32 = 8192;
const KINDS: [(&[u8], Kind); 4] = [
    (b"-----BEGIN SSH SIGNATURE-----\n", Kind::Ssh),
    (b"-----BEGIN PGP SIGNATURE-----\n", Kind::OpenPgp),
    (b"-----BEGIN PGP MESSAGE-----\n", Kind::OpenPgp),
    (b"-----BEGIN SIGNED MESSAGE-----\n", Kind::X509),
];

#[derive(Clone, Copy)]
enum Kind {
    Ssh,
    OpenPgp,
    X509,
}

/// A signature that was read and not checked yet.
#[derive(Clone, Debug)]
pub enum Signature {
    /// By an SSH key (`gpg.format = ssh`).
    Ssh(SshSignature),
    /// Of another kind: `OpenPGP`, which [`openpgp`] reads, or `X.509`.
    Other(&'static str),
}

/// A signature by an SSH key.
#[derive(Clone, Debug)]
pub struct SshSignature {
    inner: Box<SshSig>,
    key: Vec<u8>,
}

/// Why a signature is none. Each text follows "the signature".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is nothing in the place of a signature.
    #[error("is missing")]
    Missing,
    /// It cannot be read.
    #[error("is damaged, or of a kind that this server does not know")]
    Damaged,
    /// RSA with SHA-1, which can be forged.
    #[error("is made with SHA-1, which is not taken: sign with a newer program")]
    Weak,
    /// RSA with a number that the checking code does not take.
    #[error("is made with an RSA key of more than {MOST_RSA_BITS} bits, which is not checked here: sign with a shorter key, or Ed25519")]
    TooLong,
    /// Made for something else.
    #[error("was made for something else: its namespace is not '{0}'")]
    Foreign(&'static str),
    /// Text and signature do not belong together.
    #[error("does not fit what was signed")]
    Wrong,
}

/// Whether a signature begins with this line, newline included.
pub fn begins(line: &[u8]) -> bool {
    kind(line).is_some()
}

/// Reads a signature in its armour.
pub fn read(armour: &[u8]) -> Result<Signature, SignatureError> {
    if armour.is_empty() {
        return Err(SignatureError::Missing);
    }
    match kind(armour).ok_or(SignatureError::Damaged)? {
        Kind::OpenPgp => Ok(Signature::Other("OpenPGP")),
        Kind::X509 => Ok(Signature::Other("X.509")),
        Kind::Ssh => {
            let inner = SshSig::from_pem(armour).ok().filter(|inner| inner.version() == SshSig::VERSION);
            let inner = inner.ok_or(SignatureError::Damaged)?;
            let key = PublicKey::from(inner.public_key().clone()).to_bytes().map_err(|_| SignatureError::Damaged)?;
            Ok(Signature::Ssh(SshSignature { inner: Box::new(inner), key }))
        }
    }
}

impl SshSignature {
    /// The key that it says it was made with, in its wire form. Look it up before anything is computed with it.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// Proves that [`SshSignature::key`] signed these bytes for this purpose (`ssh-keygen -Y sign -n NAMESPACE`).
    pub fn check(&self, namespace: &'static str, payload: &[u8]) -> Result<(), SignatureError> {
        if self.inner.algorithm() == (Algorithm::Rsa { hash: None }) {
            return Err(SignatureError::Weak);
        }
        let key = PublicKey::from(self.inner.public_key().clone());
        if key.key_data().rsa().is_some_and(|rsa| rsa.key_size() > MOST_RSA_BITS) {
            return Err(SignatureError::TooLong);
        }
        key.verify(namespace, payload, &self.inner).map_err(|error| match error {
            ssh_key::Error::Namespace => SignatureError::Foreign(namespace),
            _ => SignatureError::Wrong,
        })
    }
}

fn kind(text: &[u8]) -> Option<Kind> {
    KINDS.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests;
