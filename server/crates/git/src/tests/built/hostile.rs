//! What must not go wrong quietly: a request that is given up, damage on disk, work that grows beyond its bounds.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;

use super::{Holder, TIME};
use crate::Oid;
use crate::budget::Cancel;
use crate::build::{Source, build_here, build_pack};
use crate::error::Error;
use crate::object::Kind;
use crate::odb::{Member, Odb};
use crate::packs::PackStore;
use crate::sink::ByteSink;
use crate::tests::fetch::Collect;
use crate::tests::support::{Chance, Client, Server};
use crate::upload::{Filter, PackRequest};

/// A line of commits on one text and a blob that does not deflate, pushed one by one.
fn served(commits: usize, noise: usize) -> (Client, Server, Vec<Oid>) {
    let (client, mut server, mut chance) = (Client::new(), Server::new(), Chance(5));
    let mut text: Vec<String> = (0..200).map(|n| format!("line {n}\n")).collect();
    let mut ids: Vec<Oid> = Vec::new();
    for n in 0..commits {
        text[chance.below(200)] = format!("changed {n}\n");
        let noise: String = (0..noise).map(|_| char::from(b' ' + u8::try_from(chance.below(95)).unwrap())).collect();
        let id =
            client.commit(&[("dir/text", &text.concat()), (&format!("noise{}", n % 2), &format!("{noise}.")), (&format!("n{n}"), "x")]);
        server.push(&client.pack(&[id], &ids, true), &[("refs/heads/main", id)]).unwrap();
        ids.push(id);
    }
    (client, server, ids)
}

fn clone_of(id: Oid) -> PackRequest {
    PackRequest { wants: vec![id], ofs_delta: true, thin: true, ..PackRequest::default() }
}

/// Gives up while taking the first piece.
struct GivesUp(Cancel, usize);

impl ByteSink for GivesUp {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.0.cancel();
        self.1 += bytes.len();
        ControlFlow::Continue(())
    }
    fn progress(&mut self, _: &[u8]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[test]
fn a_receiver_that_leaves_and_a_caller_that_gives_up_end_the_pack_without_a_trailer() {
    let (_client, server, ids) = served(2, 200_000);
    let (odb, refs, request) = (server.odb(), server.refs(), clone_of(ids[1]));
    let mut sink = GivesUp(Cancel::new(), 0);
    let cancel = sink.0.clone();
    let stopped = build_here(&odb, &refs, &request, &mut sink, &cancel, TIME);
    assert!(matches!(stopped, Err(Error::Stopped(_))) && sink.1 < 100_000, "{stopped:?} {}", sink.1);
    let mut gone = Collect { stop_after: Some(0), ..Collect::default() };
    assert!(matches!(build_here(&odb, &refs, &request, &mut gone, &Cancel::new(), TIME), Err(Error::Stopped(_))));
    let mut unsent = Collect::default();
    assert!(matches!(build_here(&odb, &refs, &request, &mut unsent, &cancel, TIME), Err(Error::Stopped(_))));
    let late = build_here(&odb, &refs, &request, &mut unsent, &Cancel::new(), std::time::Duration::ZERO);
    assert!(matches!(late, Err(Error::Stopped(_))) && unsent.pack.is_empty());
}

#[test]
fn a_flipped_bit_is_an_error_and_never_a_bad_pack() {
    let (client, server, ids) = served(6, 300);
    let mut chance = Chance(u64::from(std::process::id()));
    let (mut failed, mut served) = (0, 0);
    for round in 0..60 {
        let (hash, _) = server.members[chance.below(server.members.len())];
        let path = server.store.pack(&hash).unwrap().path().to_owned();
        let at = 12 + chance.below(std::fs::metadata(&path).unwrap().len() as usize - 32) as u64;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1 << chance.below(8)], at).unwrap();
        // Nothing is known of the pack but what is on disk now.
        let store = PackStore::attach(&server.root());
        let packs = server.members.iter().map(|(hash, closed)| Member { pack: store.pack(hash).unwrap(), closed: *closed });
        let odb = Odb::new(packs.collect());
        let request = match round % 2 {
            0 => clone_of(ids[5]),
            _ => PackRequest { common: vec![ids[chance.below(5)]], ..clone_of(ids[5]) },
        };
        let mut sink = Collect::default();
        match build_here(&odb, &server.refs(), &request, &mut sink, &Cancel::new(), TIME) {
            // The damage is elsewhere.
            Ok(true) => {
                served += 1;
                let holder = Holder::new(&client, &request);
                holder.take(&client, &sink.pack, "ours");
                holder.check(&client, &request);
            }
            Ok(false) => assert!(sink.pack.is_empty()),
            Err(error) => {
                failed += 1;
                assert!(matches!(error, Error::Damaged { .. }), "{error}");
                let (whole, ..) = client.try_git(&["index-pack", "--stdin", "--fix-thin"], &sink.pack);
                assert!(!whole, "a pack that failed looks whole");
            }
        }
        file.write_all_at(&byte, at).unwrap();
    }
    println!("{failed} errors, {served} served");
    assert!(failed > 0);
}

#[test]
fn what_is_too_large_or_unusual_is_left_to_git_and_nothing_else_is() {
    let (client, mut server) = (Client::new(), Server::new());
    let names: Vec<String> = (0..4200).map(|n| format!("f{n}")).collect();
    let first = client.commit(&[("a", "a")]);
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let second = client.commit(&files);
    let third = client.commit(&[("a", "c")]);
    server.push(&client.pack(&[third], &[], false), &[("refs/heads/main", third)]).unwrap();
    let (odb, refs) = (server.odb(), server.refs());
    let made = Cell::new(0);
    let view = || {
        made.set(made.get() + 1);
        Ok(server.view())
    };
    let source = Source { packs: &server.store, odb: &odb, refs: &refs, view: &view };
    let build = |request: &PackRequest| {
        let before = made.get();
        let mut sink = Collect::default();
        build_pack(&source, request, &mut sink, &Cancel::new(), TIME).map(|()| (made.get() > before, sink.pack))
    };
    let filtered = |filter: Filter| PackRequest { filter: Some(filter), common: vec![second], ..clone_of(third) };
    for (request, left, why) in [
        (clone_of(third), true, "a large clone"),
        (PackRequest { common: vec![first], ..clone_of(third) }, true, "a large fetch"),
        (PackRequest { common: vec![second], ..clone_of(third) }, false, "a small fetch"),
        (PackRequest { new_shallow: vec![third], ..clone_of(third) }, false, "a clone of one commit"),
        (PackRequest { common: vec![third], ..clone_of(third) }, false, "nothing"),
        (filtered(Filter::BlobNone), false, "blob:none"),
        (filtered(Filter::Kind(Kind::Tree)), false, "object:type"),
        (filtered(Filter::Combine(vec![Filter::BlobNone, Filter::Tree(3)])), false, "combine"),
    ] {
        let (by_git, pack) = build(&request).unwrap();
        assert_eq!(by_git, left, "{why}");
        if request.filter.is_none() {
            let holder = Holder::new(&client, &request);
            holder.take(&client, &pack, "fetched");
            holder.check(&client, &request);
        }
    }
    let absent = build(&clone_of(Oid([7; 20]))).unwrap_err();
    assert!(matches!(absent, Error::Git(_)), "{absent}");
}

#[test]
fn two_folders_that_changed_places_do_not_vouch_for_each_other() {
    let client = Client::new();
    let before = client.commit(&[("a/same", "only here\n"), ("a/f", "f\n"), ("b/same", "only here\n"), ("b/g", "g\n")]);
    client.git(&["mv", "a", "c"]);
    client.git(&["mv", "b", "a"]);
    client.git(&["mv", "c", "b"]);
    let after = client.commit(&[]);
    let mut server = Server::new();
    server.push(&client.pack(&[after], &[], false), &[("refs/heads/main", after)]).unwrap();
    let mut sink = Collect::default();
    assert!(build_here(&server.odb(), &server.refs(), &clone_of(after), &mut sink, &Cancel::new(), TIME).unwrap());
    let holder = Holder::new(&client, &clone_of(after));
    let sent = holder.take(&client, &sink.pack, "ours");
    assert_eq!(sent, client.objects(&[before, after]).into_iter().collect::<HashSet<_>>());
}
