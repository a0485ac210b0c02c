//! Commits and tags: the lines that git writes, in its order, and people as it writes them.

use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use super::{Named, Role};
use crate::object::Kind;

/// Something if the commit is sound.
pub(super) fn commit(data: &[u8], names: &mut impl FnMut(Named)) -> Option<()> {
    if data.contains(&0) {
        return None;
    }
    let (id, mut rest) = id_line(data, b"tree ")?;
    names(named(id, Kind::Tree));
    while rest.starts_with(b"parent ") {
        let (id, after) = id_line(rest, b"parent ")?;
        names(named(id, Kind::Commit));
        rest = after;
    }
    rest = person_line(rest, b"author ")?;
    rest = person_line(rest, b"committer ")?;
    // Whatever other fields there are, an empty line ends them, and none is one of those above.
    while !rest.starts_with(b"\n") {
        let (line, after) = line(rest)?;
        let again: [&[u8]; 4] = [b"tree ", b"parent ", b"author ", b"committer "];
        if again.iter().any(|field| line.starts_with(field)) {
            return None;
        }
        rest = after;
    }
    Some(())
}

/// Something if the annotated tag is sound.
pub(super) fn tag(data: &[u8], names: &mut impl FnMut(Named)) -> Option<()> {
    if data.contains(&0) {
        return None;
    }
    let (id, rest) = id_line(data, b"object ")?;
    let (kind, rest) = line(rest)?;
    let kind = Kind::parse(kind.strip_prefix(b"type ")?)?;
    let (name, rest) = line(rest)?;
    RefName::parse(&[b"refs/tags/", name.strip_prefix(b"tag ")?].concat()).ok()?;
    let rest = person_line(rest, b"tagger ")?;
    names(named(id, kind));
    rest.starts_with(b"\n").then_some(())
}

fn named(id: Oid, kind: Kind) -> Named {
    Named { id, kind, role: Role::Plain }
}

/// A line without its end, and what follows it.
fn line(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = data.iter().position(|byte| *byte == b'\n')?;
    Some((data.get(..end)?, data.get(end + 1..)?))
}

fn id_line<'a>(data: &'a [u8], field: &[u8]) -> Option<(Oid, &'a [u8])> {
    let (line, rest) = line(data)?;
    let hex = line.strip_prefix(field)?;
    let is_lower = hex.iter().all(|digit| !digit.is_ascii_uppercase());
    Some((Oid::from_hex(hex).filter(|id| is_lower && !id.is_zero())?, rest))
}

/// `field Name <mail> seconds zone`.
fn person_line<'a>(data: &'a [u8], field: &[u8]) -> Option<&'a [u8]> {
    let (line, rest) = line(data)?;
    let person = line.strip_prefix(field)?;
    let open = person.iter().position(|byte| *byte == b'<')?;
    let (name, mail) = (person.get(..open)?, person.get(open + 1..)?);
    let close = mail.iter().position(|byte| matches!(byte, b'<' | b'>'))?;
    if !name.ends_with(b" ") || name.contains(&b'>') || mail.get(close) != Some(&b'>') {
        return None;
    }
    let time = mail.get(close + 1..)?.strip_prefix(b" ")?;
    let space = time.iter().position(|byte| *byte == b' ')?;
    let (seconds, zone) = (time.get(..space)?, time.get(space + 1..)?);
    let (sign, zone) = zone.split_first()?;
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    // Eleven digits last until the year 5138.
    let is_time = digits(seconds) && seconds.len() <= 11 && (seconds.len() == 1 || !seconds.starts_with(b"0"));
    (is_time && matches!(sign, b'+' | b'-') && zone.len() == 4 && digits(zone)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::Named;

    type Check = fn(&[u8], &mut dyn FnMut(Named)) -> Option<()>;

    fn count(check: Check, text: &str) -> Option<usize> {
        let mut count = 0;
        check(text.as_bytes(), &mut |_| count += 1).map(|()| count)
    }

    fn commit(text: &str) -> Option<usize> {
        count(|data, mut names| super::commit(data, &mut names), text)
    }

    fn tag(text: &str) -> Option<usize> {
        count(|data, mut names| super::tag(data, &mut names), text)
    }

    const ID: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    const ANN: &str = "Ann <ann@example.org> 1700000000 +0130";

    #[test]
    fn commits_as_git_writes_them_pass() {
        let good = [
            format!("tree {ID}\nauthor {ANN}\ncommitter {ANN}\n\nText\n"),
            format!("tree {ID}\nparent {ID}\nparent {ID}\nauthor {ANN}\ncommitter {ANN}\nencoding x\ngpgsig a\n b\n\n"),
            format!("tree {ID}\nauthor {ANN}\ncommitter A B <> 0 -0000\n\n"),
        ];
        let counts: Vec<_> = good.iter().map(|text| commit(text)).collect();
        assert_eq!(counts, [Some(1), Some(3), Some(1)]);
        let good = good.first().unwrap();
        for (from, to) in [
            ("\n\n", "\n"),
            ("tree ", "Tree "),
            (ID, &ID[1..]),
            (ID, &ID.to_uppercase()),
            (ID, &"0".repeat(40)),
            ("author ", "auther "),
            ("Ann <", "Ann<"),
            ("Ann <", "An<n <"),
            ("> 1", ">1"),
            (" 17", " 017"),
            ("1700000000", "170000000000"),
            ("+0130", "+130"),
            ("+0130", "0130"),
            ("Text", "Te\0xt"),
            ("committer", &format!("author {ANN}\ncommitter")),
            ("\n\nText", &format!("\nparent {ID}\n\nText")),
        ] {
            assert!(commit(&good.replacen(from, to, 1)).is_none(), "{from:?} {to:?}");
        }
    }

    #[test]
    fn tags_as_git_writes_them_pass() {
        let good = format!("object {ID}\ntype commit\ntag v1.0\ntagger {ANN}\n\nOne\n");
        assert_eq!(tag(&good), Some(1));
        for (from, to) in [("type commit", "type x"), ("v1.0", "v1..0"), ("tagger", "taggar"), ("\n\n", "\nx y\n\n"), ("\n\nOne\n", "\n")] {
            assert!(tag(&good.replacen(from, to, 1)).is_none(), "{from:?} {to:?}");
        }
    }
}
