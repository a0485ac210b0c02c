//! Base32 (RFC 4648, section 6) without padding: what people type off a screen, and how authenticator apps write secrets.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Writes bytes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits = group.iter().chain(std::iter::repeat_n(&0, 5 - group.len())).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in 0..(group.len() * 8).div_ceil(5) {
            let index = usize::try_from(bits >> (35 - 5 * place) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'A')));
        }
    }
    text
}

/// Reads bytes, in upper or lower case; `None` for any other character and for a length that no bytes have. What is left over in the last
/// character is not looked at.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0u32, 0u32);
    for character in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == character.to_ascii_uppercase())?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).ok()?);
        }
    }
    (held < 5).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    /// RFC 4648, section 10, without the padding.
    #[test]
    fn the_examples_of_the_rfc_go_both_ways() {
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
            assert_eq!(decode(&text.to_lowercase()).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(encode(&[0xff; 20]).len(), 32);
    }

    #[test]
    fn what_no_bytes_write_is_refused() {
        for bad in ["M", "MZX", "MZXW6Y", "MY======", "M1", "é", "MZ XQ"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
