//! Histories made to keep a reader busy: each comes to an end within its bounds.

use hardie_domain::oid::Oid;

use super::small::{entry, id};
use super::support::{HandMade, Server, budget};
use crate::budget::{Budget, Cancel};
use crate::diff::tree_changes;
use crate::error::Error;
use crate::merge::{Merge, merge};
use crate::search::{SearchQuery, search};

const PERSON: &str = "Ann <ann@example.org> 1700000000 +0100";

/// A pack of commits; trees are added by name and content.
struct Trap(HandMade);

impl Trap {
    fn object(&mut self, kind: u8, data: &[u8]) -> Oid {
        self.0.object(kind, data);
        id(kind, data)
    }

    /// A file below so many folders with names of two hundred bytes.
    fn deep(&mut self, folders: usize, leaf: &[u8]) -> Oid {
        let blob = self.object(3, leaf);
        let inner = self.object(2, &entry("100644", "leaf", &blob));
        (0..folders).fold(inner, |below, n| self.object(2, &entry("40000", &format!("{n:0200}"), &below)))
    }

    fn commit(&mut self, tree: Oid, parents: &[Oid], n: usize) -> Oid {
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        self.object(1, format!("tree {tree}\n{parents}author {PERSON}\ncommitter {PERSON}\n\n{n}\n").as_bytes())
    }
}

#[test]
fn a_path_of_any_length_ends_a_walk() {
    let mut server = Server::new();
    let mut trap = Trap(HandMade::new());
    let (long, other, fine) = (trap.deep(25, b"needle\n"), trap.deep(25, b"other needle\n"), trap.deep(15, b"fine needle\n"));
    let base = trap.commit(long, &[], 0);
    let (ours, theirs) = (trap.commit(other, &[base], 1), trap.commit(fine, &[base], 2));
    server.store_unreachable(&trap.0.finish());
    let odb = server.odb();
    let query = |path: &str| SearchQuery {
        text: b"needle".to_vec(),
        ignore_case: false,
        path: path.as_bytes().to_vec(),
        max_file_bytes: 1000,
        max_lines: 10,
        max_file_lines: 10,
        excerpt_bytes: 100,
    };
    let found = |tree| search(&odb, &tree, &query(""), &mut budget()).unwrap();
    assert!(found(long).cut_short && found(long).files.is_empty());
    assert!(!found(fine).cut_short && found(fine).files.len() == 1);
    let changes = tree_changes(&odb, Some(long), Some(other), &mut budget(), &mut |_| true);
    assert!(matches!(&changes, Err(Error::TooLarge(why)) if why.contains("4096")), "{changes:?}");
    let merged = merge(&odb, &ours, &theirs, 1000, &mut budget());
    assert!(matches!(merged, Err(Error::TooLarge(_)) | Ok(Merge::Undecided(_))), "{merged:?}");
}

#[test]
fn comparing_files_for_moves_ends_with_the_budget() {
    let mut trap = Trap(HandMade::new());
    let mut folder = |word: &str| {
        let files: Vec<Vec<u8>> = (0..40)
            .map(|n| {
                let text: String = (0..2000).map(|line| format!("{word} {n} {line}\n")).collect();
                entry("100644", &format!("{word}{n:02}"), &trap.object(3, text.as_bytes()))
            })
            .collect();
        trap.object(2, &files.concat())
    };
    let (old, new) = (folder("a"), folder("b"));
    let mut server = Server::new();
    server.store_unreachable(&trap.0.finish());
    let odb = server.odb();
    let mut changes = Vec::new();
    tree_changes(&odb, Some(old), Some(new), &mut budget(), &mut |change| {
        changes.push(change);
        true
    })
    .unwrap();
    let mut small = Budget::new(5000, std::time::Duration::from_secs(60), &Cancel::new());
    let ended = crate::diff::renames::find(&odb, &changes, 100, &mut small);
    assert!(matches!(ended, Err(Error::TooLarge(_))), "{ended:?}");
    assert!(crate::diff::renames::find(&odb, &changes, 100, &mut budget()).is_ok());
}
