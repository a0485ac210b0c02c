//! Present means reachable: attempts to build on, or to read, objects that are merely stored.

use super::support::{Client, HandMade, Refused, Server, append_delta, budget};
use crate::Oid;
use crate::connectivity::NotConnected;
use crate::ingest::IngestError;
use crate::reach::Reach;
use crate::read::history::History;
use crate::upload::UploadObjects as _;

/// A repository with a public branch and a stored secret that no ref reaches.
struct Scene {
    client: Client,
    server: Server,
    public: Oid,
    secret_blob: Oid,
    secret_tree: Oid,
    secret: Oid,
}

const SECRET: &str = "the secret is long enough to be worth a delta: 0123456789 abcdefghijklmnopqrstuvwxyz\n";

fn scene() -> Scene {
    let (client, mut server) = (Client::new(), Server::new());
    let public = client.commit(&[("a", "public\n")]);
    server.push(&client.pack(&[public], &[], false), &[("refs/heads/main", public)]).unwrap();
    client.git(&["checkout", "-q", "-b", "hidden"]);
    let secret = client.commit(&[("dir/secret", SECRET)]);
    server.store_unreachable(&client.pack(&[secret], &[public], false));
    client.git(&["checkout", "-q", "main"]);
    let (secret_blob, secret_tree) = (client.rev("hidden:dir/secret"), client.rev("hidden:dir"));
    assert!(server.odb().contains(&secret_blob));
    Scene { client, server, public, secret_blob, secret_tree, secret }
}

#[track_caller]
fn assert_missing(result: Result<bool, Refused>, id: &Oid) {
    match result {
        Err(Refused::Connectivity(NotConnected::Missing { missing, .. })) => assert_eq!(missing, *id),
        other => panic!("expected {id} to be missing, got {other:?}"),
    }
}

fn tree(entries: &[(&str, &str, Oid)]) -> Vec<u8> {
    entries.iter().flat_map(|(mode, name, id)| [format!("{mode} {name}\0").as_bytes(), &id.0].concat()).collect()
}

#[test]
fn a_stored_blob_named_in_a_new_tree_is_missing() {
    let Scene { client, mut server, public, secret_blob, .. } = scene();
    let root = client.object("tree", &tree(&[("100644", "stolen", secret_blob)]));
    let commit = client.commit_of_tree(&root, &[public]);
    assert_missing(server.push(&client.pack_exactly(&[commit, root]), &[("refs/heads/x", commit)]), &secret_blob);
}

#[test]
fn a_stored_tree_named_in_a_new_tree_or_as_root_is_missing() {
    let Scene { client, mut server, public, secret_tree, .. } = scene();
    let root = client.object("tree", &tree(&[("40000", "stolen", secret_tree)]));
    let commit = client.commit_of_tree(&root, &[public]);
    assert_missing(server.push(&client.pack_exactly(&[commit, root]), &[("refs/heads/x", commit)]), &secret_tree);
    let direct = client.commit_of_tree(&secret_tree, &[public]);
    assert_missing(server.push(&client.pack_exactly(&[direct]), &[("refs/heads/x", direct)]), &secret_tree);
}

#[test]
fn a_stored_commit_named_as_parent_by_a_tag_or_as_tip_is_missing() {
    let Scene { client, mut server, public, secret, .. } = scene();
    let tree = client.rev(&format!("{public}^{{tree}}"));
    let child = client.commit_of_tree(&tree, &[public, secret]);
    assert_missing(server.push(&client.pack_exactly(&[child]), &[("refs/heads/x", child)]), &secret);
    client.git(&["tag", "-a", "-m", "x", "t", &secret.to_hex()]);
    let tag = client.rev("t");
    assert_missing(server.push(&client.pack_exactly(&[tag]), &[("refs/tags/t", tag)]), &secret);
    let empty = client.pack(&[public], &[public], false);
    assert_missing(server.push(&empty, &[("refs/heads/x", secret)]), &secret);
}

#[test]
fn a_parent_with_the_stored_tree_beside_does_not_prove_it() {
    // The walk compares with parents' trees first. A parent that is itself only stored must not vouch for anything.
    let Scene { client, mut server, secret, secret_tree, .. } = scene();
    let root = client.object("tree", &tree(&[("40000", "dir", secret_tree)]));
    let commit = client.commit_of_tree(&root, &[secret]);
    assert_missing(server.push(&client.pack_exactly(&[commit, root]), &[("refs/heads/x", commit)]), &secret);
}

#[test]
fn a_delta_against_a_stored_blob_is_refused() {
    // Completing a thin pack copies the base in: without a check the pusher would own the secret's bytes.
    let Scene { client, mut server, public, secret_blob, .. } = scene();
    let delta = append_delta(SECRET.len(), b"!");
    let stolen = client.object("blob", format!("{SECRET}!").as_bytes());
    let root = tree(&[("100644", "stolen", stolen)]);
    let root_id = client.object("tree", &root);
    let commit_id = client.commit_of_tree(&root_id, &[public]);
    let commit = client.git_with(&["cat-file", "commit", &commit_id.to_hex()], b"");
    let mut pack = HandMade::new();
    pack.object(1, &commit);
    pack.object(2, &root);
    pack.ref_delta(&secret_blob, &delta);
    match server.push(&pack.finish(), &[("refs/heads/x", commit_id)]) {
        Err(Refused::Connectivity(NotConnected::Base(base))) => assert_eq!(base, secret_blob),
        other => panic!("{other:?}"),
    }
    // The same delta against a blob that the branch holds is welcome.
    let own = client.rev("main:a");
    let grown = client.object("blob", b"public\n!");
    let root = tree(&[("100644", "a", grown)]);
    let commit_id = client.commit_of_tree(&client.object("tree", &root), &[public]);
    let mut pack = HandMade::new();
    pack.object(1, &client.git_with(&["cat-file", "commit", &commit_id.to_hex()], b""));
    pack.object(2, &root);
    pack.ref_delta(&own, &append_delta(7, b"!"));
    server.push(&pack.finish(), &[("refs/heads/x", commit_id)]).unwrap();
}

#[test]
fn a_base_that_was_copied_in_does_not_vouch_for_itself() {
    // The completed pack holds the secret blob itself; naming it in a tree of the same push must not count as carrying it.
    let Scene { client, mut server, public, secret_blob, .. } = scene();
    let grown = client.object("blob", format!("{SECRET}!").as_bytes());
    let root = tree(&[("100644", "grown", grown), ("100644", "stolen", secret_blob)]);
    let commit_id = client.commit_of_tree(&client.object("tree", &root), &[public]);
    let mut pack = HandMade::new();
    pack.object(1, &client.git_with(&["cat-file", "commit", &commit_id.to_hex()], b""));
    pack.object(2, &root);
    pack.ref_delta(&secret_blob, &append_delta(SECRET.len(), b"!"));
    let pack = pack.finish();
    assert!(server.push(&pack, &[("refs/heads/x", commit_id)]).is_err());
    let ingested = server.ingest(&pack).unwrap();
    assert!(!ingested.carries(&secret_blob));
}

#[test]
fn a_folder_changed_and_changed_back_does_not_vouch_for_itself() {
    // Three commits: a folder with the secret, the folder with something more, the first folder again. Walked from the newest,
    // each would find the secret in its neighbour, and the oldest would find the folder already looked into.
    let Scene { client, mut server, public, secret_blob, .. } = scene();
    let other = client.object("blob", b"other\n");
    let plain = client.object("tree", &tree(&[("100644", "stolen", secret_blob)]));
    let more = client.object("tree", &tree(&[("100644", "other", other), ("100644", "stolen", secret_blob)]));
    let root = |folder: Oid| client.object("tree", &tree(&[("40000", "x", folder)]));
    let (plain_root, more_root) = (root(plain), root(more));
    let first = client.commit_of_tree(&plain_root, &[public]);
    let second = client.commit_of_tree(&more_root, &[first]);
    let third = client.commit_of_tree(&plain_root, &[second]);
    let merge = client.commit_of_tree(&plain_root, &[first, third]);
    let objects = [other, plain, more, plain_root, more_root, first, second, third, merge];
    for tip in [third, merge] {
        assert_missing(server.push(&client.pack_exactly(&objects), &[("refs/heads/x", tip)]), &secret_blob);
    }
}

#[test]
fn whoever_has_the_bytes_may_push_them() {
    let Scene { client, mut server, public, secret, .. } = scene();
    assert!(server.push(&client.pack(&[secret], &[public], false), &[("refs/heads/x", secret)]).unwrap());
}

#[test]
fn a_refused_ref_pushed_again_with_an_empty_pack_is_refused_again() {
    let Scene { client, mut server, public, secret, .. } = scene();
    let empty = client.pack(&[public], &[public], false);
    for _ in 0..2 {
        assert_missing(server.push(&empty, &[("refs/heads/refused", secret)]), &secret);
    }
}

#[test]
fn the_objects_of_a_deleted_branch_are_missing() {
    let (client, mut server) = (Client::new(), Server::new());
    let main = client.commit(&[("a", "1\n")]);
    server.push(&client.pack(&[main], &[], false), &[("refs/heads/main", main)]).unwrap();
    let gone = client.commit(&[("a", "2\n")]);
    assert!(server.push(&client.pack(&[gone], &[main], false), &[("refs/heads/gone", gone)]).unwrap());
    server.delete("refs/heads/gone");
    assert_missing(server.push(&client.pack(&[main], &[main], false), &[("refs/heads/again", gone)]), &gone);
    let top = client.commit(&[("b", "3\n")]);
    assert_missing(server.push(&client.pack(&[top], &[gone], false), &[("refs/heads/again", top)]), &gone);
}

#[test]
fn objects_that_are_not_stored_at_all_are_missing_without_a_walk() {
    let Scene { client, mut server, public, .. } = scene();
    let absent = client.object("blob", b"never sent\n");
    let root = client.object("tree", &tree(&[("100644", "x", absent)]));
    let commit = client.commit_of_tree(&root, &[public]);
    // `git index-pack --strict` sees this one itself.
    match server.push(&client.pack_exactly(&[commit, root]), &[("refs/heads/x", commit)]) {
        Err(Refused::Ingest(IngestError::Fsck(text))) => assert!(text.contains(&absent.to_hex()), "{text}"),
        Err(Refused::Connectivity(NotConnected::Missing { missing, .. })) => assert_eq!(missing, absent),
        other => panic!("{other:?}"),
    }
}

#[test]
fn wants_of_stored_but_unreachable_objects_are_refused() {
    let Scene { client, mut server, public, secret_blob, secret_tree, secret } = scene();
    let reach = |server: &Server| Reach::new(server.odb(), server.refs());
    let asked = reach(&server);
    for id in [secret, secret_tree, secret_blob, "2222222222222222222222222222222222222222".parse().unwrap()] {
        assert!(!asked.may_want(&id).unwrap(), "{id}");
        assert!(!asked.is_common(&id).unwrap(), "{id}");
    }
    for id in client.objects(&[public]) {
        assert!(asked.may_want(&id).unwrap(), "{id}");
    }
    // Once a ref reaches it, it may be had, although the pack that holds it is not closed.
    server.push(&client.pack(&[secret], &[public], false), &[("refs/heads/x", secret)]).unwrap();
    server.members.iter_mut().for_each(|(_, closed)| *closed = false);
    let asked = reach(&server);
    for id in [secret, secret_tree, secret_blob] {
        assert!(asked.may_want(&id).unwrap(), "{id}");
    }
    // Gone with the ref again, for commits. Trees and blobs stay readable where the pack was closed, as in git.
    server.delete("refs/heads/x");
    let asked = reach(&server);
    assert!(![secret, secret_tree, secret_blob].iter().any(|id| asked.may_want(id).unwrap()));
}

#[test]
fn an_ancestor_is_found_however_wrong_the_clocks_were() {
    let (client, mut server) = (Client::new(), Server::new());
    let tree = client.object("tree", b"");
    let commit = |time: u32, parents: &[Oid]| {
        let mut text = format!("tree {tree}\n");
        parents.iter().for_each(|p| text.push_str(&format!("parent {p}\n")));
        client.object("commit", format!("{text}author A <a@b> {time} +0000\ncommitter A <a@b> {time} +0000\n\n{time}\n").as_bytes())
    };
    let root = commit(2_000_000_000, &[]);
    let old = commit(5, &[root]);
    let tip = commit(1_000_000_000, &[old]);
    let other = commit(1_900_000_000, &[]);
    server.push(&client.pack(&[tip, other], &[], false), &[("refs/heads/main", tip), ("refs/heads/other", other)]).unwrap();
    let odb = server.odb();
    let mut history = History::new([tip, other]);
    for id in [root, old, tip, other] {
        assert!(history.contains(&odb, &id, &mut budget()).unwrap());
    }
    assert!(crate::read::is_ancestor(&odb, &root, &tip, &mut budget()).unwrap());
    assert!(!crate::read::is_ancestor(&odb, &other, &tip, &mut budget()).unwrap());
    assert!(!crate::read::is_ancestor(&odb, &tip, &root, &mut budget()).unwrap());
}
