//! Bitmaps as git uses them: made for the large packs, found by every later view, and gone with the packs.

use std::sync::Arc;
use std::time::Duration;

use super::support::{Client, Server};
use crate::Oid;
use crate::bitmaps::{Cover, is_settled, retain, write};
use crate::budget::Cancel;
use crate::build::pack_objects;
use crate::packs::Pack;
use crate::tests::fetch::Collect;
use crate::upload::PackRequest;

const TIME: Duration = Duration::from_secs(60);

fn packs(server: &Server) -> Vec<Arc<Pack>> {
    server.odb().members().iter().map(|member| Arc::clone(&member.pack)).collect()
}

fn cover(server: &Server) -> Cover {
    Cover::of(&packs(server)).unwrap()
}

/// Whether git finds a bitmap that holds for this commit.
fn tested(client: &Client, server: &Server, tip: Oid) -> bool {
    let view = server.view();
    let git_dir = format!("--git-dir={}", view.path().display());
    client.try_git(&[&git_dir, "rev-list", "--test-bitmap", &tip.to_hex()], b"").0
}

fn line(client: &Client, commits: usize, name: &str) -> Oid {
    (0..commits).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("{name}{n}"), &format!("{name} {n}\n"))]))
}

#[test]
fn views_of_large_repositories_have_bitmaps_that_small_pushes_do_not_spoil() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = line(&client, 3, "a");
    server.push(&client.pack(&[first], &[], false), &[("refs/heads/main", first)]).unwrap();
    assert_eq!(Cover::of(&packs(&server)), None, "too small");
    let tip = line(&client, 40, "b");
    server.push(&client.pack(&[tip], &[first], true), &[("refs/heads/main", tip)]).unwrap();
    assert!(!is_settled(&server.store, &cover(&server)) && !tested(&client, &server, tip));
    write(&server.store, "work", &cover(&server), &server.refs(), TIME, &Cancel::new()).unwrap();
    assert!(is_settled(&server.store, &cover(&server)) && tested(&client, &server, tip));
    let next = client.commit(&[("a", "small\n")]);
    server.push(&client.pack(&[next], &[tip], true), &[("refs/heads/main", next)]).unwrap();
    assert!(is_settled(&server.store, &cover(&server)) && tested(&client, &server, tip));
    // What git sends by the bitmap is what it sends without.
    let request = PackRequest { wants: vec![next], common: vec![first], thin: false, ..PackRequest::default() };
    let sent = |server: &Server| {
        let mut sent = Collect::default();
        pack_objects(&server.view(), &request, &mut sent, &Cancel::new(), TIME).unwrap();
        u32::from_be_bytes(sent.pack[8..12].try_into().unwrap())
    };
    let with = sent(&server);
    retain(&server.store, &[]).unwrap();
    assert!(server.listing("bitmaps").is_empty() && !tested(&client, &server, tip));
    assert_eq!(with, sent(&server));
    assert_eq!(server.listing("quarantine").len() + server.listing("views").len(), 0);
}

#[test]
fn packs_that_lean_on_others_are_not_tried_again_and_again() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = line(&client, 1, "a");
    let small = client.pack(&[first], &[], false);
    server.push(&small, &[("refs/heads/main", first)]).unwrap();
    let tip = line(&client, 40, "b");
    server.push(&client.pack(&[tip], &[first], true), &[("refs/heads/main", tip)]).unwrap();
    // What the older pack needs comes with a newer one, as after folding.
    server.store_unreachable(&small);
    let cover = cover(&server);
    write(&server.store, "work", &cover, &server.refs(), TIME, &Cancel::new()).unwrap();
    assert!(is_settled(&server.store, &cover) && !tested(&client, &server, tip));
    assert_eq!(server.listing("bitmaps"), [format!("{}.none", cover.key())]);
    retain(&server.store, &[cover.key().to_owned()]).unwrap();
    assert!(is_settled(&server.store, &cover));
}
