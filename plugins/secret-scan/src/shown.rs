//! How a finding is told: where, and never the secret itself.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::found::{Effort, Found, is_word};

/// Characters of the line before a secret that are shown.
const BEFORE: usize = 40;
/// A run of this many bytes in what is shown may be another secret, of a kind that no rule knows.
const RUN: usize = 16;
/// Bytes from which a secret is too long to be guessed.
const SHORT: usize = 20;
/// Digits that are shown of the fingerprint of a shorter one.
pub const SHORT_DIGITS: usize = 10;
/// In a comment on a line, or on the line before: what is found there is none.
const ALLOW: &[u8] = b"hardie:allow-secret";

/// A finding, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The line, counted from 1.
    pub line: usize,
    /// The line up to the secret, and the first few characters of it.
    pub text: String,
    /// SHA-256 of the secret in hexadecimal digits; of a short one the first ten.
    pub fingerprint: String,
}

/// Which lines of a text a comment allows, asked in the order of the text.
pub struct Comments<'a> {
    text: &'a [u8],
    /// The line that was asked for last.
    line: Range<usize>,
    allow: bool,
}

impl<'a> Comments<'a> {
    /// For one text.
    pub fn new(text: &'a [u8]) -> Comments<'a> {
        Comments { text, line: 0..0, allow: false }
    }

    /// Whether what is found here is none.
    pub fn allow(&mut self, at: usize, effort: &mut Effort) -> bool {
        if !self.line.contains(&at) {
            let start = line_start(self.text, at);
            let above = line_start(self.text, start.saturating_sub(1));
            let rest = self.text.get(at..).unwrap_or_default();
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            effort.spend(end - above, 200);
            let lines = self.text.get(above..end).unwrap_or_default();
            (self.line, self.allow) = (start..end, lines.windows(ALLOW.len()).any(|window| window == ALLOW));
        }
        self.allow
    }
}

fn line_start(text: &[u8], at: usize) -> usize {
    text.get(..at).unwrap_or_default().iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// The finding as it is told. `shut`: up to where the text holds another one, of which nothing is shown.
pub fn shown(text: &[u8], found: &Found, shut: usize) -> Option<Shown> {
    let before = text.get(..found.from)?;
    let secret = text.get(found.from..found.to)?;
    let start = line_start(text, found.from);
    let cut = if shut > start { "…" } else { "" };
    Some(Shown {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        text: format!("{cut}{}{}", lead(before.get(start.max(shut)..)?), masked(secret)),
        fingerprint: short(&fingerprint(secret), secret).to_owned(),
    })
}

/// By which a secret is allowed.
pub fn fingerprint(secret: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    Sha256::digest(secret).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

/// The fingerprint as it is shown. A short secret could be guessed from all of it.
pub fn short<'a>(fingerprint: &'a str, secret: &[u8]) -> &'a str {
    let length = if secret.len() < SHORT { SHORT_DIGITS } else { fingerprint.len() };
    fingerprint.get(..length).unwrap_or(fingerprint)
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
        let allowed = Comments::new(text.as_bytes()).allow(from, &mut Effort::new(100));
        shown(text.as_bytes(), &Found { rule: "x", from, to: from + secret.len() }, 0).filter(|_| !allowed)
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
        let text = b"//a:k7Hq2v9L@h x k7Hq2vPz9LmX4bTn";
        let second = super::shown(text, &Found { rule: "x", from: 17, to: text.len() }, 12).unwrap();
        assert_eq!(second.text, "…@h x k7Hq… (16 characters)");
    }

    #[test]
    fn of_a_short_secret_the_fingerprint_is_cut() {
        assert_eq!(told("k7Hq2vPz9LmX4bTn", "k7Hq2vPz9LmX4bTn").unwrap().fingerprint.len(), 10);
        assert_eq!(told("k7Hq2vPz9LmX4bTnR8wY", "k7Hq2vPz9LmX4bTnR8wY").unwrap().fingerprint.len(), 64);
    }

    #[test]
    fn a_comment_on_the_line_or_above_allows() {
        assert_eq!(told("k7Hq2vPz9LmX4bTn // hardie:allow-secret", "k7Hq2vPz9LmX4bTn"), None);
        assert_eq!(told("# hardie:allow-secret\nk7Hq2vPz9LmX4bTn\n", "k7Hq2vPz9LmX4bTn"), None);
        assert!(told("# hardie:allow-secret\n\nk7Hq2vPz9LmX4bTn\n", "k7Hq2vPz9LmX4bTn").is_some());
    }
}
