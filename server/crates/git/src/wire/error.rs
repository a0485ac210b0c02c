//! What a client did wrong, in words that it can show to its user.

/// Hexadecimal digits of an id of the hash that this server does not have.
const SHA256_DIGITS: usize = 64;

/// A violation of the protocol or of a limit. Every text names what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A packet line does not begin with a length that exists (gitprotocol-common, "pkt-line Format").
    #[error("bad packet line: {0}")]
    Packet(String),
    /// The line is well framed, but says something that does not belong there.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// More than the server takes; the text names the limit and a way to stay below it.
    #[error("{0}")]
    Limit(String),
    /// The input ended in the middle of a request.
    #[error("the request ended early: {0}")]
    Truncated(&'static str),
}

impl WireError {
    /// A [`WireError::Protocol`] that quotes the offending bytes, cut and made printable.
    pub fn unexpected(expected: &str, got: &[u8]) -> WireError {
        WireError::Protocol(format!("expected {expected}, not '{}'", printable(got)))
    }

    /// Ids of another hash than the server's, such as `sha256`.
    pub fn object_format(client: &[u8]) -> WireError {
        WireError::Protocol(format!(
            "mismatched object format: server sha1; client {}. This server keeps SHA-1 repositories only: work in one that was made \
             with 'git init --object-format=sha1', or carry the history over with 'git fast-export' and 'git fast-import'",
            printable(client)
        ))
    }

    /// The same of a client that did not say which it has, if this is an id of the other one.
    pub fn bad_id(expected: &str, got: &[u8]) -> WireError {
        let digits = got.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits == SHA256_DIGITS { WireError::object_format(b"sha256") } else { WireError::unexpected(expected, got) }
    }
}

/// At most 100 bytes of what a client sent, with everything unprintable escaped: it ends up in logs and terminals.
pub fn printable(bytes: &[u8]) -> String {
    const MOST: usize = 100;
    let shown = bytes.get(..MOST).unwrap_or(bytes);
    let mut text: String = String::from_utf8_lossy(shown).chars().flat_map(escape).collect();
    if bytes.len() > MOST {
        text.push('…');
    }
    text
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let plain = !c.is_control();
    plain.then_some(c).into_iter().chain((!plain).then(|| c.escape_default()).into_iter().flatten())
}

/// One line of text for a place that holds exactly one: control characters become spaces, the length is cut at a character.
pub fn one_line(text: &str, most_bytes: usize) -> String {
    let mut line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut = line.floor_char_boundary(most_bytes);
    line.truncate(cut);
    line
}

#[cfg(test)]
mod tests {
    use super::{one_line, printable};

    #[test]
    fn hostile_bytes_are_quoted_harmlessly() {
        assert_eq!(printable(b"a\x1b[31m\n\0"), "a\\u{1b}[31m\\n\\u{0}");
        assert_eq!(printable(&[0xff, b'x']), "\u{fffd}x");
        assert_eq!(printable(&[b'y'; 200]).chars().count(), 101);
    }

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(one_line("no\nok refs/heads/main\n", 100), "no ok refs/heads/main");
        assert_eq!(one_line("ääää", 5), "ää");
    }
}
