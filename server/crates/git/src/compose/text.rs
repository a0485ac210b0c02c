//! The bytes of trees, commits and annotated tags, as git writes them.

use hardie_domain::oid::Oid;
use hardie_domain::plugin::Signature;

use crate::object::Kind;

/// A tree of these names, modes and objects, in any order.
pub(crate) fn tree(mut entries: Vec<(Vec<u8>, u32, Oid)>) -> Vec<u8> {
    // Git's order: a folder sorts as if its name ended in a slash.
    entries.sort_by_cached_key(|(name, mode, _)| if *mode == 0o040_000 { [name, &b"/"[..]].concat() } else { name.clone() });
    let entry = |(name, mode, id): &(Vec<u8>, u32, Oid)| [format!("{mode:o} ").as_bytes(), name, b"\0", &id.0].concat();
    entries.iter().flat_map(entry).collect()
}

/// A commit. Names and addresses must hold no `<`, `>`, NUL or newline, the message no NUL.
pub fn commit(tree: &Oid, parents: &[Oid], author: &Signature, committer: &Signature, message: &[u8]) -> Vec<u8> {
    let mut text = format!("tree {tree}\n").into_bytes();
    for parent in parents {
        text.extend_from_slice(format!("parent {parent}\n").as_bytes());
    }
    person(&mut text, "author", author);
    person(&mut text, "committer", committer);
    text.push(b'\n');
    text.extend_from_slice(message);
    text
}

/// An annotated tag of this short name, under the same rules.
pub fn tag(target: &Oid, kind: Kind, name: &[u8], tagger: &Signature, message: &[u8]) -> Vec<u8> {
    let mut text = format!("object {target}\ntype {kind}\ntag ").into_bytes();
    text.extend_from_slice(name);
    text.push(b'\n');
    person(&mut text, "tagger", tagger);
    text.push(b'\n');
    text.extend_from_slice(message);
    text
}

/// `role Name <address> seconds ±hhmm`.
fn person(text: &mut Vec<u8>, role: &str, person: &Signature) {
    let Signature { name, email, seconds, offset_minutes } = person;
    let (sign, minutes) = (if *offset_minutes < 0 { '-' } else { '+' }, offset_minutes.unsigned_abs());
    text.extend_from_slice(role.as_bytes());
    text.push(b' ');
    text.extend_from_slice(name);
    text.extend_from_slice(b" <");
    text.extend_from_slice(email);
    text.extend_from_slice(format!("> {seconds} {sign}{:02}{:02}\n", minutes / 60, minutes % 60).as_bytes());
}
