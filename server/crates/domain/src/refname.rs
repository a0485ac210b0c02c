//! Ref names: bytes under the rules of `git check-ref-format`, always inside `refs/`.

use crate::error::Invalid;

/// A full ref name such as `refs/heads/main`. Bytes, because git does not promise UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(Vec<u8>);

impl RefName {
    /// The most bytes of a name: it must fit one packet line with room to spare.
    pub const MAX_BYTES: usize = 1024;
    /// The most bytes of a part of a new name: a file's name has 255, and git locks it by a file that ends in `.lock`.
    pub const MAX_PART_BYTES: usize = 250;

    /// Checks a full name by the rules of `git check-ref-format` (git-check-ref-format(1)).
    pub fn parse(name: &[u8]) -> Result<RefName, Invalid> {
        match rule_broken(name) {
            Some(why) => Err(Invalid::new("ref", format!("{:?} {why}", String::from_utf8_lossy(name)))),
            None => Ok(RefName(name.to_vec())),
        }
    }

    /// The branch of this short name.
    pub fn branch(short: &str) -> Result<RefName, Invalid> {
        RefName::parse(format!("refs/heads/{short}").as_bytes())
    }

    /// The tag of this short name.
    pub fn tag(short: &str) -> Result<RefName, Invalid> {
        RefName::parse(format!("refs/tags/{short}").as_bytes())
    }

    /// The name itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it lies under `refs/heads/`.
    pub fn is_branch(&self) -> bool {
        self.0.starts_with(b"refs/heads/")
    }

    /// Whether it lies under `refs/tags/`.
    pub fn is_tag(&self) -> bool {
        self.0.starts_with(b"refs/tags/")
    }

    /// Whether a client may write it: branches, tags, notes and other plain refs, not what the server keeps for itself.
    pub fn is_writable_by_clients(&self) -> bool {
        !(self.0.starts_with(b"refs/pull/") || self.0.starts_with(b"refs/hardie/") || self.0.starts_with(b"refs/for/"))
    }

    /// Why no ref of this name should come to be, although git's rules allow it; `None` if it may. Refs that are there stay
    /// readable and can be deleted.
    pub fn reason_against(&self) -> Option<&'static str> {
        let own_use = [&b"refs/replace/"[..], b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/"];
        if own_use.iter().any(|prefix| self.0.starts_with(prefix)) {
            return Some("this namespace is for git's own use in one clone: there it changes what commands show");
        }
        if self.0.split(|b| *b == b'/').any(|part| part.len() > Self::MAX_PART_BYTES) {
            return Some("a part of its name is longer than 250 bytes: clients keep refs as files and cannot store it");
        }
        if self.to_string().chars().any(is_deceptive) {
            return Some("its name holds a control character (C1 or bidirectional) that makes it look like another name");
        }
        None
    }

    /// Without `refs/heads/`, `refs/tags/` or `refs/`; invalid UTF-8 replaced. For people.
    pub fn short(&self) -> String {
        let rest = [&b"refs/heads/"[..], b"refs/tags/", b"refs/"].iter().find_map(|p| self.0.strip_prefix(*p));
        String::from_utf8_lossy(rest.unwrap_or(&self.0)).into_owned()
    }
}

impl std::fmt::Display for RefName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl std::fmt::Debug for RefName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Characters that terminals obey, or that turn the direction of what follows (CVE-2021-42574).
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn rule_broken(name: &[u8]) -> Option<&'static str> {
    if name.len() > RefName::MAX_BYTES {
        return Some("is longer than 1024 bytes");
    }
    let Some(rest) = name.strip_prefix(b"refs/") else {
        return Some("does not begin with refs/");
    };
    if !rest.contains(&b'/') {
        return Some("needs a name below refs/…/");
    }
    if name.iter().any(|b| *b < 0x20 || *b == 0x7f || b" ~^:?*[\\".contains(b)) {
        return Some("holds a control character, a space or one of ~^:?*[\\");
    }
    if name.windows(2).any(|w| w == b".." || w == b"@{" || w == b"//") {
        return Some("holds '..', '@{' or '//'");
    }
    if name.ends_with(b"/") || name.ends_with(b".") {
        return Some("ends in '/' or '.'");
    }
    if name.split(|b| *b == b'/').any(|part| part.starts_with(b".") || part.ends_with(b".lock")) {
        return Some("has a part that begins with '.' or ends in '.lock'");
    }
    None
}

/// The first name in `existing` with which `name` cannot live: one of them would be a folder of the other.
///
/// `existing` must be sorted bytewise.
pub fn directory_conflict<'a>(name: &RefName, existing: &'a [RefName]) -> Option<&'a RefName> {
    let below: Vec<u8> = [name.as_bytes(), b"/"].concat();
    let first_below = existing.partition_point(|e| e.as_bytes() < below.as_slice());
    if let Some(found) = existing.get(first_below).filter(|e| e.as_bytes().starts_with(&below)) {
        return Some(found);
    }
    let bytes = name.as_bytes();
    (0..bytes.len()).filter(|i| bytes.get(*i) == Some(&b'/')).find_map(|i| {
        let parent = bytes.get(..i)?;
        existing.binary_search_by(|e| e.as_bytes().cmp(parent)).ok().and_then(|at| existing.get(at))
    })
}

#[cfg(test)]
mod tests {
    use super::{RefName, directory_conflict};

    #[test]
    fn the_rules_of_check_ref_format_hold() {
        for good in ["refs/heads/main", "refs/heads/a/b", "refs/tags/v1.0", "refs/notes/x", "refs/heads/@", "refs/heads/ü"] {
            assert!(RefName::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in [
            "HEAD",
            "refs/heads",
            "refs/",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/a b",
            "refs/heads/a~",
            "refs/heads/a^",
            "refs/heads/a:",
            "refs/heads/a?",
            "refs/heads/a*",
            "refs/heads/a[",
            "refs/heads/a\\b",
            "refs/heads/a.",
            "refs/heads//a",
            "refs/heads/@{1}",
            "refs/heads/a\n",
            "refs/heads/../../x",
            "../refs/heads/x",
        ] {
            assert!(RefName::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_trouble_clients_are_valid_but_not_wanted() {
        let against = |name: &str| RefName::parse(name.as_bytes()).unwrap().reason_against();
        let long = "a".repeat(250);
        for good in
            ["refs/heads/main", "refs/heads/ü/\u{5e9}", "refs/notes/x", "refs/heads/replace/x", &format!("refs/heads/{long}/{long}")]
        {
            assert_eq!(against(good), None, "{good}");
        }
        for (bad, why) in [
            ("refs/replace/0123456789012345678901234567890123456789", "namespace"),
            ("refs/bisect/bad", "namespace"),
            ("refs/worktree/x", "namespace"),
            (&*format!("refs/heads/x/{long}b"), "250 bytes"),
            ("refs/heads/a\u{202e}b", "bidirectional"),
            ("refs/heads/a\u{2066}b", "bidirectional"),
            ("refs/tags/a\u{9b}2Jb", "C1"),
        ] {
            assert!(against(bad).is_some_and(|text| text.contains(why)), "{bad:?}");
        }
        // A byte of Latin-1 is no character of UTF-8.
        assert_eq!(RefName::parse(b"refs/heads/\x9b\xfc").unwrap().reason_against(), None);
    }

    #[test]
    fn a_ref_cannot_be_a_folder_of_another() {
        let refs = ["refs/heads/a", "refs/heads/a-b", "refs/heads/d/e"].map(|n| RefName::parse(n.as_bytes()).unwrap());
        let conflict = |n: &str| directory_conflict(&RefName::parse(n.as_bytes()).unwrap(), &refs).map(ToString::to_string);
        assert_eq!(conflict("refs/heads/a/x").as_deref(), Some("refs/heads/a"));
        assert_eq!(conflict("refs/heads/d").as_deref(), Some("refs/heads/d/e"));
        assert_eq!(conflict("refs/heads/a"), None);
        assert_eq!(conflict("refs/heads/b"), None);
    }
}
