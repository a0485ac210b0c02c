//! Percent-encoding (RFC 3986), for every address that the server writes or reads.

/// Encodes bytes for a path, keeping `/` and what RFC 3986 calls unreserved.
pub fn encode_path(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Encodes bytes for one segment of a path, or for the value of a query parameter: slashes too.
pub fn encode_segment(bytes: &[u8]) -> String {
    encode_path(bytes).replace('/', "%2F")
}

/// The reverse: `None` for a `%` without two hexadecimal digits.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            _ => out.push(byte),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_survive_an_address() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode_path(&bytes)).unwrap(), bytes);
        assert_eq!(encode_path(b"a/b c\xff%"), "a/b%20c%FF%25");
        assert_eq!(encode_segment(b"a/b"), "a%2Fb");
        assert!(decode("%").is_none() && decode("%4").is_none() && decode("%zz").is_none());
    }
}
