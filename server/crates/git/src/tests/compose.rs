//! What is composed here, held against what the real git makes of the same change.

use hardie_domain::filepath::FilePath;
use hardie_domain::plugin::Signature;

use super::support::{Chance, Client, Server};
use crate::compose::{self, ComposeError, Found, NewPack, TreeEdit};
use crate::{Kind, Oid, read};

fn path(text: &str) -> FilePath {
    FilePath::parse(text.as_bytes()).unwrap()
}

/// A commit of everything that a client has, stored.
fn stored(client: &Client) -> (Server, Oid) {
    let tip = client.rev("HEAD");
    let mut server = Server::new();
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    (server, tip)
}

fn person() -> Signature {
    Signature { name: b"A U Thor".to_vec(), email: b"author@example.org".to_vec(), seconds: 1_700_000_000, offset_minutes: -90 }
}

/// Commits a tree upon a tip as a push would, and has git look at all of it; whether the commit reaches all that the pack carries.
fn pushed(server: &mut Server, client: &Client, tip: Oid, tree: Oid, mut pack: NewPack) -> (Oid, bool) {
    let text = compose::commit(&tree, &[tip], &person(), &person(), b"Change\n");
    let id = pack.add(Kind::Commit, &text).unwrap();
    let bytes = pack.finish();
    client.git_with(&["index-pack", "--stdin", "--strict", "--fix-thin"], &bytes);
    assert_eq!(client.git(&["cat-file", "-p", &id.to_hex()]).as_bytes(), text.trim_ascii_end());
    let reaches_all = server.push(&bytes, &[("refs/heads/main", id)]).unwrap();
    (id, reaches_all)
}

#[test]
fn a_random_edit_makes_the_tree_that_git_makes() {
    for seed in 1..=20 {
        let mut chance = Chance(seed);
        let client = Client::new();
        let names = ["a", "a.b", "a0", "ab", "z", "é"];
        let mut any = |depth: usize| (0..=depth).map(|_| names[chance.below(names.len())]).collect::<Vec<_>>().join("/");
        let first: Vec<String> = (0..20).map(|n| any(n % 4)).collect();
        let later: Vec<String> = (0..20).map(|n| any(n % 4)).collect();
        client.commit(&[("kept/deep/down", "1\n"), ("kept/other", "2\n")]);
        let put = |client: &Client, name: &str, text: &str| {
            let full = client.path().join(name);
            full.parent().is_some_and(|parent| std::fs::create_dir_all(parent).is_ok()) && std::fs::write(full, text).is_ok()
        };
        for name in &first {
            put(&client, name, name);
        }
        client.git(&["add", "-A"]);
        client.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
        let (mut server, tip) = stored(&client);
        let odb = server.odb();
        let mut edit = TreeEdit::new(&odb, Some(read::commit(&odb, &tip).unwrap().tree)).unwrap();
        let mut pack = NewPack::default();
        for (n, name) in later.iter().enumerate() {
            let found = edit.find(&path(name)).unwrap();
            let is_file = client.path().join(name).is_file();
            assert_eq!(found.is_some_and(|found| found.mode == 0o100_644), is_file, "seed {seed}: {name}");
            if is_file && n % 2 == 0 {
                edit.remove(&path(name)).unwrap();
                std::fs::remove_file(client.path().join(name)).unwrap();
                // As git does: a folder is gone with its last file.
                let mut folder = client.path().join(name);
                while folder.pop() && folder != client.path() && std::fs::remove_dir(&folder).is_ok() {}
                continue;
            }
            let text = format!("{name} {n}");
            let id = pack.add(Kind::Blob, text.as_bytes()).unwrap();
            let (ours, theirs) =
                (edit.find(&path(name)).map(|found| found.is_some_and(|f| f.mode == 0o040_000)), put(&client, name, &text));
            if ours.unwrap() {
                assert!(!theirs && matches!(edit.put(&path(name), 0o100_644, id), Err(ComposeError::IsFolder(_))));
            } else if theirs {
                edit.put(&path(name), 0o100_644, id).unwrap();
            }
        }
        let tree = edit.write(&mut pack).unwrap();
        client.git(&["add", "-A"]);
        assert_eq!(client.git(&["write-tree"]), tree.to_hex(), "seed {seed}");
        pushed(&mut server, &client, tip, tree, pack);
    }
}

#[test]
fn a_file_where_a_folder_is_needed_is_told_and_one_that_was_taken_away_makes_room() {
    let client = Client::new();
    client.commit(&[("dir/sub/file", "1\n"), ("plain", "2\n")]);
    let (mut server, tip) = stored(&client);
    let odb = server.odb();
    let tree = read::commit(&odb, &tip).unwrap().tree;
    let mut pack = NewPack::default();
    let id = pack.add(Kind::Blob, b"new\n").unwrap();
    let mut edit = TreeEdit::new(&odb, Some(tree)).unwrap();
    assert!(matches!(edit.put(&path("plain/x/y"), 0o100_644, id), Err(ComposeError::BelowFile(at)) if at == b"plain"));
    let mut edit = TreeEdit::new(&odb, Some(tree)).unwrap();
    assert!(matches!(edit.put(&path("dir/sub"), 0o100_644, id), Err(ComposeError::IsFolder(_))));
    assert_eq!(edit.find(&path("plain/x")).unwrap(), None);
    edit.remove(&path("plain")).unwrap();
    edit.put(&path("plain/x"), 0o100_755, id).unwrap();
    edit.remove(&path("dir/sub/file")).unwrap();
    assert_eq!((edit.find(&path("dir/sub")).unwrap(), edit.find(&path("dir")).unwrap()), (None, None));
    edit.put(&path("dir"), 0o120_000, id).unwrap();
    assert_eq!(edit.find(&path("dir")).unwrap(), Some(Found { mode: 0o120_000, id }));
    let tree = edit.write(&mut pack).unwrap();
    let (id, reaches_all) = pushed(&mut server, &client, tip, tree, pack);
    assert!(reaches_all);
    let listed = client.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", &id.to_hex()]);
    assert_eq!(listed, "120000 dir\n100755 plain/x");
}

#[test]
fn only_the_folders_on_the_way_are_written_and_an_edit_that_changes_nothing_writes_none() {
    let client = Client::new();
    let files: Vec<(String, String)> = (0..50).map(|n| (format!("d{n}/e/f"), n.to_string())).collect();
    client.commit(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let (mut server, tip) = stored(&client);
    let odb = server.odb();
    let before = read::commit(&odb, &tip).unwrap().tree;
    let count = |pack: NewPack| u32::from_be_bytes(pack.finish()[8..12].try_into().unwrap());
    let mut edit = TreeEdit::new(&odb, Some(before)).unwrap();
    assert!(edit.find(&path("d7/e/f")).unwrap().is_some() && edit.find(&path("d8/none")).unwrap().is_none());
    let mut pack = NewPack::default();
    assert_eq!((edit.write(&mut pack).unwrap(), count(pack)), (before, 0));
    let mut edit = TreeEdit::new(&odb, Some(before)).unwrap();
    let mut pack = NewPack::default();
    let id = pack.add(Kind::Blob, b"new\n").unwrap();
    edit.put(&path("d7/e/f"), 0o100_644, id).unwrap();
    edit.write(&mut pack).unwrap();
    assert_eq!(count(pack), 4, "the blob, and three trees");
    // With nothing left, git's tree is the empty one.
    let mut edit = TreeEdit::new(&odb, Some(before)).unwrap();
    for (name, _) in &files {
        edit.remove(&path(name)).unwrap();
    }
    let mut pack = NewPack::default();
    let empty = edit.write(&mut pack).unwrap();
    assert_eq!(empty.to_hex(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    pushed(&mut server, &client, tip, empty, pack);
}

#[test]
fn tags_are_as_git_writes_them() {
    let client = Client::new();
    let tip = client.commit(&[("a", "a\n")]);
    let (mut server, _) = stored(&client);
    let mut pack = NewPack::default();
    let text = compose::tag(&tip, Kind::Commit, b"v1", &person(), b"One\n");
    let id = pack.add(Kind::Tag, &text).unwrap();
    assert!(server.push(&pack.finish(), &[("refs/tags/v1", id)]).unwrap());
    assert_eq!(client.object("tag", &text), id);
    assert_eq!(client.git(&["for-each-ref", "--format=x"]).lines().count(), 1);
    client.git(&["update-ref", "refs/tags/v1", &id.to_hex()]);
    client.git(&["fsck", "--strict"]);
    assert_eq!(client.git(&["tag", "-l", "--format=%(taggername) %(taggerdate:raw) %(contents:subject)"]), "A U Thor 1700000000 -0130 One");
}

#[test]
fn folders_are_bounded_in_bytes_and_contents_are_not_counted_with_them() {
    let told = |error: ComposeError| error.to_string().contains("push the change with git");
    let large = vec![b'x'; (32 << 20) + 1];
    let mut pack = NewPack::default();
    pack.add(Kind::Blob, &large).unwrap();
    pack.add(Kind::Tree, &large[..32 << 20]).unwrap();
    pack.add(Kind::Tree, &large[..32 << 20]).unwrap();
    assert!(told(pack.add(Kind::Tree, b"x").unwrap_err()));
    // Folders that are only made take memory too.
    let odb = crate::odb::Odb::new(Vec::new());
    let mut edit = TreeEdit::new(&odb, None).unwrap();
    let refused = (0..1000).find_map(|n| edit.put(&path(&format!("{n}/{}x", "a/".repeat(126))), 0o100_644, Oid::ZERO).err());
    assert!(told(refused.unwrap()));
}
