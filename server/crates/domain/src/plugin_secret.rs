//! What may be given to an installation as a secret.

use crate::error::Invalid;
use crate::plugin::is_short_name;

/// Secrets of one installation.
pub const MOST: u64 = 64;
/// Bytes of a value, at least: what is shorter can be guessed, and could not be taken out of an answer without spoiling it.
pub const LEAST_BYTES: usize = 8;
/// Bytes of a value, at most.
pub const MOST_BYTES: usize = 8 << 10;
/// Bytes of the name of a header.
const HEADER_BYTES: usize = 128;

/// Refuses what a component could not name.
pub fn check_name(name: &str) -> Result<(), Invalid> {
    match is_short_name(name) {
        true => Ok(()),
        false => Err(Invalid::new("name", "of a secret is 1 to 64 of a-z, 0-9 and -")),
    }
}

/// Refuses what is too short or too long. The text does not repeat it.
pub fn check_value(value: &str) -> Result<(), Invalid> {
    if value.trim() != value {
        return Err(Invalid::new("value", "begins or ends with a blank or a line break, which would be lost on the way"));
    }
    match value.len() {
        LEAST_BYTES..=MOST_BYTES => Ok(()),
        bytes => Err(Invalid::new("value", format!("has {bytes} bytes; a secret has {LEAST_BYTES} to {MOST_BYTES}"))),
    }
}

/// A header to which a secret is bound, in lower case; empty for none.
pub fn checked_header(name: &str) -> Result<String, Invalid> {
    let name = name.trim();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name.len() <= HEADER_BYTES && plain {
        true => Ok(name.to_ascii_lowercase()),
        false => Err(Invalid::new("header", "is the name of a header, such as Authorization, or empty")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_headers_have_bounds() {
        assert!(check_name("chat-2").is_ok() && check_name(&"a".repeat(64)).is_ok());
        for name in ["", "Chat", "a_b", "a/b", "a}", "ä", &"a".repeat(65)] {
            assert_eq!(check_name(name).unwrap_err().field, "name", "{name}");
        }
        assert!(check_value("12345678").is_ok() && check_value(&"x".repeat(8192)).is_ok());
        for value in ["", "1234567", &"x".repeat(8193)] {
            let refused = check_value(value).unwrap_err();
            assert!(refused.field == "value" && (value.is_empty() || !refused.reason.contains(value)), "{refused}");
        }
        for blank in [" 12345678", "12345678\n", "12345678\t"] {
            assert_eq!(check_value(blank).unwrap_err().field, "value");
        }
        assert_eq!(checked_header(" X-Api-Key").unwrap(), "x-api-key");
        assert_eq!(checked_header("").unwrap(), "");
        for header in ["a b", "a:b", "a\r\nb", "ä", &"a".repeat(129)] {
            assert_eq!(checked_header(header).unwrap_err().field, "header", "{header}");
        }
    }
}
