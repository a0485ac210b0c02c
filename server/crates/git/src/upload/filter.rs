//! Filters of a partial clone (git-rev-list(1), `--filter`).

use std::fmt;

use crate::object::Kind;
use crate::wire::error::printable;

/// What to leave out of a pack. `Display` gives the form for `--filter=`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// `blob:none`
    BlobNone,
    /// `blob:limit=N`: blobs of N bytes or more.
    BlobLimit(u64),
    /// `tree:N`: trees and blobs N or more levels below a root.
    Tree(u64),
    /// `object:type=KIND`: everything of another kind.
    Kind(Kind),
    /// `combine:A+B`: what passes all of them. Never nested.
    Combine(Vec<Filter>),
}

const MOST_COMBINED: usize = 16;

impl Filter {
    /// Parses what a client sent. The error is a text for the client.
    pub fn parse(spec: &[u8]) -> Result<Filter, String> {
        let mut parts = Vec::new();
        collect(spec, 0, &mut parts)?;
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            Some(last) => {
                parts.push(last);
                Ok(Filter::Combine(parts))
            }
            None => Err("an empty filter".to_owned()),
        }
    }
}

/// Appends the simple filters of which `spec` is made; nested combinations mean the same as one flat one.
fn collect(spec: &[u8], depth: usize, parts: &mut Vec<Filter>) -> Result<(), String> {
    let Some(list) = spec.strip_prefix(b"combine:") else {
        if parts.len() == MOST_COMBINED {
            return Err(format!("more than {MOST_COMBINED} combined filters"));
        }
        parts.push(simple(spec)?);
        return Ok(());
    };
    if depth == 2 {
        return Err("filters combined more than twice over".to_owned());
    }
    for part in list.split(|b| *b == b'+') {
        collect(&percent_decode(part)?, depth + 1, parts)?;
    }
    Ok(())
}

fn simple(spec: &[u8]) -> Result<Filter, String> {
    let refused = || format!("filter '{}' not supported (blob:none, blob:limit=N, tree:N, object:type=KIND are)", printable(spec));
    if spec == b"blob:none" {
        return Ok(Filter::BlobNone);
    }
    if let Some(size) = spec.strip_prefix(b"blob:limit=") {
        return bytes_with_unit(size).map(Filter::BlobLimit).ok_or_else(refused);
    }
    if let Some(depth) = spec.strip_prefix(b"tree:") {
        return number(depth).map(Filter::Tree).ok_or_else(refused);
    }
    spec.strip_prefix(b"object:type=").and_then(Kind::parse).map(Filter::Kind).ok_or_else(refused)
}

fn number(digits: &[u8]) -> Option<u64> {
    // `parse` takes a sign; the protocol does not.
    let plain = digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

fn bytes_with_unit(size: &[u8]) -> Option<u64> {
    let (digits, unit) = match size.split_last() {
        Some((b'k' | b'K', digits)) => (digits, 1 << 10),
        Some((b'm' | b'M', digits)) => (digits, 1 << 20),
        Some((b'g' | b'G', digits)) => (digits, 1 << 30),
        _ => (size, 1u64),
    };
    number(digits)?.checked_mul(unit)
}

fn percent_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16));
                let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
                value.ok_or_else(|| format!("a bad '%' escape in filter '{}'", printable(text)))?
            }
            plain => plain,
        };
        out.push(decoded);
    }
    Ok(out)
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::BlobNone => f.write_str("blob:none"),
            Filter::BlobLimit(bytes) => write!(f, "blob:limit={bytes}"),
            Filter::Tree(depth) => write!(f, "tree:{depth}"),
            Filter::Kind(kind) => write!(f, "object:type={kind}"),
            Filter::Combine(parts) => {
                f.write_str("combine:")?;
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        f.write_str("+")?;
                    }
                    fmt::Display::fmt(part, f)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn what_clients_send_is_understood() {
        for (spec, normal) in [
            ("blob:none", "blob:none"),
            ("blob:limit=0", "blob:limit=0"),
            ("blob:limit=1k", "blob:limit=1024"),
            ("blob:limit=2M", "blob:limit=2097152"),
            ("tree:0", "tree:0"),
            ("object:type=commit", "object:type=commit"),
            ("combine:blob:none+tree:3", "combine:blob:none+tree:3"),
            ("combine:tree%3a1+combine:blob%3Anone%2btree:2", "combine:tree:1+blob:none+tree:2"),
            ("combine:blob:none", "blob:none"),
        ] {
            assert_eq!(Filter::parse(spec.as_bytes()).map(|f| f.to_string()).as_deref(), Ok(normal), "{spec}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let nested = "combine:".repeat(50) + "blob:none";
        let many = format!("combine:{}", vec!["tree:1"; 17].join("+"));
        for spec in [
            "",
            "blob",
            "blob:",
            "blob:limit=",
            "blob:limit=-1",
            "blob:limit=k",
            "blob:limit=99999999999999999999",
            "tree:",
            "tree:+1",
            "blob:limit=18446744073709551615g",
            "sparse:oid=main",
            "object:type=",
            "object:type=x",
            "combine:",
            "combine:tree:1+",
            "combine:%",
            "combine:%zz",
            "blob:none\0",
            "auto",
            &nested,
            &many,
        ] {
            assert!(Filter::parse(spec.as_bytes()).is_err(), "{spec}");
        }
        assert!(Filter::parse(b"tree:\xff").is_err());
    }
}
