//! Git objects as git writes them, so that ids are the real ones.

use std::collections::BTreeMap;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::Signature;
use hardie_domain::policy::TreeEntry;
use sha1::{Digest as _, Sha1};

/// A plain file.
pub const FILE: u32 = 0o100_644;
/// An executable file.
pub const EXECUTABLE: u32 = 0o100_755;
/// A symbolic link.
pub const SYMLINK: u32 = 0o120_000;
/// A tree.
pub const TREE: u32 = 0o040_000;
/// A submodule.
pub const SUBMODULE: u32 = 0o160_000;

/// All files of a commit: path to mode and object.
pub type Files = BTreeMap<Vec<u8>, (u32, Oid)>;

/// The id of an object of this kind with these bytes.
pub fn object_id(kind: &str, data: &[u8]) -> Oid {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", data.len()));
    hash.update(data);
    Oid(hash.finalize().into())
}

/// A tree object's bytes. Entries must be in git's order.
pub fn encode_tree(entries: &[TreeEntry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        out.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        out.extend_from_slice(&entry.name);
        out.push(0);
        out.extend_from_slice(&entry.id.0);
    }
    out
}

/// Sorts as git does: a tree as if its name ended in a slash.
pub fn sort_entries(entries: &mut [TreeEntry]) {
    entries.sort_by_key(|entry| {
        let mut key = entry.name.clone();
        if entry.mode == TREE {
            key.push(b'/');
        }
        key
    });
}

/// A commit object's bytes.
pub fn encode_commit(tree: Oid, parents: &[Oid], author: &Signature, message: &[u8]) -> Vec<u8> {
    let mut out = format!("tree {tree}\n").into_bytes();
    for parent in parents {
        out.extend_from_slice(format!("parent {parent}\n").as_bytes());
    }
    for role in ["author", "committer"] {
        out.extend_from_slice(format!("{role} ").as_bytes());
        out.extend_from_slice(&author.name);
        out.extend_from_slice(b" <");
        out.extend_from_slice(&author.email);
        let (sign, minutes) = (if author.offset_minutes < 0 { '-' } else { '+' }, author.offset_minutes.abs());
        out.extend_from_slice(format!("> {} {sign}{:02}{:02}\n", author.seconds, minutes / 60, minutes % 60).as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(message);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_git_gives() {
        assert_eq!(object_id("blob", b"hello\n").to_hex(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(object_id("tree", b"").to_hex(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn a_folder_sorts_as_if_it_ended_in_a_slash() {
        let entry = |name: &str, mode| TreeEntry { name: name.into(), mode, id: Oid::ZERO };
        let mut entries = [entry("a", TREE), entry("a.b", FILE), entry("a-b", FILE)];
        sort_entries(&mut entries);
        assert_eq!(entries.map(|e| e.name), [b"a-b".to_vec(), b"a.b".to_vec(), b"a".to_vec()]);
    }
}
