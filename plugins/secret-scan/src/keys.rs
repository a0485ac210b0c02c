//! Private keys in armour: PEM (RFC 7468), OpenSSH, PGP.

use crate::doubt;
use crate::found::{Effort, Found};

/// Bytes between the dashes of a first line, at most.
const LABEL: usize = 60;
/// Bytes of a body that are looked at; a key is shorter.
const BODY: usize = 16 << 10;
/// Base64 digits that a body must have: an Ed25519 key has 64. Less is a mention of a key.
const DIGITS: usize = 48;
/// And each line that counts: shorter ones may be words.
const LINE: usize = 32;

/// Whether a private key's first line is at `from`, where `BEGI` is, with a body behind it. The range found is the body's.
pub fn at(text: &[u8], from: usize, effort: &mut Effort) -> Option<Found> {
    let dashes = from.checked_sub(5)?;
    let label = text.get(dashes..)?.strip_prefix(b"-----BEGIN ")?;
    let length = label.iter().take(LABEL).position(|byte| *byte == b'-')?;
    let name = label.get(..length)?;
    let rest = label.get(length..)?.strip_prefix(b"-----")?;
    if !name.ends_with(b"PRIVATE KEY") && !name.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let start = text.len() - rest.len();
    let body = rest.get(..rest.len().min(BODY))?;
    let end = body.windows(4).position(|window| window == b"----").unwrap_or(body.len());
    let body = body.get(..end)?;
    effort.spend(end, 30);
    // Quotes and `\n` stand between the lines where a key is part of a program or of JSON, blanks where it was put on one line.
    let lines = body.split(|byte| matches!(byte, b'\n' | b'\\' | b'"' | b'\'' | b' ' | b'\t'));
    let digits = |line: &[u8]| {
        let line = line.strip_prefix(b"n").unwrap_or(line).trim_ascii();
        let whole = line.len() >= LINE && line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        if whole { line.len() } else { 0 }
    };
    let found: usize = lines.map(digits).sum();
    (found >= DIGITS && doubt::is_varied(body)).then_some(Found { rule: "private-key", from: start, to: start + end })
}
