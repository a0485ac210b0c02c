//! Git LFS: the id of an object, and the pointer file that stands for it in a repository
//! (github.com/git-lfs/git-lfs, `docs/spec.md`).

use std::fmt;

use crate::scope::Level;

/// No pointer is longer; git-lfs reads no further either.
pub const MAX_POINTER_BYTES: u64 = 1024;

const VERSIONS: [&str; 2] = ["https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"];

/// sha256 of an object's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LfsOid(pub [u8; 32]);

impl LfsOid {
    /// Parses exactly 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<LfsOid> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        if text.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = match pair {
                [high, low] => digit(*high)? << 4 | digit(*low)?,
                _ => return None,
            };
        }
        Some(LfsOid(bytes))
    }
}

impl fmt::Display for LfsOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LfsOid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An object as a pointer and the batch API name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LfsObject {
    /// sha256 of its bytes.
    pub oid: LfsOid,
    /// Bytes.
    pub size: u64,
}

impl LfsObject {
    /// Reads a pointer file; `None` if the bytes are anything else.
    pub fn parse_pointer(bytes: &[u8]) -> Option<LfsObject> {
        if u64::try_from(bytes.len()).map_or(true, |n| n > MAX_POINTER_BYTES) {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines().map(|line| line.split_once(' '));
        let version = lines.next()??;
        if version.0 != "version" || !VERSIONS.contains(&version.1) {
            return None;
        }
        let (mut oid, mut size) = (None, None);
        for (key, value) in lines.map_while(|line| line) {
            match key {
                "oid" => oid = Some(LfsOid::from_hex(value.strip_prefix("sha256:")?)?),
                "size" => size = Some(value.parse().ok()?),
                // Extensions say what a client did to the content before it was hashed.
                _ => {}
            }
        }
        Some(LfsObject { oid: oid?, size: size? })
    }
}

/// What a client wants of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LfsOperation {
    /// Get them.
    Download,
    /// Bring them; includes getting, locking and unlocking.
    Upload,
}

impl LfsOperation {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            LfsOperation::Download => "download",
            LfsOperation::Upload => "upload",
        }
    }

    /// The reverse of [`LfsOperation::as_str`].
    pub fn parse(word: &str) -> Option<LfsOperation> {
        [LfsOperation::Download, LfsOperation::Upload].into_iter().find(|o| o.as_str() == word)
    }

    /// How much a credential for this operation may do.
    pub fn level(self) -> Level {
        match self {
            LfsOperation::Download => Level::Read,
            LfsOperation::Upload => Level::Write,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";

    #[test]
    fn an_id_is_64_lower_case_digits() {
        assert_eq!(LfsOid::from_hex(HEX).unwrap().to_string(), HEX);
        for bad in ["", &HEX[1..], &HEX.to_uppercase(), &HEX.replace('4', "g"), &"é".repeat(32)] {
            assert_eq!(LfsOid::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn pointers_are_told_from_other_files() {
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{HEX}\nsize 12345\n");
        let expected = LfsObject { oid: LfsOid::from_hex(HEX).unwrap(), size: 12345 };
        assert_eq!(LfsObject::parse_pointer(pointer.as_bytes()), Some(expected));
        let extended = pointer.replace("oid", "ext-0-foo sha256:00\noid");
        assert_eq!(LfsObject::parse_pointer(extended.as_bytes()), Some(expected));
        let long = format!("{pointer}{}", "x".repeat(1024));
        let others = [
            "",
            "# Hello\n",
            "version https://git-lfs.github.com/spec/v1\n",
            &pointer.replace("12345", "-1"),
            &pointer.replace("12345", "many"),
            &pointer.replace("sha256", "md5"),
            &pointer.replace("v1", "v9"),
            &pointer[..60],
            &long,
        ];
        for other in others {
            assert_eq!(LfsObject::parse_pointer(other.as_bytes()), None, "{other}");
        }
        assert_eq!(LfsObject::parse_pointer(b"version \xff\n"), None);
    }
}
