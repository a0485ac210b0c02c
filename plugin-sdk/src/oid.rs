//! Object ids.

use std::fmt;

/// An object id. 20 bytes today; compare it, show it, never cut it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u8>);

impl Oid {
    /// From raw bytes.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Oid {
        Oid(bytes.into())
    }

    /// From hexadecimal digits; `None` if they are not.
    pub fn from_hex(text: &str) -> Option<Oid> {
        let digits = text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let whole = text.len().is_multiple_of(2) && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.collect::<Option<Vec<u8>>>().filter(|_| whole).map(Oid)
    }

    /// Whether it is the id that stands for none.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first seven digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(7).collect()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
