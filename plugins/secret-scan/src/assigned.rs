//! `password = "…"`: values whose names say that they are secret and whose bytes look random.

use crate::doubt;
use crate::found::{Effort, Found, is_word};

/// Ends of names, in small letters and without `_` and `-`.
const NAMES: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"passphrase",
    b"secret",
    b"token",
    b"apikey",
    b"accesskey",
    b"secretkey",
    b"authkey",
    b"privatekey",
    b"encryptionkey",
    b"signingkey",
    b"masterkey",
    b"appkey",
    b"clientkey",
    b"accountkey",
    b"sessionkey",
];
/// Bytes of a value at most.
const LONGEST: usize = 256;

/// What a value must have to count.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Bytes.
    pub length: usize,
    /// Bits for each byte.
    pub entropy: f64,
}

/// Whether an assignment of a secret is around `at`, which is within the name. `bare`: values need no quotes in such a file.
pub fn at(text: &[u8], at: usize, bare: bool, measure: Measure, effort: &mut Effort) -> Option<Found> {
    let ends = text.get(at..)?.iter().take(40).position(|byte| !is_word(*byte) && *byte != b'-')?;
    let begins = text.get(..at)?.iter().rev().take(40).take_while(|byte| is_word(**byte) || **byte == b'-').count();
    let name: Vec<u8> =
        text.get(at - begins..at + ends)?.iter().filter(|byte| is_word(**byte) && **byte != b'_').map(u8::to_ascii_lowercase).collect();
    if !NAMES.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let aws = name.ends_with(b"awssecretaccesskey");
    let start = value(text, at + ends)?;
    let rest = text.get(start..)?;
    let rest = rest.get(..rest.len().min(LONGEST + 1))?;
    let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let (from, length) = match quote {
        Some(quote) => (start + 1, rest.get(1..)?.iter().position(|byte| *byte == quote || *byte == b'\n')?),
        None if bare || aws => {
            (start, rest.iter().position(|byte| !byte.is_ascii_graphic() || b"\"',;#<>()".contains(byte)).unwrap_or(rest.len()))
        }
        None => return None,
    };
    let value = text.get(from..from + length)?;
    effort.spend(length, 10);
    let rule = if aws && length == 40 { "aws-secret-key" } else { "assigned-secret" };
    (length < LONGEST && is_secret(value, measure)).then_some(Found { rule, from, to: from + length })
}

/// Where the value begins: behind `=`, `:`, `=>`, `:=` or a type and `=`; behind a closing quote of the name.
fn value(text: &[u8], mut at: usize) -> Option<usize> {
    let skip =
        |at: usize, bytes: &[u8]| at + text.get(at..).unwrap_or_default().iter().take(30).take_while(|byte| bytes.contains(byte)).count();
    at = skip(at, b"\"'])");
    at = skip(at, b" \t");
    match (text.get(at)?, text.get(at + 1)?) {
        // A comparison, not an assignment.
        (b'=', b'=') | (b'!', b'=') | (b':', b':') => return None,
        (b'=', b'>') | (b':', b'=') => at += 2,
        (b'=', _) => at += 1,
        (b':', _) => {
            at = skip(at + 1, b" \t");
            let kind = text.get(at..)?.iter().take(40).take_while(|byte| is_word(**byte) || b"&'<> \t".contains(byte)).count();
            let behind = at + kind;
            if text.get(behind) == Some(&b'=') && text.get(behind + 1) != Some(&b'=') && !matches!(text.get(at), Some(b'"' | b'\'')) {
                at = behind + 1;
            }
        }
        (b'>', _) => at += 1,
        _ => return None,
    }
    at = skip(at, b" \t");
    // Prefixes of strings: b"…", f"…", r"…", @"…".
    match (text.get(at)?, text.get(at + 1)) {
        (b'b' | b'r' | b'f' | b'u' | b'@', Some(b'"' | b'\'')) => Some(at + 1),
        _ => Some(at),
    }
}

fn is_secret(value: &[u8], measure: Measure) -> bool {
    let plain = value.iter().all(u8::is_ascii_graphic);
    let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
    let code = value.iter().any(|byte| b"()[]{}<>\\".contains(byte));
    plain
        && mixed
        && !code
        && value.len() >= measure.length
        && !doubt::is_wordy(value)
        && !doubt::is_stand_in(value)
        && doubt::entropy(value) >= measure.entropy
}
