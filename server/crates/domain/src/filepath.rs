//! Paths of files in a repository, as somebody asks for them to be written: bytes with `/` between their parts.

use crate::error::Invalid;

/// A path of a file below the top folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(Vec<u8>);

impl FilePath {
    /// The most bytes: what a Linux client can check out.
    pub const MAX_BYTES: usize = 4096;
    /// The most bytes of a part: what file systems take.
    pub const MAX_PART_BYTES: usize = 255;
    /// The most parts.
    pub const MAX_PARTS: usize = 128;

    /// A path that a file may have. Fails for what no file has: empty parts, `.`, `..`, a NUL; and past the bounds.
    pub fn parse(path: &[u8]) -> Result<FilePath, Invalid> {
        match rule_broken(path) {
            Some(why) => Err(Invalid::new("path", format!("{:?} {why}", String::from_utf8_lossy(path)))),
            None => Ok(FilePath(path.to_vec())),
        }
    }

    /// The path itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its parts, the topmost folder first. There is at least one.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/')
    }

    /// Why no file of this path should come to be, although there may be one; `None` if it may.
    pub fn reason_against(&self) -> Option<&'static str> {
        if self.0.iter().any(u8::is_ascii_control) {
            return Some("holds a control character");
        }
        if self.0.split(|b| matches!(b, b'/' | b'\\')).any(is_gits_own) {
            return Some("has a part that some file system takes for git's own folder .git");
        }
        None
    }
}

impl std::fmt::Display for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

fn rule_broken(path: &[u8]) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.len() > FilePath::MAX_BYTES {
        return Some("is longer than 4096 bytes");
    }
    if path.contains(&0) {
        return Some("holds a NUL");
    }
    let mut parts = 0;
    for part in path.split(|b| *b == b'/') {
        parts += 1;
        match part {
            b"" => return Some("begins or ends with a slash, or holds two in a row"),
            b"." | b".." => return Some("has a part that is '.' or '..'"),
            _ if part.len() > FilePath::MAX_PART_BYTES => return Some("has a part of more than 255 bytes"),
            _ => {}
        }
    }
    (parts > FilePath::MAX_PARTS).then_some("has more than 128 parts")
}

/// Whether a file system may take this name for `.git`: HFS+ passes over some characters that are not ASCII, NTFS over dots and spaces at
/// the end and what follows a colon, and has the short name; both pass over case.
fn is_gits_own(part: &[u8]) -> bool {
    let folded: Vec<u8> = part.iter().filter(|b| b.is_ascii()).map(u8::to_ascii_lowercase).take_while(|b| *b != b':').collect();
    let kept = folded.iter().rposition(|b| !matches!(b, b'.' | b' ')).map_or(0, |at| at + 1);
    matches!(folded.get(..kept), Some(b".git" | b"git~1"))
}

#[cfg(test)]
mod tests {
    use super::FilePath;

    #[test]
    fn paths_that_no_file_has_are_refused() {
        for good in ["a", "src/main.rs", ".gitignore", ".github/x", "a b/ü", "a\\b", "...", "-x"] {
            assert!(FilePath::parse(good.as_bytes()).is_ok_and(|path| path.reason_against().is_none()), "{good}");
        }
        let (long, deep, wide) = ("a".repeat(256), vec!["a"; 129].join("/"), vec!["a".repeat(200); 21].join("/"));
        for bad in ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "a\0b", &long, &deep, &wide] {
            assert!(FilePath::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(FilePath::parse(vec!["a"; 128].join("/").as_bytes()).is_ok());
    }

    #[test]
    fn names_that_become_gits_folder_somewhere_are_not_wanted() {
        for bad in [
            ".git",
            ".git/hooks/post-checkout",
            "a/.GIT/config",
            ".Git.",
            ".git ",
            ".git . .",
            "git~1/config",
            "GIT~1",
            ".git::$INDEX_ALLOCATION/config",
            "a\\.git\\config",
            ".g\u{200c}it/config",
            "\u{feff}.git",
            "a\nb",
            "\u{1b}[2J",
        ] {
            assert!(FilePath::parse(bad.as_bytes()).unwrap().reason_against().is_some(), "{bad:?}");
        }
    }
}
