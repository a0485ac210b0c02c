//! The text of commits and tags and the bytes of trees, read forgivingly: what fsck lets through must be shown.

use std::ffi::CStr;
use std::sync::Arc;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::{CommitInfo, Signature};

use super::signed;

/// The part of a commit that walks need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitNode {
    /// Its tree.
    pub tree: Oid,
    /// Its parents, first parent first.
    pub parents: Vec<Oid>,
    /// Committer time in seconds since the epoch; 0 if it cannot be read.
    pub time: i64,
}

/// Reads tree, parents and committer time; `None` if the first line is not a tree.
pub fn commit_node(data: &[u8]) -> Option<CommitNode> {
    let mut lines = HeaderLines { rest: data };
    let tree = lines.next().and_then(|(key, value)| (key == b"tree").then_some(value)).and_then(Oid::from_hex)?;
    let mut node = CommitNode { tree, parents: Vec::new(), time: 0 };
    for (key, value) in lines {
        match key {
            b"parent" => node.parents.push(Oid::from_hex(value)?),
            b"author" => {}
            b"committer" => {
                node.time = seconds(value);
                break;
            }
            _ => break,
        }
    }
    Some(node)
}

/// Reads a whole commit.
pub fn commit(id: Oid, data: &[u8]) -> Option<CommitInfo> {
    let node = commit_node(data)?;
    let empty = || signature(b"");
    let (mut author, mut committer) = (None, None);
    for (key, value) in (HeaderLines { rest: data }) {
        match key {
            b"author" if author.is_none() => author = Some(signature(value)),
            b"committer" if committer.is_none() => committer = Some(signature(value)),
            _ => {}
        }
    }
    Some(CommitInfo {
        id,
        tree: node.tree,
        parents: node.parents,
        author: author.unwrap_or_else(empty),
        committer: committer.unwrap_or_else(empty),
        message: body(data).to_vec(),
        signed: signed::commit(data).map(Arc::new),
    })
}

/// The value of a header, such as `encoding` or `gpgsig`, the first line of it.
pub fn header<'a>(data: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    HeaderLines { rest: data }.find(|(k, _)| *k == key).map(|(_, value)| value)
}

/// What follows the first empty line.
pub fn body(data: &[u8]) -> &[u8] {
    if let Some(rest) = data.strip_prefix(b"\n") {
        return rest;
    }
    let end = data.windows(2).position(|w| w == b"\n\n");
    end.and_then(|at| data.get(at + 2..)).unwrap_or_default()
}

/// The time of a signature alone.
fn seconds(line: &[u8]) -> i64 {
    let close = line.iter().rposition(|b| *b == b'>').filter(|at| line.iter().take(*at).any(|b| *b == b'<'));
    words(line.get(close.unwrap_or(line.len()) + 1..).unwrap_or_default()).next().map_or(0, number)
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|b| *b == b' ').filter(|word| !word.is_empty())
}

fn number(word: &[u8]) -> i64 {
    std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// `Name <address> seconds ±hhmm`; what is missing or odd comes out empty or zero.
pub fn signature(line: &[u8]) -> Signature {
    let open = line.iter().position(|b| *b == b'<').unwrap_or(line.len());
    // An address may hold '>'; the time never does.
    let close = line.iter().rposition(|b| *b == b'>').filter(|at| *at > open).unwrap_or(line.len());
    let part = |from: usize, to: usize| line.get(from..to).unwrap_or_default();
    let mut time = words(part(close + 1, line.len()));
    let seconds = time.next().map_or(0, number);
    let zone = time.next().map_or(0, number).clamp(-9999, 9999);
    Signature {
        name: part(0, open).trim_ascii().to_vec(),
        email: part(open + 1, close).to_vec(),
        seconds,
        // hhmm to minutes; the sign belongs to both parts and the cast cannot lose anything after the clamp.
        offset_minutes: (zone / 100 * 60 + zone % 100) as i32,
    }
}

/// The header of a commit or tag: key and first line of each entry.
struct HeaderLines<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for HeaderLines<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let end = self.rest.iter().position(|b| *b == b'\n').unwrap_or(self.rest.len());
            let line = self.rest.get(..end)?;
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if line.is_empty() {
                self.rest = &[];
                return None;
            }
            // Continuation of a folded value.
            if line.first() == Some(&b' ') {
                continue;
            }
            let space = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
            return Some((line.get(..space)?, line.get(space + 1..).unwrap_or_default()));
        }
    }
}

/// One entry of a tree, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Git's mode as stored, such as 0o100644.
    pub mode: u32,
    /// The name, bytes.
    pub name: &'a [u8],
    /// The object.
    pub id: Oid,
}

impl Entry<'_> {
    /// Whether it names a tree.
    pub fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it names a commit of another repository, which this one need not have.
    pub fn is_gitlink(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// The entries of a tree in stored order. Ends at the first entry that does not decode, saying so once with `Err`.
pub fn entries(data: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, &'static str>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match entry(rest) {
            Some((entry, after)) => {
                rest = after;
                Some(Ok(entry))
            }
            None => {
                rest = &[];
                Some(Err("a tree entry is cut off or has no mode"))
            }
        }
    })
}

fn entry(data: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let space = data.iter().take(12).position(|b| *b == b' ')?;
    let digits = data.get(..space)?;
    let mut mode = 0u32;
    for digit in digits {
        mode = mode << 3 | u32::from(digit.checked_sub(b'0').filter(|d| *d < 8)?);
    }
    let after = data.get(space + 1..)?;
    let name = until_nul(after)?;
    let (id, rest) = after.get(name.len() + 1..)?.split_at_checked(20)?;
    (space > 0).then_some((Entry { mode, name, id: Oid::from_bytes(id)? }, rest))
}

/// What comes before the first NUL: several bytes are looked at in one step.
fn until_nul(data: &[u8]) -> Option<&[u8]> {
    CStr::from_bytes_until_nul(data).ok().map(CStr::to_bytes)
}

/// The id behind the first entry, from `rest` on, that begins with exactly these bytes, its mode and its name; `rest` is what comes
/// behind it then. Nothing else of the entries is looked at.
pub(super) fn id_behind<'a>(rest: &mut &'a [u8], head: &[u8]) -> Option<&'a [u8]> {
    loop {
        let here = until_nul(rest)?;
        let (id, after) = rest.get(here.len() + 1..)?.split_at_checked(20)?;
        *rest = after;
        if here == head {
            return Some(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &[u8] = b"tree 0123456789abcdef0123456789abcdef01234567\nparent 1123456789abcdef0123456789abcdef01234567\n\
author A U Thor <a@b> 1700000000 +0230\ncommitter C <c@d> 1700000001 -0130\ngpgsig -----BEGIN\n tree x\n\n -----END\n\nSubject\n\nBody\n";

    #[test]
    fn a_commit_is_read_with_its_folded_headers() {
        let info = commit(Oid::ZERO, COMMIT).unwrap();
        assert_eq!(info.author.name, b"A U Thor");
        assert_eq!((info.author.seconds, info.author.offset_minutes), (1_700_000_000, 150));
        assert_eq!(info.committer.offset_minutes, -90);
        assert_eq!(info.parents.len(), 1);
        assert_eq!(commit_node(COMMIT).unwrap().time, 1_700_000_001);
        assert_eq!(header(COMMIT, b"gpgsig"), Some(&b"-----BEGIN"[..]));
    }

    #[test]
    fn odd_signatures_never_fail() {
        for (line, name, email, seconds) in [
            (&b""[..], &b""[..], &b""[..], 0),
            (b"<>", b"", b"", 0),
            (b"x", b"x", b"", 0),
            (b"x <y", b"x", b"y", 0),
            (b"a <b> c> 12 +0000", b"a", b"b> c", 12),
            (b"a > b < 1", b"a > b", b" 1", 0),
            (b"a <b> 99999999999999999999 +99999999", b"a", b"b", 0),
            (b"a <b> -5 -9999", b"a", b"b", -5),
        ] {
            let got = signature(line);
            assert_eq!((got.name.as_slice(), got.email.as_slice(), got.seconds), (name, email, seconds), "{line:?}");
            assert_eq!(super::seconds(line), seconds, "{line:?}");
        }
    }

    #[test]
    fn trees_that_are_cut_off_end_with_an_error() {
        let mut data = b"100644 a\0".to_vec();
        data.extend([1; 20]);
        data.extend(b"40000 b\0");
        data.extend([2; 20]);
        assert_eq!(entries(&data).filter(Result::is_ok).count(), 2);
        for cut in 1..data.len() {
            let got: Vec<_> = entries(&data[..cut]).collect();
            assert_eq!(got.iter().filter(|e| e.is_err()).count(), usize::from(cut != 29), "{cut}");
        }
        for odd in [&b" a\0aaaaaaaaaaaaaaaaaaaa"[..], b"9 a\0aaaaaaaaaaaaaaaaaaaa", b"7777777777777 a\0aaaaaaaaaaaaaaaaaaaa"] {
            assert!(entries(odd).any(|e| e.is_err()), "{odd:?}");
        }
    }

    #[test]
    fn an_entry_is_found_by_its_bytes_where_one_begins_and_nowhere_else() {
        let data = [&b"100644 a 100644 b\0"[..], &[7; 20], b"100644 c\0", &[8; 20], b"40000 d\0", &[9; 20]].concat();
        let mut rest = data.as_slice();
        assert_eq!(id_behind(&mut rest, b"100644 c"), Some(&[8; 20][..]));
        assert_eq!(id_behind(&mut rest, b"40000 d"), Some(&[9; 20][..]));
        for absent in [&b"100644 b"[..], b"a 100644 b", b"100755 c", b""] {
            assert_eq!(id_behind(&mut data.as_slice(), absent), None);
        }
        let cut = data.get(..data.len() - 1).unwrap();
        assert_eq!(id_behind(&mut &*cut, b"40000 d"), None);
    }
}
