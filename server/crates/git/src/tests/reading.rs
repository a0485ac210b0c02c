//! What pages and policies read, compared with `git`.

use std::sync::Arc;
use std::time::Duration;

use hardie_domain::policy::{PushRepository as _, ReadError};

use super::support::{Client, Server, budget};
use crate::budget::{Budget, Cancel};
use crate::diff::{DiffOptions, LineKind, Status, diff, write_unified};
use crate::error::Error;
use crate::odb::Prefix;
use crate::read::{self, LogQuery, PushView};
use crate::{Kind, Oid};

fn pushed(client: &Client, tip: Oid) -> Server {
    let mut server = Server::new();
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    server
}

#[test]
fn logs_follow_paths_and_come_in_pages() {
    let client = Client::new();
    let mut commits = Vec::new();
    for n in 0..10 {
        let path = if n % 2 == 0 { "even/x" } else { "odd/y" };
        commits.push(client.commit(&[(path, &format!("{n}\n"))]));
    }
    client.git(&["checkout", "-q", "-b", "side", "HEAD~4"]);
    client.commit(&[("side", "s\n")]);
    client.git(&["checkout", "-q", "main"]);
    client.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let tip = client.rev("HEAD");
    let odb = pushed(&client, tip).odb();
    for path in ["", "even", "even/x", "odd", "side", "none/at/all"] {
        let mut args = vec!["log", "--format=%H"];
        args.extend((!path.is_empty()).then_some(["--", path]).into_iter().flatten());
        let expected = client.git(&args);
        let query = LogQuery { tips: vec![tip], path: path.into(), limit: 100, ..LogQuery::default() };
        let got = read::log(&odb, &query, &mut budget()).unwrap();
        let got_ids: Vec<String> = got.commits.iter().map(|c| c.id.to_hex()).collect();
        assert_eq!(got_ids.join("\n"), expected, "{path}");
        assert!(!got.more && !got.cut_short);
        let page = read::log(&odb, &LogQuery { skip: 2, limit: 1, ..query }, &mut budget()).unwrap();
        assert_eq!(page.commits.first().map(|c| c.id), got.commits.get(2).map(|c| c.id), "{path}");
        assert_eq!(page.more, got.commits.len() > 3);
    }
    let short = read::log(
        &odb,
        &LogQuery { tips: vec![tip], limit: 100, ..LogQuery::default() },
        &mut Budget::new(3, Duration::MAX, &Cancel::new()),
    );
    let short = short.unwrap();
    assert!(short.cut_short && short.commits.len() == 3);
    assert_eq!(read::count_commits(&odb, &tip, &mut budget()).unwrap(), 12);
}

#[test]
fn every_entry_of_a_folder_knows_its_last_commit() {
    let client = Client::new();
    client.commit(&[("d/a", "1\n"), ("d/b", "1\n"), ("d/sub/c", "1\n"), ("top", "1\n")]);
    client.commit(&[("d/b", "2\n")]);
    client.commit(&[("d/sub/c", "2\n")]);
    client.git(&["checkout", "-q", "-b", "side", "HEAD~2"]);
    client.commit(&[("d/a", "2\n")]);
    client.git(&["checkout", "-q", "main"]);
    client.git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    let tip = client.commit(&[("top", "2\n")]);
    let odb = pushed(&client, tip).odb();
    for folder in ["", "d", "d/sub"] {
        for (name, commit) in read::last_commits(&odb, &tip, folder.as_bytes(), &read::Earlier::new(), &mut budget()).unwrap() {
            let name = String::from_utf8(name).unwrap();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            assert_eq!(commit.unwrap().to_hex(), client.git(&["log", "-1", "--format=%H", "--", &path]), "{path}");
        }
    }
    let cut = read::last_commits(&odb, &tip, b"", &read::Earlier::new(), &mut Budget::new(1, Duration::MAX, &Cancel::new())).unwrap();
    assert!(cut.len() == 2 && cut.iter().all(|(_, commit)| commit.is_none()));
    assert!(matches!(read::last_commits(&odb, &tip, b"none", &read::Earlier::new(), &mut budget()), Err(Error::NotFound(_))));
    assert!(matches!(read::last_commits(&odb, &tip, b"top", &read::Earlier::new(), &mut budget()), Err(Error::NotFound(_))));
}

#[test]
fn paths_trees_prefixes_and_ranges_are_found() {
    let client = Client::new();
    let tip = client.commit(&[("a/b/c", "hello\n"), ("a/d", "x\n"), ("z", "z\n")]);
    let odb = pushed(&client, tip).odb();
    let root = read::peel_to_tree(&odb, &tip).unwrap();
    let at = |path: &str| read::entry_at(&odb, &root, path.as_bytes()).unwrap().map(|e| e.id);
    assert_eq!(at(""), Some(root));
    assert_eq!(at("a/b/c"), Some(client.rev("HEAD:a/b/c")));
    assert_eq!(at("a/b"), Some(client.rev("HEAD:a/b")));
    for none in ["x", "a/b/c/d", "/a", "a/", "a//b", "../a", ".", "a/b/"] {
        assert_eq!(at(none), None, "{none}");
    }
    let (page, total) = read::tree_page(&odb, &root, 1, 5).unwrap();
    assert_eq!((page.len(), total, page[0].name.as_slice()), (1, 2, &b"z"[..]));
    let blob = client.rev("HEAD:a/b/c");
    assert_eq!(odb.blob_range(&blob, 1, 3).unwrap(), &b"ell"[..]);
    assert_eq!(odb.blob_range(&blob, 4, u64::MAX).unwrap(), &b"o\n"[..]);
    assert!(odb.blob_range(&blob, 7, 1).unwrap().is_empty());
    assert!(matches!(odb.blob(&blob, 5), Err(Error::TooLarge(_))));
    assert!(matches!(odb.blob(&root, 5), Err(Error::WrongKind { found: Kind::Tree, .. })));
    assert_eq!(odb.find_prefix(&blob.to_hex()[..10]), Prefix::One(blob));
    for none in ["", "abc", "zzzz", &"0".repeat(41), "ffffffffff"] {
        assert_eq!(odb.find_prefix(none), Prefix::None, "{none}");
    }
}

#[test]
fn a_large_blob_is_read_at_its_beginning_and_no_further() {
    let client = Client::new();
    let text = "0123456789abcdef".repeat((65 << 20) / 16);
    let blob = client.object("blob", text.as_bytes());
    let tree = client.object("tree", &[&b"100644 large\0"[..], &blob.0].concat());
    let odb = pushed(&client, client.commit_of_tree(&tree, &[])).odb();
    assert_eq!(odb.blob_range(&blob, 0, 20).unwrap(), &b"0123456789abcdef0123"[..]);
    assert_eq!(odb.blob_range(&blob, (64 << 20) - 2, 2).unwrap(), &b"ef"[..]);
    assert!(matches!(odb.blob_range(&blob, (64 << 20) - 2, 3), Err(Error::TooLarge(_))));
}

#[test]
fn ambiguous_prefixes_are_told_apart_from_one_object_in_two_packs() {
    let (client, mut server) = (Client::new(), Server::new());
    // Enough blobs that two share four digits.
    let files: Vec<(String, String)> = (0..900).map(|n| (format!("f{n}"), format!("{n}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let tip = client.commit(&files);
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    let next = client.commit(&[("f0", "other\n")]);
    server.push(&client.pack(&[next], &[], false), &[("refs/heads/main", next)]).unwrap();
    let odb = server.odb();
    let mut ambiguous = 0;
    for id in client.objects(&[next]) {
        match odb.find_prefix(&id.to_hex()[..4]) {
            Prefix::One(found) => assert_eq!(found, id),
            Prefix::Ambiguous => ambiguous += 1,
            Prefix::None => panic!("{id}"),
        }
    }
    assert!(ambiguous > 0);
}

#[test]
fn diffs_are_those_of_git_and_apply() {
    let client = Client::new();
    let long: String = (0..60).map(|n| format!("line {n}\n")).collect();
    client.commit(&[("edit", &long), ("gone", "bye\n"), ("move/me", &long.replace("line", "text")), ("bin", "a\0b"), ("nl", "no newline")]);
    let edited = long.replace("line 5\n", "line five\n").replace("line 50\n", "").replace("line 9\n", "line 9\nnew\n");
    std::fs::create_dir_all(client.path().join("to")).unwrap();
    client.git(&["mv", "move/me", "to/here"]);
    let tip = client.commit(&[
        ("edit", &edited),
        ("gone", ""),
        ("new", "hi\n"),
        ("bin", "a\0c"),
        ("nl", "no newline\nnow\n"),
        ("to/here", &long.replace("line", "text").replace("text 7\n", "changed\n")),
        ("caf\u{e9}", "x\n"),
    ]);
    let odb = pushed(&client, tip).odb();
    let tree = |spec: &str| Some(client.rev(&format!("{spec}^{{tree}}")));
    let got = diff(&odb, tree("HEAD~1"), tree("HEAD"), &DiffOptions::default(), &mut budget()).unwrap();
    let status = |path: &str| got.files.iter().find(|f| f.path == path.as_bytes()).unwrap();
    assert_eq!(status("edit").status, Status::Modified);
    assert_eq!(status("gone").status, Status::Deleted);
    assert_eq!(status("new").status, Status::Added);
    assert!(status("bin").binary && status("bin").hunks.is_empty());
    assert_eq!((status("to/here").status, status("to/here").old_path.as_slice()), (Status::Renamed, &b"move/me"[..]));
    assert_eq!(status("edit").hunks.len(), 2);
    assert!(status("nl").hunks[0].lines.iter().any(|l| l.no_newline && l.kind == LineKind::Removed));
    let numbers = client.git(&["diff", "--numstat", "-M", "HEAD~1", "HEAD", "--", "edit"]);
    assert_eq!(numbers, format!("{}\t{}\tedit", status("edit").additions, status("edit").deletions));
    // The text applies to the old tree and gives the new one (binary files apart, whose text git cannot apply either).
    let text: Vec<u8> =
        write_unified(&crate::diff::Diff { files: got.files.iter().filter(|f| !f.binary).cloned().collect(), ..got.clone() });
    client.git(&["checkout", "-q", "HEAD~1"]);
    client.git_with(&["apply", "--index", "-"], &text);
    client.git(&["checkout", "-q", &tip.to_hex(), "--", "bin"]);
    assert_eq!(client.git(&["write-tree"]), client.rev(&format!("{tip}^{{tree}}")).to_hex());
}

#[test]
fn diffs_stay_within_their_bounds() {
    let client = Client::new();
    let big: String = (0..5000).map(|n| format!("{n}\n")).collect();
    let files: Vec<(String, String)> = (0..20).map(|n| (format!("f{n:02}"), big.clone())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let tip = client.commit(&files);
    let odb = pushed(&client, tip).odb();
    let tree = read::peel_to_tree(&odb, &tip).unwrap();
    let options = DiffOptions { max_files: 5, max_file_lines: 6000, max_lines: 12_000, renames: false, ..DiffOptions::default() };
    let got = diff(&odb, None, Some(tree), &options, &mut budget()).unwrap();
    assert!(got.truncated && got.files.len() == 5);
    let shown: Vec<bool> = got.files.iter().map(|f| f.too_large).collect();
    assert_eq!(shown, [false, false, true, true, true]);
    assert!(got.files.iter().all(|f| f.additions == 5000));
    let small = DiffOptions { max_file_bytes: 100, ..options };
    let got = diff(&odb, None, Some(tree), &small, &mut budget()).unwrap();
    assert!(got.files.iter().all(|f| f.too_large && f.hunks.is_empty() && f.additions == 0));
    let stopped = diff(&odb, None, Some(tree), &DiffOptions::default(), &mut Budget::new(3, Duration::MAX, &Cancel::new()));
    assert!(matches!(stopped, Err(Error::TooLarge(_))));
}

#[test]
fn a_tree_that_names_itself_many_times_over_costs_no_more_than_the_budget() {
    let client = Client::new();
    let mut tree = client.object("tree", &[&b"100644 f\0"[..], &client.object("blob", b"x\n").0].concat());
    for _ in 0..30 {
        let content: Vec<u8> = (b'a'..b'k').flat_map(|name| [&b"40000 "[..], &[name, 0], &tree.0].concat()).collect();
        tree = client.object("tree", &content);
    }
    let tip = client.commit_of_tree(&tree, &[]);
    let mut server = Server::new();
    // Ten to the thirtieth paths, forty objects: taken in at the cost of the objects.
    assert!(server.push(&client.pack_exactly(&client.objects(&[tip])), &[("refs/heads/main", tip)]).unwrap());
    let odb = server.odb();
    let mut few = Budget::new(10_000, Duration::from_secs(20), &Cancel::new());
    assert!(matches!(
        diff(&odb, None, Some(tree), &DiffOptions { max_files: usize::MAX / 4, ..DiffOptions::default() }, &mut few),
        Err(Error::TooLarge(_))
    ));
    let view = PushView::new(odb, None, &[tip], server.refs(), Duration::from_secs(20), Cancel::new());
    assert_eq!(view.new_objects("", 0, 100).unwrap().len(), 0);
}

/// A public branch, a stored secret, and a push that adds two commits.
fn policy_scene() -> (Client, Server, Oid, Vec<u8>, Oid) {
    let (client, mut server) = (Client::new(), Server::new());
    let public = client.commit(&[("a", "public\n"), ("dir/x", "x\n")]);
    server.push(&client.pack(&[public], &[], false), &[("refs/heads/main", public)]).unwrap();
    client.git(&["checkout", "-q", "-b", "hidden"]);
    let secret = client.commit(&[("secret", "s3cret\n")]);
    server.store_unreachable(&client.pack(&[secret], &[public], false));
    client.git(&["checkout", "-q", "main"]);
    client.commit(&[("dir/x", "y\n"), ("new file", "fresh\n")]);
    let tip = client.commit(&[("dir/x", "x\n")]);
    let pack = client.pack(&[tip], &[public], true);
    (client, server, public, pack, tip)
}

#[test]
fn a_policy_sees_what_is_new_and_where_it_lies() {
    let (client, server, public, pack, tip) = policy_scene();
    let ingested = Arc::new(server.ingest(&pack).unwrap());
    let odb = Arc::new(server.odb().with_pack(ingested.pack()));
    let view = PushView::new(odb, Some(ingested), &[tip, Oid::ZERO], server.refs(), Duration::from_secs(20), Cancel::new());
    let commits: Vec<Oid> = view.new_commits(0, 0, 10).unwrap().into_iter().map(|c| c.id).collect();
    assert_eq!(commits, [tip, client.rev("HEAD~1")]);
    assert_eq!(view.new_commits(0, 1, 10).unwrap().len(), 1);
    assert!(view.new_commits(1, 0, 10).unwrap().is_empty());
    assert!(view.new_commits(7, 0, 10).unwrap().is_empty());
    let blobs = view.new_objects("blob", 0, 10).unwrap();
    let found: Vec<(&[u8], u64, u32, Oid)> = blobs.iter().map(|b| (b.path.as_slice(), b.size, b.mode, b.commit)).collect();
    // The second commit restores an old blob, which is not new.
    let first = client.rev("HEAD~1");
    assert_eq!(found, [(&b"dir/x"[..], 2, 0o100_644, first), (&b"new file"[..], 6, 0o100_644, first)]);
    assert_eq!(view.new_objects("commit", 0, 10).unwrap().len(), 2);
    assert!(view.new_objects("nonsense", 0, 10).unwrap().is_empty());
    let changes = view.changes(public, tip, 0, 10).unwrap();
    assert_eq!(changes.iter().map(|c| c.path.as_slice()).collect::<Vec<_>>(), [b"new file"]);
    assert_eq!(view.changes(Oid::ZERO, tip, 1, 1).unwrap()[0].path, b"dir/x");
    assert!(view.is_ancestor(public, tip).unwrap() && !view.is_ancestor(tip, public).unwrap());
    assert_eq!(view.read_ref(b"refs/heads/main").unwrap(), Some(public));
    assert_eq!(view.blob_range(blobs[1].id, 1, 3).unwrap(), b"res");
    assert_eq!(view.blob_size(tip), Err(ReadError::WrongKind("blob")));
    assert_eq!(view.tree(view.commit(tip).unwrap().tree, 0, 10).unwrap().len(), 3);
}

#[test]
fn a_policy_is_shown_no_more_of_a_commit_than_a_page_of_them_may_hold() {
    let (client, mut server) = (Client::new(), Server::new());
    let tree = client.object("tree", b"");
    let commit = |parents: usize, name: usize, message: usize| {
        let parent = client.object("commit", format!("tree {tree}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nroot").as_bytes());
        let lines = format!("parent {parent}\n").repeat(parents);
        let (name, message) = ("n".repeat(name), "m".repeat(message));
        client.object(
            "commit",
            format!("tree {tree}\n{lines}author {name} <a> 1 +0000\ncommitter {name} <a> 1 +0000\n\n{message}").as_bytes(),
        )
    };
    let (long, wide, large) = (commit(1, 10_000, 1 << 20), commit(1_001, 1, 1), commit(1, 1, (16 << 20) + 1));
    let tips = [long, wide, large];
    server.store_unreachable(&client.pack(&tips, &[], false));
    let view = PushView::recorded(server.odb(), &tips, server.refs(), Duration::from_secs(20), Cancel::new());
    let shown = view.new_commits(0, 0, 1).unwrap().remove(0);
    assert_eq!((shown.message.len(), shown.author.name.len(), shown.committer.name.len()), (64 << 10, 4 << 10, 4 << 10));
    assert!(shown.message.capacity() < 128 << 10, "what was cut is not kept");
    for (update, why) in [(1, "1001 parents"), (2, "bytes")] {
        let Err(ReadError::TooLarge(text)) = view.new_commits(update, 0, 1) else { panic!("{why}") };
        assert!(text.contains(why), "{text}");
        assert!(matches!(view.commit(tips[update]), Err(ReadError::TooLarge(_))));
    }
}

#[test]
fn an_object_between_a_change_and_its_reversal_does_not_escape_a_policy() {
    let (client, mut server) = (Client::new(), Server::new());
    let public = client.commit(&[("a", "public\n")]);
    server.push(&client.pack(&[public], &[], false), &[("refs/heads/main", public)]).unwrap();
    client.commit(&[("x/huge", "huge\n"), ("x/y", "1\n")]);
    client.commit(&[("x/y", "2\n")]);
    let tip = client.commit(&[("x/y", "1\n")]);
    let ingested = Arc::new(server.ingest(&client.pack(&[tip], &[public], true)).unwrap());
    let odb = Arc::new(server.odb().with_pack(ingested.pack()));
    let view = PushView::new(odb, Some(ingested), &[tip], server.refs(), Duration::from_secs(20), Cancel::new());
    let paths: Vec<Vec<u8>> = view.new_objects("blob", 0, 10).unwrap().into_iter().map(|o| o.path).collect();
    assert_eq!(paths, [b"x/huge".to_vec(), b"x/y".to_vec(), b"x/y".to_vec()]);
}

#[test]
fn a_policy_cannot_read_what_is_merely_stored() {
    let (client, server, public, pack, tip) = policy_scene();
    let ingested = Arc::new(server.ingest(&pack).unwrap());
    let odb = Arc::new(server.odb().with_pack(ingested.pack()));
    let view = PushView::new(odb, Some(ingested), &[tip], server.refs(), Duration::from_secs(20), Cancel::new());
    let secret = client.rev("hidden");
    let (tree, blob) = (client.rev("hidden^{tree}"), client.rev("hidden:secret"));
    assert_eq!(view.commit(secret), Err(ReadError::NotFound));
    assert_eq!(view.tree(tree, 0, 10), Err(ReadError::NotFound));
    assert_eq!(view.blob_size(blob), Err(ReadError::NotFound));
    assert_eq!(view.blob_range(blob, 0, 10), Err(ReadError::NotFound));
    assert_eq!(view.changes(public, secret, 0, 10), Err(ReadError::NotFound));
    assert_eq!(view.is_ancestor(public, secret), Err(ReadError::NotFound));
    assert_eq!(view.blob_size(client.rev("HEAD:a")), Ok(7));
}
