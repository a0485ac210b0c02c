//! Trees: canonical modes, order, and names that no file system takes for git's own.

use std::cmp::Ordering;

use hardie_domain::oid::Oid;

use super::{Named, Role};
use crate::object::Kind;

/// Bytes of a name; git's own bound is 4096.
const NAME: usize = 1024;

/// Something if the tree is sound.
pub(super) fn check(mut data: &[u8], names: &mut impl FnMut(Named)) -> Option<()> {
    // Files whose name the one that is looked at begins with: only after those may a folder of the same name come.
    let mut prefixes: Vec<&[u8]> = Vec::new();
    let mut last: Option<(&[u8], bool)> = None;
    while !data.is_empty() {
        let space = data.iter().take(7).position(|byte| *byte == b' ')?;
        let (mode, rest) = (data.get(..space)?, data.get(space + 1..)?);
        let nul = rest.iter().take(NAME + 1).position(|byte| *byte == 0)?;
        let (name, rest) = (rest.get(..nul)?, rest.get(nul + 1..)?);
        let id = Oid(*rest.first_chunk::<20>()?);
        data = rest.get(20..)?;
        let (kind, is_link) = match mode {
            b"40000" => (Some(Kind::Tree), false),
            b"100644" | b"100755" => (Some(Kind::Blob), false),
            b"120000" => (Some(Kind::Blob), true),
            b"160000" => (None, false),
            _ => return None,
        };
        let is_tree = kind == Some(Kind::Tree);
        if id.is_zero() || !is_plain(name, is_link) {
            return None;
        }
        if last.is_some_and(|(before, was_tree)| order(before, was_tree, name, is_tree) != Ordering::Less) {
            return None;
        }
        last = Some((name, is_tree));
        prefixes.truncate(prefixes.iter().rposition(|prefix| name.starts_with(prefix)).map_or(0, |at| at + 1));
        if is_tree && prefixes.last() == Some(&name) {
            return None;
        }
        if !is_tree {
            prefixes.push(name);
        }
        let role = match name {
            b".gitattributes" => Role::Attributes,
            b".gitmodules" => Role::Modules,
            _ => Role::Plain,
        };
        match kind {
            // A commit of another repository need not be here.
            None if role == Role::Plain => {}
            Some(kind) if role == Role::Plain || kind == Kind::Blob => names(Named { id, kind, role }),
            _ => return None,
        }
    }
    Some(())
}

/// The order of trees: a folder's name counts as if it ended in a slash.
fn order(a: &[u8], a_is_tree: bool, b: &[u8], b_is_tree: bool) -> Ordering {
    let both = a.len().min(b.len());
    let (before, after) = (a.get(..both), b.get(..both));
    // No name holds a slash itself.
    let end = |name: &[u8], is_tree: bool| name.get(both).copied().or(is_tree.then_some(b'/'));
    before.cmp(&after).then_with(|| end(a, a_is_tree).cmp(&end(b, b_is_tree)))
}

/// Whether a name is harmless on every file system. HFS+ passes over some characters that are not ASCII; NTFS over dots and
/// spaces at the end, what follows a colon, and has short names with a tilde; and both over case.
fn is_plain(name: &[u8], is_link: bool) -> bool {
    if name.is_empty() || name == b"." || name == b".." {
        return false;
    }
    if name.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'~' | b':') || byte.is_ascii_control()) {
        return false;
    }
    // What both pass over is not ASCII, or behind the name.
    if name.is_ascii() && name.first() != Some(&b'.') {
        return true;
    }
    let ascii: Vec<u8> = name.iter().filter(|byte| byte.is_ascii()).map(u8::to_ascii_lowercase).collect();
    if is_link && ascii.starts_with(b".mailmap") {
        return false;
    }
    let Some(rest) = ascii.strip_prefix(b".git") else { return true };
    let is_word = !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'));
    let is_dotted = rest.first() == Some(&b'.') || rest.last() == Some(&b'.');
    // As written: without any letter that was left out or made small.
    let as_written = ascii == name;
    as_written && is_word && !is_dotted && !is_link && (rest == b"modules" || !rest.starts_with(b"modules"))
}

#[cfg(test)]
mod tests {
    use super::{check, is_plain};

    fn named(tree: &[u8]) -> Option<usize> {
        let mut count = 0;
        check(tree, &mut |_| count += 1).map(|()| count)
    }

    #[test]
    fn names_that_git_reads_are_left_to_git() {
        for name in
            ["a", "Makefile", ".gitignore", ".github", ".gitattributes", ".gitlab-ci.yml", ".gitmodules", "git", "é", "a.git", ".gi", " x"]
        {
            assert!(is_plain(name.as_bytes(), false), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".git",
            ".GIT",
            ".git.",
            ".git ",
            ".git::$INDEX_ALLOCATION",
            "git~1",
            "GITMOD~1",
            "a\\b",
            "a/b",
            "a\nb",
            ".gitModules",
            ".gitmodules.",
            ".gitAttributes",
            ".g\u{200c}it",
            ".git\u{200c}",
            ".gitmodules\u{feff}",
            ".git..x",
        ] {
            assert!(!is_plain(name.as_bytes(), false), "{name}");
        }
        assert!(is_plain(b"link", true) && !is_plain(b".gitignore", true) && !is_plain(b".mailmap", true));
    }

    #[test]
    fn order_modes_and_twins_are_looked_at() {
        let tree = |entries: &[(&str, &str)]| {
            let lines = entries.iter().map(|(mode, name)| [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat());
            named(&lines.collect::<Vec<_>>().concat())
        };
        assert_eq!(tree(&[]), Some(0));
        assert_eq!(tree(&[("100644", "a"), ("100644", "a.b"), ("40000", "a0"), ("160000", "m"), ("120000", "z")]), Some(4));
        assert_eq!(tree(&[("100644", "a.b"), ("40000", "a"), ("100644", "a0")]), Some(3));
        for bad in [
            &[("100644", "b"), ("100644", "a")][..],
            &[("100644", "a"), ("100644", "a")],
            &[("40000", "a"), ("100644", "a.b")],
            &[("100644", "a"), ("100644", "a.b"), ("40000", "a")],
            &[("160000", "a"), ("100644", "a-"), ("100644", "a-b"), ("40000", "a-c"), ("40000", "a")],
            &[("40000", ".gitmodules")],
            &[("100664", "a")],
            &[("040000", "a")],
            &[("100644", ".git")],
            &[("160000", ".gitattributes")],
        ] {
            assert_eq!(tree(bad), None, "{bad:?}");
        }
        assert!(named(b"100644 a\0short").is_none() && named(b"100644 a").is_none());
    }
}
