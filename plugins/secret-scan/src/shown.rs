//! How a finding is told: where, and never the secret itself.

use sha2::{Digest as _, Sha256};

use crate::found::{Found, is_word};

/// Characters of the line before a secret that are shown.
const BEFORE: usize = 40;
/// A run of this many bytes in what is shown may be another secret, of a kind that no rule knows.
const RUN: usize = 16;
/// In a comment on a line, or on the line before: what is found there is none.
const ALLOW: &[u8] = b"hardie:allow-secret";

/// A finding, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The line, counted from 1.
    pub line: usize,
    /// The line up to the secret, and the first few characters of it.
    pub text: String,
    /// SHA-256 of the secret in hexadecimal digits.
    pub fingerprint: String,
}

/// The finding as it is told; `None` if a comment allows it.
pub fn shown(text: &[u8], found: &Found) -> Option<Shown> {
    let before = text.get(..found.from)?;
    let secret = text.get(found.from..found.to)?;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let above = before.get(..start.saturating_sub(1)).unwrap_or_default();
    let above = above.get(above.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)..).unwrap_or_default();
    let rest = text.get(start..)?;
    let line = rest.get(..rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())).unwrap_or(rest);
    if [above, line].iter().any(|line| line.windows(ALLOW.len()).any(|window| window == ALLOW)) {
        return None;
    }
    Some(Shown {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        text: format!("{}{}", lead(before.get(start..)?), masked(secret)),
        fingerprint: fingerprint(secret),
    })
}

/// By which a secret is allowed.
pub fn fingerprint(secret: &[u8]) -> String {
    Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn masked(secret: &[u8]) -> String {
    let text = String::from_utf8_lossy(secret);
    let (count, kept) = (text.chars().count(), text.chars().count() / 4);
    // Of a key in armour not even the beginning: it is a line break.
    let kept: String = text.chars().take(kept.min(4)).take_while(|c| c.is_ascii_graphic()).collect();
    format!("{kept}… ({count} characters)")
}

/// The end of what is before a secret on its line, with everything in it that might be a secret cut short.
fn lead(before: &[u8]) -> String {
    let mut out = Vec::new();
    let long = |byte: &u8| is_word(*byte) || b"+/=-".contains(byte);
    let mut rest = before;
    while let Some(byte) = rest.first() {
        let run = rest.iter().take_while(|byte| long(byte)).count();
        if run >= RUN && rest.iter().take(run).any(u8::is_ascii_digit) {
            out.extend_from_slice(rest.get(..4).unwrap_or_default());
            out.extend_from_slice("…".as_bytes());
        } else if run > 0 {
            out.extend_from_slice(rest.get(..run).unwrap_or_default());
        } else {
            out.push(*byte);
        }
        rest = rest.get(run.max(1)..).unwrap_or_default();
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    let text = text.trim_start();
    let skipped = text.chars().count().saturating_sub(BEFORE);
    if skipped == 0 { text.to_owned() } else { format!("…{}", text.chars().skip(skipped).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, secret: &str) -> Option<Shown> {
        let from = text.find(secret).unwrap();
        shown(text.as_bytes(), &Found { rule: "x", from, to: from + secret.len() })
    }

    #[test]
    fn place_and_beginning_are_told_and_the_rest_is_not() {
        let shown = told("one\ntwo\n  key = \"k7Hq2vPz9LmX4bTn\" # mine\n", "k7Hq2vPz9LmX4bTn").unwrap();
        assert_eq!((shown.line, shown.text.as_str()), (3, "key = \"k7Hq… (16 characters)"));
        assert_eq!(told("a: abcdefg", "abcdefg").unwrap().text, "a: a… (7 characters)");
    }

    #[test]
    fn another_secret_on_the_line_is_cut_short_too() {
        let shown = told("use Zx81kQ0pLw93mNv7Rt5y and k7Hq2vPz9LmX4bTn", "k7Hq2vPz9LmX4bTn").unwrap();
        assert_eq!(shown.text, "use Zx81… and k7Hq… (16 characters)");
    }

    #[test]
    fn a_comment_on_the_line_or_above_allows() {
        assert_eq!(told("k7Hq2vPz9LmX4bTn // hardie:allow-secret", "k7Hq2vPz9LmX4bTn"), None);
        assert_eq!(told("# hardie:allow-secret\nk7Hq2vPz9LmX4bTn\n", "k7Hq2vPz9LmX4bTn"), None);
        assert!(told("# hardie:allow-secret\n\nk7Hq2vPz9LmX4bTn\n", "k7Hq2vPz9LmX4bTn").is_some());
    }
}
