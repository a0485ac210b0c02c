//! Access tokens: `hrd_`, 40 random characters of base62, and 6 characters of checksum.
//!
//! The prefix lets secret scanners find a leaked token; the checksum tells a mistyped or invented one from a revoked one
//! without asking the database. Only a hash of a token is stored.

use crate::secret::Secret;

/// What every token begins with.
pub const PREFIX: &str = "hrd_";
const RANDOM_CHARS: usize = 40;
const CHECKSUM_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A well-formed token. It says nothing about whether such a token exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken(Secret);

impl AccessToken {
    /// Makes a token from a source of unguessable bytes.
    pub fn generate(mut fill: impl FnMut(&mut [u8])) -> AccessToken {
        let mut text = PREFIX.to_owned();
        for _ in 0..RANDOM_CHARS {
            // 64 bits for one of 62 characters: the bias is below 2^-57.
            let mut bytes = [0u8; 8];
            fill(&mut bytes);
            text.push(base62(u64::from_le_bytes(bytes)));
        }
        text.push_str(&checksum(&text));
        AccessToken(Secret::new(text))
    }

    /// Takes what somebody sent; `None` if it is not shaped like a token or its checksum is wrong.
    pub fn parse(text: &str) -> Option<AccessToken> {
        let random = text.strip_prefix(PREFIX)?;
        if random.len() != RANDOM_CHARS + CHECKSUM_CHARS || !random.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let (body, sum) = text.split_at_checked(text.len() - CHECKSUM_CHARS)?;
        (checksum(body) == sum).then(|| AccessToken(Secret::new(text)))
    }

    /// The whole token: shown once to its owner, hashed for everything else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The last eight characters, by which lists tell tokens apart. Two of them are random, six are checksum.
    pub fn last_eight(&self) -> &str {
        let text = self.0.expose();
        text.get(text.len().saturating_sub(8)..).unwrap_or_default()
    }
}

fn base62(number: u64) -> char {
    let index = usize::try_from(number % 62).unwrap_or_default();
    char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
}

/// CRC-32 in base62, most significant first, padded to six characters (62^6 is above 2^32).
fn checksum(text: &str) -> String {
    let mut crc = u64::from(crc32(text.as_bytes()));
    let mut digits = [' '; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = base62(crc);
        crc /= 62;
    }
    digits.iter().collect()
}

/// CRC-32 as in ISO 3309 and zlib.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::{AccessToken, crc32};

    fn token(seed: u8) -> AccessToken {
        let mut next = seed;
        AccessToken::generate(|buffer| {
            for byte in buffer {
                next = next.wrapping_mul(29).wrapping_add(71);
                *byte = next;
            }
        })
    }

    #[test]
    fn the_checksum_is_the_usual_crc() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_generated_token_is_well_formed_and_any_changed_character_is_not() {
        let token = token(3);
        let text = token.expose();
        assert_eq!(text.len(), 50);
        assert_eq!(AccessToken::parse(text).as_ref(), Some(&token));
        assert!(text.ends_with(token.last_eight()) && token.last_eight().len() == 8);
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(AccessToken::parse(&String::from_utf8(bytes).unwrap()), None, "character {at}");
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused_without_panic() {
        let good = token(9);
        for bad in ["", "hrd_", "hrd_é", &good.expose()[1..], &format!("{}0", good.expose()), &"hrd_é".repeat(10)] {
            assert_eq!(AccessToken::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let token = token(1);
        assert!(!format!("{token:?}").contains(token.last_eight()));
    }
}
