//! Time-based one-time passwords (RFC 6238) as every authenticator app makes them: HMAC-SHA-1, six digits, steps of 30 seconds.

use hardie_domain::base32;
use hardie_domain::percent::encode_segment;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::ports::Entropy;
use crate::signing::hmac_sha1;

/// Digits of a code.
pub(super) const DIGITS: usize = 6;
/// As long as the hash, which RFC 4226 recommends (section 4, R6).
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// Steps on either side of the present: clocks differ, and typing takes its time.
const SKEW: i64 = 1;

/// A secret that nobody else has, in base32.
pub(super) fn generate(entropy: &dyn Entropy) -> Secret {
    let mut bytes = Zeroizing::new([0u8; SECRET_BYTES]);
    entropy.fill(bytes.as_mut());
    Secret::new(base32::encode(bytes.as_ref()))
}

/// What apps read, out of a picture or a link (Google Authenticator's "Key Uri Format").
pub(super) fn uri(secret: &Secret, issuer: &str, account: &str) -> Secret {
    let (issuer, account) = (encode_segment(issuer.as_bytes()), encode_segment(account.as_bytes()));
    let secret = secret.expose();
    Secret::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    ))
}

/// The time step of which this is the code; the earliest, if of several. `None` if of none that counts now.
pub(super) fn step_of(secret: &Secret, code: &str, now: Timestamp, after: i64) -> Option<i64> {
    let key = Zeroizing::new(base32::decode(secret.expose())?);
    let present = now.seconds().div_euclid(STEP_SECONDS);
    let steps = present - SKEW..=present + SKEW;
    steps.filter(|step| *step > after).find(|step| bool::from(self::code(&key, *step).as_bytes().ct_eq(code.as_bytes())))
}

/// RFC 4226, section 5.3.
fn code(key: &[u8], step: i64) -> String {
    let hash = hmac_sha1(key, &step.to_be_bytes());
    let offset = usize::from(hash.last().copied().unwrap_or_default() & 15);
    let bytes = hash.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    let number = (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000;
    format!("{number:0DIGITS$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    /// RFC 6238, appendix B: the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = Secret::new(base32::encode(b"12345678901234567890"));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step_of(&secret, code, at(seconds), 0), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_for_one_step_on_either_side_and_not_again() {
        let secret = Secret::new(base32::encode(b"12345678901234567890"));
        let step = 1_111_111_109 / 30;
        let is_taken = |seconds: i64, after: i64| step_of(&secret, "081804", at(seconds), after).is_some();
        for seconds in [(step - 1) * 30, step * 30, step * 30 + 59] {
            assert!(is_taken(seconds, step - 1), "{seconds}");
            assert!(!is_taken(seconds, step), "{seconds}");
        }
        assert!(!is_taken((step - 1) * 30 - 1, 0) && !is_taken(step * 30 + 60, 0));
        for wrong in ["", "81804", "0081804", "081805", "08180é"] {
            assert_eq!(step_of(&secret, wrong, at(step * 30), 0), None, "{wrong}");
        }
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let uri = uri(&Secret::new("ABC"), "git.example.org:8080", "ann");
        let issuer = "git.example.org%3A8080";
        assert_eq!(uri.expose(), format!("otpauth://totp/{issuer}:ann?secret=ABC&issuer={issuer}&algorithm=SHA1&digits=6&period=30"));
    }
}
