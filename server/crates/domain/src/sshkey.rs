//! SSH public keys in OpenSSH's one-line form (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"), read strictly.
//!
//! The wire forms are RFC 4253 section 6.6 (RSA), RFC 5656 (ECDSA), RFC 8709 (Ed25519) and OpenSSH's `PROTOCOL.u2f`
//! (security keys). A key has exactly one accepted encoding, so that its fingerprint identifies it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::error::Invalid;

/// Kinds of keys that may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `ssh-ed25519`
    Ed25519,
    /// `ecdsa-sha2-nistp256`
    EcdsaP256,
    /// `ecdsa-sha2-nistp384`
    EcdsaP384,
    /// `ecdsa-sha2-nistp521`
    EcdsaP521,
    /// `sk-ssh-ed25519@openssh.com`, a security key
    SkEd25519,
    /// `sk-ecdsa-sha2-nistp256@openssh.com`, a security key
    SkEcdsaP256,
    /// `ssh-rsa`, signing with SHA-2
    Rsa,
}

const ALGORITHMS: [(Algorithm, &str); 7] = [
    (Algorithm::Ed25519, "ssh-ed25519"),
    (Algorithm::EcdsaP256, "ecdsa-sha2-nistp256"),
    (Algorithm::EcdsaP384, "ecdsa-sha2-nistp384"),
    (Algorithm::EcdsaP521, "ecdsa-sha2-nistp521"),
    (Algorithm::SkEd25519, "sk-ssh-ed25519@openssh.com"),
    (Algorithm::SkEcdsaP256, "sk-ecdsa-sha2-nistp256@openssh.com"),
    (Algorithm::Rsa, "ssh-rsa"),
];
const ACCEPTED: &str = "ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521, sk-ssh-ed25519@openssh.com, \
    sk-ecdsa-sha2-nistp256@openssh.com and ssh-rsa of 2048 bits or more are taken";
const MAX_LINE_BYTES: usize = 16 * 1024;
const MIN_RSA_BITS: u32 = 2048;
const MAX_RSA_BITS: u32 = 16_384;

impl Algorithm {
    /// The name on the wire and at the start of the line.
    pub fn as_str(self) -> &'static str {
        ALGORITHMS.iter().find(|(a, _)| *a == self).map_or("", |(_, name)| name)
    }
}

/// A key that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    bits: u32,
    blob: Vec<u8>,
    comment: String,
}

impl PublicKey {
    /// Reads one line: `algorithm base64 [comment]`.
    pub fn parse(line: &str) -> Result<PublicKey, Invalid> {
        let line = line.trim();
        refuse_what_is_no_line(line)?;
        let mut words = line.split_ascii_whitespace();
        let (Some(name), encoded) = (words.next(), words.next()) else {
            return Err(refused("is empty: paste one line such as 'ssh-ed25519 AAAA… you@host'"));
        };
        if !ALGORITHMS.iter().any(|(_, n)| *n == name) {
            return Err(refuse_algorithm(name));
        }
        let encoded = encoded.ok_or_else(|| refused(format!("has nothing after {name}: the key itself is missing")))?;
        let blob = STANDARD.decode(encoded).map_err(|_| refused("the part after the algorithm is not valid base64; was it cut?"))?;
        let mut key = PublicKey::from_blob(&blob)?;
        if key.algorithm.as_str() != name {
            return Err(refused(format!("says {name} but holds a key of type {}", key.algorithm.as_str())));
        }
        key.comment = words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(255).collect();
        Ok(key)
    }

    /// Reads the wire form, as a client offers it.
    pub fn from_blob(blob: &[u8]) -> Result<PublicKey, Invalid> {
        if blob.len() > MAX_LINE_BYTES {
            return Err(refused("is longer than any key that is taken"));
        }
        let mut rest = blob;
        let name = take_string(&mut rest)?;
        let name = String::from_utf8_lossy(name);
        let algorithm = ALGORITHMS.iter().find(|(_, n)| *n == name).map(|(a, _)| *a).ok_or_else(|| refuse_algorithm(&name))?;
        let bits = match algorithm {
            Algorithm::Ed25519 | Algorithm::SkEd25519 => take_ed25519(&mut rest)?,
            Algorithm::EcdsaP256 | Algorithm::SkEcdsaP256 => take_ecdsa(&mut rest, "nistp256", 32, 256)?,
            Algorithm::EcdsaP384 => take_ecdsa(&mut rest, "nistp384", 48, 384)?,
            Algorithm::EcdsaP521 => take_ecdsa(&mut rest, "nistp521", 66, 521)?,
            Algorithm::Rsa => take_rsa(&mut rest)?,
        };
        if matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaP256) && take_string(&mut rest)?.is_empty() {
            return Err(refused("names no application for the security key"));
        }
        match rest.is_empty() {
            true => Ok(PublicKey { algorithm, bits, blob: blob.to_vec(), comment: String::new() }),
            false => Err(refused("holds bytes after the end of the key")),
        }
    }

    /// The kind of key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its strength as people quote it: the length of the modulus or of the curve.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The wire form.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The rest of the line, control characters left out.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.blob)
    }

    /// The line without its comment.
    pub fn to_line(&self) -> String {
        format!("{} {}", self.algorithm.as_str(), STANDARD.encode(&self.blob))
    }
}

/// The fingerprint of any key in its wire form, taken or not.
pub fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

fn refused(reason: impl Into<String>) -> Invalid {
    Invalid::new("key", reason)
}

/// Other things that people paste, each with the way to mend it.
fn refuse_what_is_no_line(line: &str) -> Result<(), Invalid> {
    if line.contains("PRIVATE KEY") || line.starts_with("PuTTY-User-Key-File") {
        return Err(refused("this is a private key. Consider it leaked, make a new one, and paste the file that ends in .pub"));
    }
    if line.starts_with("---- BEGIN SSH2") {
        return Err(refused("this is the SSH2 form; turn it into one line with 'ssh-keygen -i -f FILE'"));
    }
    if line.len() > MAX_LINE_BYTES {
        return Err(refused(format!("is longer than {MAX_LINE_BYTES} bytes")));
    }
    match line.contains(['\n', '\r', '\0']) {
        true => Err(refused("must be a single line")),
        false => Ok(()),
    }
}

fn refuse_algorithm(name: &str) -> Invalid {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    refused(match name {
        "ssh-dss" => format!("DSA keys ({shown}) are too weak; {ACCEPTED}"),
        _ if name.contains("-cert-v0") => format!("certificates ({shown}) are not taken, only plain keys; {ACCEPTED}"),
        _ if name.contains('=') => "options before the key are not taken: begin with the algorithm".to_owned(),
        _ => format!("{shown:?} is not a kind of key that is taken; {ACCEPTED}"),
    })
}

/// RFC 4251 section 5: four bytes of length, then as many bytes.
fn take_string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Invalid> {
    let cut = || refused("is cut short or damaged");
    let (length, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut())?;
    let (value, after) = after.split_at_checked(length).ok_or_else(cut)?;
    *rest = after;
    Ok(value)
}

fn take_ed25519(rest: &mut &[u8]) -> Result<u32, Invalid> {
    match take_string(rest)?.len() {
        32 => Ok(256),
        n => Err(refused(format!("an Ed25519 key has 32 bytes, this one {n}"))),
    }
}

fn take_ecdsa(rest: &mut &[u8], curve: &str, coordinate: usize, bits: u32) -> Result<u32, Invalid> {
    if take_string(rest)? != curve.as_bytes() {
        return Err(refused(format!("does not name its curve {curve}")));
    }
    let point = take_string(rest)?;
    match point.first() == Some(&4) && point.len() == 1 + 2 * coordinate {
        true => Ok(bits),
        false => Err(refused(format!("is not an uncompressed point on {curve}"))),
    }
}

fn take_rsa(rest: &mut &[u8]) -> Result<u32, Invalid> {
    let exponent = take_positive(rest)?;
    let modulus = take_positive(rest)?;
    let bits = bit_length(modulus);
    if bits < MIN_RSA_BITS {
        return Err(refused(format!("an RSA key needs {MIN_RSA_BITS} bits or more, this one has {bits}; Ed25519 is shorter and stronger")));
    }
    if bits > MAX_RSA_BITS {
        return Err(refused(format!("an RSA key may have {MAX_RSA_BITS} bits at most, this one has {bits}")));
    }
    let odd = |n: &[u8]| n.last().is_some_and(|b| b & 1 == 1);
    match odd(modulus) && odd(exponent) && bit_length(exponent) > 1 && bit_length(exponent) <= 64 {
        true => Ok(bits),
        false => Err(refused("the RSA numbers are not those of a working key")),
    }
}

/// An `mpint` above zero in its only canonical form (RFC 4251 section 5), without the sign byte.
fn take_positive<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Invalid> {
    let number = take_string(rest)?;
    let value = match number {
        [0, value @ ..] if value.first().is_some_and(|b| b & 0x80 != 0) => value,
        [first, ..] if *first != 0 && first & 0x80 == 0 => number,
        _ => return Err(refused("holds a number that is not in canonical form")),
    };
    Ok(value)
}

fn bit_length(number: &[u8]) -> u32 {
    let bytes = u32::try_from(number.len()).unwrap_or(u32::MAX);
    bytes.saturating_mul(8) - number.first().map_or(0, |b| b.leading_zeros())
}

#[cfg(test)]
mod tests;
