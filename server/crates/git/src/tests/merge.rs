//! Merges of generated histories, compared with `git merge-tree`.

use std::time::Duration;

use super::blame::{Lines, generate, stored};
use super::support::{Client, budget};
use crate::merge::{ConflictKind, Merge, merge};
use crate::{Budget, Cancel, Error, Oid};

/// The tree if git merges cleanly.
fn git_merges(client: &Client, ours: &Oid, theirs: &Oid) -> Option<Oid> {
    let (clean, out, err) = client.try_git(&["merge-tree", "--write-tree", &ours.to_hex(), &theirs.to_hex()], b"");
    let first = String::from_utf8_lossy(&out).lines().next().unwrap_or_else(|| panic!("{err}")).parse().unwrap();
    clean.then_some(first)
}

#[test]
fn generated_histories_merge_as_git_merges_them() {
    let seeds: u64 = std::env::var("HARDIE_TEST_SEEDS").map_or(6, |n| n.parse().unwrap());
    let (mut clean, mut conflicts, mut undecided) = (0, 0, 0);
    for seed in 1..=seeds {
        let (client, commits) = generate(seed + 100, 40, Lines::Distinct);
        let server = stored(&client, &commits);
        let odb = server.odb();
        for (n, (ours, _)) in commits.iter().enumerate().skip(3).step_by(3) {
            for (theirs, _) in commits.iter().skip(n % 4).step_by(5) {
                let what = format!("seed {seed}: {ours} {theirs}");
                match merge(&odb, ours, theirs, 1 << 20, &mut budget()).unwrap() {
                    Merge::Clean { tree, .. } => {
                        clean += 1;
                        assert_eq!(Some(tree), git_merges(&client, ours, theirs), "{what}");
                    }
                    Merge::Conflicts(paths) => {
                        conflicts += 1;
                        assert_eq!(None, git_merges(&client, ours, theirs), "{what} {paths:?}");
                    }
                    Merge::Undecided(_) => undecided += 1,
                }
            }
        }
    }
    println!("{clean} clean, {conflicts} with conflicts, {undecided} undecided");
    assert!(clean > 50 && conflicts > 50 && undecided < clean + conflicts, "{clean} {conflicts} {undecided}");
}

/// A base with some files, and one commit on each side of it.
fn sides(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> (Client, Oid, Oid) {
    let client = Client::new();
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n";
    client.commit(&[("a", text), ("dir/b", text), ("dir/c", "c\n"), ("bin", "a\0b\n"), ("old", "other\n")]);
    client.git(&["branch", "side"]);
    let ours = client.commit(ours);
    client.git(&["checkout", "-q", "side"]);
    let theirs = client.commit(theirs);
    (client, ours, theirs)
}

fn told(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Result<usize, Vec<(String, ConflictKind)>> {
    let (client, ours, theirs) = sides(ours, theirs);
    let odb = stored(&client, &[(ours, Default::default()), (theirs, Default::default())]).odb();
    match merge(&odb, &ours, &theirs, 1 << 20, &mut budget()).unwrap() {
        Merge::Clean { tree, new } => {
            assert_eq!(Some(tree), git_merges(&client, &ours, &theirs));
            Ok(new.len())
        }
        Merge::Conflicts(paths) => {
            assert_eq!(None, git_merges(&client, &ours, &theirs));
            Err(paths.into_iter().map(|c| (String::from_utf8(c.path).unwrap(), c.kind)).collect())
        }
        Merge::Undecided(why) => panic!("{why}"),
    }
}

#[test]
fn what_goes_together_makes_new_objects_and_what_does_not_is_named() {
    let (one, other) = ("one\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\n5\n6\n7\neight\n");
    assert_eq!(told(&[("dir/b", one)], &[("dir/b", other)]), Ok(3), "a blob and two trees");
    assert_eq!(told(&[("a", one)], &[("dir/new", "x\n")]), Ok(1));
    assert_eq!(told(&[("a", one), ("z", "z\n")], &[("a", one), ("z", "z\n")]), Ok(0));
    let kinds = |told: Result<usize, Vec<(String, ConflictKind)>>| told.unwrap_err();
    assert_eq!(kinds(told(&[("a", "x\n")], &[("a", "y\n")])), [("a".to_owned(), ConflictKind::Content)]);
    assert_eq!(kinds(told(&[("bin", "\0x")], &[("bin", "\0y")])), [("bin".to_owned(), ConflictKind::Content)]);
    assert_eq!(kinds(told(&[("n/w", "x\n")], &[("n/w", "y\n")])), [("n/w".to_owned(), ConflictKind::BothAdded)]);
    assert_eq!(kinds(told(&[("a", "")], &[("a", one)])), [("a".to_owned(), ConflictKind::ChangedAndRemoved)]);
    assert_eq!(kinds(told(&[("n", "x\n")], &[("n/w", "y\n")])), [("n".to_owned(), ConflictKind::Kind)]);
}

#[test]
fn what_it_cannot_know_it_does_not_say() {
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let undecided = |ours: &[(&str, &str)], theirs: &[(&str, &str)]| {
        let (client, ours, theirs) = sides(ours, theirs);
        let odb = stored(&client, &[(ours, Default::default()), (theirs, Default::default())]).odb();
        matches!(merge(&odb, &ours, &theirs, 1 << 20, &mut budget()).unwrap(), Merge::Undecided(_))
    };
    assert!(undecided(&[("a", ""), ("moved", text)], &[("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n")]), "moved here, changed there");
    assert!(undecided(&[("a", ""), ("moved", text)], &[("a", "")]), "moved here, removed there");
    assert!(undecided(&[("dir/b", ""), ("dir/c", ""), ("d/b", text), ("d/c", "c\n")], &[("dir/new", "n\n")]), "a folder that went away");
    let client = Client::new();
    let first = client.commit(&[("a", "a\n")]);
    let other = client.commit_of_tree(&client.rev("HEAD^{tree}"), &[]);
    let odb = stored(&client, &[(first, Default::default()), (other, Default::default())]).odb();
    assert!(matches!(merge(&odb, &first, &other, 1 << 20, &mut budget()).unwrap(), Merge::Undecided(_)), "unrelated");
}

#[test]
fn a_merge_ends_at_its_bounds() {
    let (client, ours, theirs) = sides(&[("a", "one\n2\n3\n4\n5\n6\n7\n8\n")], &[("a", "1\n2\n3\n4\n5\n6\n7\neight\n")]);
    let odb = stored(&client, &[(ours, Default::default()), (theirs, Default::default())]).odb();
    assert!(matches!(merge(&odb, &ours, &theirs, 5, &mut budget()), Err(Error::TooLarge(_))));
    let few = &mut Budget::new(4, Duration::MAX, &Cancel::new());
    assert!(matches!(merge(&odb, &ours, &theirs, 1 << 20, few), Err(Error::TooLarge(_))));
}
