//! Pushes that must pass, and what they leave behind.

use super::support::{Client, Server, budget};
use crate::connectivity;
use crate::ingest::Ingested;
use crate::{Oid, read};

#[test]
fn a_first_push_is_whole_closed_and_readable() {
    let (client, mut server) = (Client::new(), Server::new());
    client.commit(&[("a", "one\n"), ("dir/b", "two\n")]);
    let tip = client.commit(&[("a", "uno\n")]);
    assert!(server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap());
    let odb = server.odb();
    for id in client.objects(&[tip]) {
        let kind = client.git(&["cat-file", "-t", &id.to_hex()]);
        let object = odb.find(&id).unwrap();
        assert_eq!(object.kind.as_str(), kind);
        assert_eq!(object.data, client.git_with(&["cat-file", &kind, &id.to_hex()], b""));
        assert_eq!(odb.header(&id).unwrap(), (object.kind, object.data.len() as u64));
    }
}

#[test]
fn a_thin_pack_is_completed_and_its_bases_are_not_called_carried() {
    let (client, mut server) = (Client::new(), Server::new());
    let long: String = (0..2000).map(|n| format!("line {n}\n")).collect();
    let first = client.commit(&[("big", &long), ("x", "x\n")]);
    server.push(&client.pack(&[first], &[], false), &[("refs/heads/main", first)]).unwrap();
    let second = client.commit(&[("big", &format!("{long}one more\n"))]);
    let thin = client.pack(&[second], &[first], true);
    let ingested = server.ingest(&thin).unwrap();
    assert_eq!(ingested.appended_bases(), [client.rev("HEAD~1:big")]);
    assert_eq!(ingested.carried_objects(), 3);
    assert!(ingested.carries(&client.rev("HEAD:big")) && !ingested.carries(&client.rev("HEAD~1:big")));
    drop(ingested);
    assert!(server.push(&thin, &[("refs/heads/main", second)]).unwrap());
    assert_eq!(server.odb().blob(&client.rev("HEAD:big"), 1 << 20).unwrap(), format!("{long}one more\n").as_bytes());
}

#[test]
fn a_new_branch_at_an_old_commit_needs_only_an_empty_pack() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = client.commit(&[("a", "1\n")]);
    let second = client.commit(&[("a", "2\n")]);
    server.push(&client.pack(&[second], &[], false), &[("refs/heads/main", second)]).unwrap();
    let empty = client.pack(&[first], &[second], false);
    let ingested = server.ingest(&empty).unwrap();
    assert!(ingested.pack().is_none());
    assert_eq!(server.check(Some(&ingested), &[first]).ok(), Some(true));
    assert_eq!(server.check(None, &[first]).ok(), Some(true));
}

#[test]
fn reverts_moves_and_copies_of_old_objects_are_proven() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = client.commit(&[("a", "1\n"), ("d/e/f", "deep\n"), ("d/g", "g\n")]);
    client.commit(&[("a", "2\n"), ("d/e/f", "")]);
    let third = client.commit(&[("a", "3\n")]);
    server.push(&client.pack(&[third], &[], false), &[("refs/heads/main", third)]).unwrap();
    // The very tree of the first commit, which neither parent has at its place; only the commit is sent.
    let revert: Oid = client.git(&["commit-tree", &format!("{first}^{{tree}}"), "-p", &third.to_hex(), "-m", "revert"]).parse().unwrap();
    assert!(server.push(&client.pack_exactly(&[revert]), &[("refs/heads/main", revert)]).unwrap());
    // A file moved between folders: an old blob under a new name.
    client.git(&["reset", "-q", "--hard", &revert.to_hex()]);
    client.git(&["mv", "d/e/f", "moved"]);
    let moved = client.commit(&[]);
    assert!(server.push(&client.pack(&[moved], &[revert], true), &[("refs/heads/main", moved)]).unwrap());
}

#[test]
fn tags_of_tags_and_tags_of_trees_and_blobs_are_walked() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = client.commit(&[("a", "1\n")]);
    client.git(&["tag", "-a", "-m", "one", "t1"]);
    client.git(&["tag", "-a", "-m", "two", "t2", "t1"]);
    client.git(&["tag", "-a", "-m", "tree", "t3", "HEAD^{tree}"]);
    client.git(&["tag", "-a", "-m", "blob", "t4", "HEAD:a"]);
    let blob = client.object("blob", b"alone\n");
    let tags: Vec<Oid> = ["t2", "t3", "t4"].iter().map(|t| client.rev(t)).collect();
    let tips = [&tags[..], &[tip, blob]].concat();
    let updates: Vec<(&str, Oid)> = ["refs/tags/t2", "refs/tags/t3", "refs/tags/t4", "refs/heads/main", "refs/tags/blob"]
        .into_iter()
        .zip(tips.iter().copied())
        .collect();
    assert!(server.push(&client.pack(&tips, &[], false), &updates).unwrap());
    // The inner tag is reachable through the outer one alone.
    assert_eq!(server.check(None, &[client.rev("t1")]).ok(), Some(true));
    assert_eq!(server.check(None, &[blob]).ok(), Some(true));
    let peeled = read::peel(&server.odb(), &tags[0]).unwrap();
    assert_eq!((peeled.target, peeled.target_kind), (tip, crate::Kind::Commit));
}

#[test]
fn a_submodule_need_not_exist() {
    let (client, mut server) = (Client::new(), Server::new());
    client.commit(&[("a", "1\n")]);
    client.git(&["update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,sub"]);
    client.git(&["commit", "-q", "-m", "submodule"]);
    let tip = client.rev("HEAD");
    assert!(server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap());
}

#[test]
fn a_pack_with_more_than_the_refs_need_is_taken_but_not_closed() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = client.commit(&[("a", "1\n")]);
    let extra = client.object("blob", b"nobody names me\n");
    let pack = client.pack_exactly(&[client.objects(&[tip]), vec![extra]].concat());
    assert!(!server.push(&pack, &[("refs/heads/main", tip)]).unwrap());
}

#[test]
fn each_tip_is_judged_alone_when_one_is_broken() {
    let (client, mut server) = (Client::new(), Server::new());
    let good = client.commit(&[("a", "1\n")]);
    server.push(&client.pack(&[good], &[], false), &[("refs/heads/main", good)]).unwrap();
    let next = client.commit(&[("a", "2\n")]);
    let bad: Oid = "1111111111111111111111111111111111111111".parse().unwrap();
    let ingested = server.ingest(&client.pack(&[next], &[good], false)).unwrap();
    let odb = server.odb().with_pack(ingested.pack());
    let verdicts = connectivity::check_each(&odb, Some(&ingested), &[next, bad, good], &server.refs(), &mut budget()).unwrap();
    let sound: Vec<bool> = verdicts.iter().map(Option::is_none).collect();
    assert_eq!(sound, [true, false, true]);
    assert_eq!(Ingested::carried_objects(&ingested), 3);
}

#[test]
fn what_a_push_no_longer_needs_is_removed() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = client.commit(&[("a", "1\n")]);
    let pack = client.pack(&[tip], &[], false);
    let ingested = server.ingest(&pack).unwrap();
    assert_eq!(server.listing("quarantine").len(), 1);
    drop(ingested);
    assert!(server.listing("quarantine").is_empty());
    assert!(server.ingest(&pack[..pack.len() - 30]).is_err());
    assert!(server.listing("quarantine").is_empty());
    server.push(&pack, &[("refs/heads/main", tip)]).unwrap();
    assert!(server.listing("quarantine").is_empty() && server.listing("views").is_empty());
}
