//! Clones of whole packs, compared with what git says that the wants reach.

use std::collections::HashSet;

use super::history::History;
use super::{Holder, TIME};
use crate::Oid;
use crate::bitmaps::{Cover, is_settled, write};
use crate::budget::Cancel;
use crate::build::{Source, build_whole};
use crate::error::Error;
use crate::tests::fetch::Collect;
use crate::tests::support::{Chance, Client, Server};
use crate::upload::{Filter, PackRequest};

/// Makes bitmaps for what the server has; false if git made none.
fn cover(server: &Server) -> bool {
    let packs: Vec<_> = server.odb().members().iter().map(|member| member.pack.clone()).collect();
    let Some(cover) = Cover::of(&packs) else { return false };
    write(&server.store, "work", &cover, &server.refs(), TIME, &Cancel::new()).unwrap();
    assert!(is_settled(&server.store, &cover));
    server.listing("bitmaps").iter().any(|name| name.ends_with(".bitmap"))
}

/// The pack, if it is one of whole packs.
fn whole(server: &Server, request: &PackRequest) -> Result<Option<Vec<u8>>, Error> {
    let (odb, refs) = (server.odb(), server.refs());
    let view = || -> crate::error::Result<_> { panic!("git is not needed") };
    let source = Source { packs: &server.store, odb: &odb, refs: &refs, view: &view };
    let mut sink = Collect::default();
    let built = build_whole(&source, request, &mut sink, &Cancel::new(), TIME)?;
    assert!(built || sink.pack.is_empty());
    Ok(built.then_some(sink.pack))
}

fn clone_of(wants: Vec<Oid>) -> PackRequest {
    PackRequest { wants, ofs_delta: true, ..PackRequest::default() }
}

/// What a client has that took the pack.
fn taken(client: &Client, request: &PackRequest, pack: &[u8]) -> HashSet<Oid> {
    assert!(by_id(client, pack) == 0, "a delta names its base by its id, which some clients take for another's");
    let holder = Holder::new(client, request);
    let sent = holder.take(client, pack, "whole");
    let count = u32::from_be_bytes(pack[8..12].try_into().unwrap());
    assert_eq!(sent.len(), count as usize, "an object is there twice");
    holder.check(client, request);
    sent
}

/// Deltas that name their base by its id.
fn by_id(client: &Client, pack: &[u8]) -> usize {
    let file = client.path().join("taken.pack");
    std::fs::write(&file, pack).unwrap();
    client.git(&["index-pack", &file.display().to_string()]);
    let data = gix::odb::pack::data::File::at(&file, gix::hash::Kind::Sha1).unwrap();
    let index = gix::odb::pack::index::File::at(file.with_extension("idx"), gix::hash::Kind::Sha1).unwrap();
    let headers = index.iter().map(|entry| data.entry(entry.pack_offset).unwrap().header);
    headers.filter(|header| matches!(header, gix::odb::pack::data::entry::Header::RefDelta { .. })).count()
}

#[test]
fn random_clones_of_whole_packs_hold_what_is_reached_and_nothing_else() {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x0b17);
    let rounds = if std::env::var_os("HARDIE_SOAK").is_some() { 120 } else { 8 };
    let mut built = 0;
    for seed in (0..rounds).map(|round| seed.wrapping_add(round)) {
        println!("HARDIE_TEST_SEED={seed}");
        let mut chance = Chance(seed);
        let mut history = History::new(&mut chance);
        let kept = cover(&history.server);
        // What comes later has no bits.
        for n in 0..chance.below(4) {
            let parent = history.commits[history.commits.len() - 1 - chance.below(3)];
            let tree = history.client.rev(&format!("{}^{{tree}}", history.commits[chance.below(history.commits.len())]));
            let next = history.client.commit_of_tree(&tree, &[parent, history.commits[chance.below(5)]]);
            let pack = history.client.pack(&[next], &history.commits, chance.below(2) == 0);
            history.server.push(&pack, &[(&format!("refs/heads/new{n}"), next)]).unwrap();
            history.commits.push(next);
        }
        for _ in 0..6 {
            let mut wants: Vec<Oid> = history.commits.iter().rev().take(1 + chance.below(history.commits.len())).copied().collect();
            if chance.below(2) == 0 {
                wants = history.commits.clone();
            }
            let along = chance.below(2) == 0;
            let request = PackRequest { include_tag: along, thin: chance.below(2) == 0, ..clone_of(wants) };
            let Some(pack) = whole(&history.server, &request).unwrap() else { continue };
            assert!(kept);
            built += 1;
            let sent = taken(&history.client, &request, &pack);
            let mut expected: HashSet<Oid> = history.client.objects(&request.wants).into_iter().collect();
            if along {
                let tags = history.tags.iter().filter(|tag| history.client.objects(&[**tag]).iter().all(|id| sent.contains(id)));
                expected.extend(tags.filter(|tag| sent.contains(tag)));
            }
            assert_eq!(sent, expected);
        }
    }
    println!("{built} clones of whole packs");
    assert!(built > 0, "none was one of whole packs");
}

#[test]
fn what_nothing_wanted_reaches_is_not_sent_along() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = (0..30).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("f{n}"), "f\n")]));
    let secret = client.commit(&[("secret", "do not tell\n")]);
    server.push(&client.pack(&[secret], &[], false), &[("refs/heads/main", secret)]).unwrap();
    assert!(cover(&server));
    let request = clone_of(vec![secret]);
    assert_eq!(taken(&client, &request, &whole(&server, &request).unwrap().unwrap()).len(), client.objects(&[secret]).len());
    // Forced back: the pack holds more than anyone may still want.
    server.set("refs/heads/main", first);
    let hidden = client.rev(&format!("{secret}:secret"));
    if let Some(pack) = whole(&server, &clone_of(vec![first])).unwrap() {
        assert!(!taken(&client, &clone_of(vec![first]), &pack).contains(&hidden));
    }
    for other in [
        PackRequest { common: vec![first], ..request.clone() },
        PackRequest { filter: Some(Filter::BlobNone), ..request.clone() },
        PackRequest { new_shallow: vec![secret], ..request.clone() },
        PackRequest { client_shallow: vec![first], ..request.clone() },
        PackRequest { ofs_delta: false, ..request.clone() },
        PackRequest { wants: vec![secret, hidden], ..request.clone() },
    ] {
        assert!(whole(&server, &other).unwrap().is_none(), "{other:?}");
    }
    assert!(matches!(whole(&server, &clone_of(vec![Oid([7; 20])])), Ok(None)));
}

#[test]
fn damaged_bitmaps_are_not_believed() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = (0..60).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("f{n}"), &format!("{n}\n"))]));
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    assert!(cover(&server));
    let request = clone_of(vec![tip]);
    let all: HashSet<Oid> = client.objects(&[tip]).into_iter().collect();
    assert_eq!(taken(&client, &request, &whole(&server, &request).unwrap().unwrap()), all);
    let mut chance = Chance(u64::from(std::process::id()));
    let (mut refused, mut believed) = (0, 0);
    let files: Vec<_> = server.listing("bitmaps").iter().map(|name| server.root().join("bitmaps").join(name)).collect();
    let good: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let restore = || {
        for (path, good) in files.iter().zip(&good) {
            let _ = std::fs::remove_file(path);
            std::fs::write(path, good).unwrap();
        }
    };
    for (path, good) in files.iter().zip(&good) {
        for round in 0..150 {
            let mut bad = good.clone();
            let at = chance.below(bad.len());
            bad[at] ^= 1 << chance.below(8);
            if round % 3 == 0 {
                bad.truncate(at);
            }
            // Half of them with a checksum that fits, as if written so.
            if round % 2 == 0 && bad.len() > 40 {
                let body = bad.len() - 20;
                let sum = <sha1::Sha1 as sha1::Digest>::digest(&bad[..body]);
                bad[body..].copy_from_slice(&sum);
            }
            restore();
            std::fs::remove_file(path).unwrap();
            std::fs::write(path, &bad).unwrap();
            match whole(&server, &request) {
                // Somebody made the checksum fit.
                Ok(Some(_)) => {
                    believed += 1;
                    assert!(round % 2 == 0 || bad == *good, "{} {at}", path.display());
                }
                Ok(None) | Err(_) => refused += 1,
            }
            // What has a wrong checksum goes, so that it is made anew.
            assert!(round % 2 == 0 || !path.exists() || bad == *good);
        }
    }
    restore();
    println!("{refused} refused, {believed} believed");
    assert!(refused > believed && whole(&server, &request).unwrap().is_some());
}

#[test]
fn a_damaged_pack_is_not_sent_whole() {
    use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
    let (client, mut server) = (Client::new(), Server::new());
    let tip = (0..60).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("f{n}"), &format!("{n}\n"))]));
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    assert!(cover(&server));
    let path = server.odb().members()[0].pack.path().to_owned();
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().write_all_at(&[0x55, 0xaa, 0x55], length / 2).unwrap();
    let failed = whole(&server, &clone_of(vec![tip]));
    assert!(matches!(failed, Err(Error::Damaged { .. })), "{failed:?}");
}
