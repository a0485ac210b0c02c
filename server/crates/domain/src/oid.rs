//! Object ids. Repositories are SHA-1; SHA-256 is refused by name until it is right in everything.

use std::fmt;

/// A SHA-1 object id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(pub [u8; 20]);

impl Oid {
    /// The null id: "does not exist" in a ref update.
    pub const ZERO: Oid = Oid([0; 20]);

    /// Whether this is the null id.
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// Parses exactly 40 hexadecimal digits, upper or lower case.
    pub fn from_hex(hex: &[u8]) -> Option<Oid> {
        if hex.len() != 40 {
            return None;
        }
        let (mut out, mut any) = ([0u8; 20], 0);
        // Walks over history do little else: no branch for each digit.
        for (byte, pair) in out.iter_mut().zip(hex.as_chunks::<2>().0) {
            let [high, low] = pair.map(|c| DIGITS.get(usize::from(c)).copied().unwrap_or(NO_DIGIT));
            any |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        (any & NO_DIGIT == 0).then_some(Oid(out))
    }

    /// Takes exactly 20 raw bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Oid> {
        bytes.try_into().ok().map(Oid)
    }

    /// The 40-digit lower-case form.
    pub fn to_hex(&self) -> String {
        self.to_string()
    }

    /// The same form on the stack, for lists of many thousands.
    pub fn hex(&self) -> [u8; 40] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 40];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        hex
    }

    /// The first seven digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(7).collect()
    }
}

const NO_DIGIT: u8 = 0x80;

/// The value of each byte as a hexadecimal digit.
static DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Oid {
    type Err = &'static str;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Oid::from_hex(s.as_bytes()).ok_or("an object id is 40 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::Oid;

    #[test]
    fn hex_round_trips_and_odd_input_is_refused() {
        let hex = "0123456789abcdef0123456789ABCDEF01234567";
        let oid = Oid::from_hex(hex.as_bytes()).unwrap();
        assert_eq!(oid.to_hex(), hex.to_lowercase());
        for bad in ["", "0", &hex[1..], "z123456789abcdef0123456789abcdef01234567"] {
            assert!(Oid::from_hex(bad.as_bytes()).is_none());
        }
    }
}
