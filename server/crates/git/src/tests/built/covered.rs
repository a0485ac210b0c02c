//! Fetches that are copied from stored packs, compared with what git says that the wants reach and the client has not.

use std::collections::HashSet;

use super::history::History;
use super::{Holder, Sums, TIME};
use crate::Oid;
use crate::bitmaps::{Cover, is_settled, write};
use crate::budget::Cancel;
use crate::build::{Source, build_covered, build_here, pack_objects};
use crate::error::Error;
use crate::object::Kind;
use crate::read::tree::MAX_BROAD_DEPTH;
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

/// The pack, if it is copied from stored ones.
fn covered(server: &Server, request: &PackRequest) -> Result<Option<Vec<u8>>, Error> {
    let (odb, refs) = (server.odb(), server.refs());
    let view = || -> crate::error::Result<_> { panic!("git is not needed") };
    let source = Source { packs: &server.store, odb: &odb, refs: &refs, view: &view };
    let mut sink = Collect::default();
    let built = build_covered(&source, request, &mut sink, &Cancel::new(), TIME)?;
    assert!(built || sink.pack.is_empty());
    Ok(built.then_some(sink.pack))
}

fn clone_of(wants: Vec<Oid>) -> PackRequest {
    PackRequest { wants, ofs_delta: true, ..PackRequest::default() }
}

/// What a client has that took the pack.
fn taken(client: &Client, request: &PackRequest, pack: &[u8]) -> HashSet<Oid> {
    let is_thin = request.thin && !request.common.is_empty();
    assert!(is_thin || by_id(client, pack) == 0, "a delta names its base by its id, which some clients take for another's");
    let holder = Holder::new(client, request);
    let sent = holder.take(client, pack, "covered");
    let count = u32::from_be_bytes(pack[8..12].try_into().unwrap());
    assert_eq!(sent.len(), count as usize, "an object is there twice");
    if request.filter.is_none() {
        holder.check(client, request);
    }
    sent
}

/// What is to be sent: reached, not had, and let through.
fn expected(history: &History, request: &PackRequest) -> HashSet<Oid> {
    let (client, odb) = (&history.client, history.server.odb());
    let had: HashSet<Oid> = if request.common.is_empty() { HashSet::new() } else { client.objects(&request.common).into_iter().collect() };
    let passes = |id: &Oid| match (odb.header(id).unwrap(), &request.filter) {
        (_, None) | ((Kind::Commit | Kind::Tag, _), _) => true,
        ((kind, _), Some(Filter::BlobNone)) => kind != Kind::Blob,
        ((kind, size), Some(Filter::BlobLimit(limit))) => kind != Kind::Blob || size < *limit,
        (_, Some(Filter::Tree(0))) => false,
        (_, other) => panic!("{other:?}"),
    };
    client.objects(&request.wants).into_iter().filter(|id| !had.contains(id) && passes(id)).collect()
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
fn random_fetches_of_covered_packs_hold_what_is_lacking_and_nothing_else() {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x0b17);
    let rounds = if std::env::var_os("HARDIE_SOAK").is_some() { 120 } else { 8 };
    let (mut clones, mut built, mut sums) = (0, 0, Sums::default());
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
        for _ in 0..12 {
            let all = history.commits.clone();
            let mut wants: Vec<Oid> = all.iter().rev().take(1 + chance.below(all.len())).copied().collect();
            if chance.below(2) == 0 {
                wants = all.clone();
            }
            let along = chance.below(2) == 0;
            let filter = match chance.below(6) {
                0 => Some(Filter::BlobNone),
                1 => Some(Filter::BlobLimit(chance.below(2000) as u64)),
                2 => Some(Filter::Tree(0)),
                _ => None,
            };
            let common = (0..chance.below(3)).map(|_| all[chance.below(all.len())]).collect();
            let request = PackRequest { include_tag: along, thin: chance.below(2) == 0, filter, common, ..clone_of(wants) };
            let Some(pack) = covered(&history.server, &request).unwrap() else { continue };
            assert!(kept);
            built += 1;
            clones += usize::from(request.common.is_empty());
            let sent = taken(&history.client, &request, &pack);
            let mut expected = expected(&history, &request);
            if along {
                let (odb, refs) = (history.server.odb(), history.server.refs());
                let tags: Vec<Oid> = refs.tags().iter().filter(|(of, _)| expected.contains(of)).map(|(_, tag)| *tag).collect();
                for mut tag in tags {
                    while odb.header(&tag).unwrap().0 == Kind::Tag && expected.insert(tag) {
                        tag = crate::read::tag(&odb, &tag).unwrap().target;
                    }
                }
            }
            assert_eq!(sent, expected);
            let mut gits = Collect::default();
            pack_objects(&history.server.view(), &request, &mut gits, &Cancel::new(), TIME).unwrap();
            sums.ours += pack.len();
            sums.gits += gits.pack.len();
        }
    }
    println!("{built} fetches, {clones} of them clones: {} bytes, git {}", sums.ours, sums.gits);
    assert!(clones > 0 && built > clones, "none was copied");
    // A few small histories say little of size.
    let percent = if rounds > 8 { 110 } else { 125 };
    assert!(sums.ours * 100 <= sums.gits * percent, "{} bytes are too many: git needs {}", sums.ours, sums.gits);
}

#[test]
fn what_nothing_wanted_reaches_is_not_sent_along() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = (0..30).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("f{n}"), "f\n")]));
    let secret = client.commit(&[("secret", "do not tell\n")]);
    server.push(&client.pack(&[secret], &[], false), &[("refs/heads/main", secret)]).unwrap();
    assert!(cover(&server));
    let request = clone_of(vec![secret]);
    assert_eq!(taken(&client, &request, &covered(&server, &request).unwrap().unwrap()).len(), client.objects(&[secret]).len());
    // Forced back: the pack holds more than anyone may still want.
    server.set("refs/heads/main", first);
    let hidden = client.rev(&format!("{secret}:secret"));
    if let Some(pack) = covered(&server, &clone_of(vec![first])).unwrap() {
        assert!(!taken(&client, &clone_of(vec![first]), &pack).contains(&hidden));
    }
    for other in [
        PackRequest { filter: Some(Filter::Tree(1)), ..request.clone() },
        PackRequest { filter: Some(Filter::Kind(Kind::Blob)), ..request.clone() },
        PackRequest { new_shallow: vec![secret], ..request.clone() },
        PackRequest { client_shallow: vec![first], ..request.clone() },
        PackRequest { ofs_delta: false, ..request.clone() },
        PackRequest { wants: vec![secret, hidden], ..request.clone() },
    ] {
        assert!(covered(&server, &other).unwrap().is_none(), "{other:?}");
    }
    assert!(matches!(covered(&server, &clone_of(vec![Oid([7; 20])])), Ok(None)));
}

#[test]
fn damaged_bitmaps_are_not_believed() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = (0..60).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("f{n}"), &format!("{n}\n"))]));
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    assert!(cover(&server));
    let request = clone_of(vec![tip]);
    let all: HashSet<Oid> = client.objects(&[tip]).into_iter().collect();
    assert_eq!(taken(&client, &request, &covered(&server, &request).unwrap().unwrap()), all);
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
            match covered(&server, &request) {
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
    assert!(refused > believed && covered(&server, &request).unwrap().is_some());
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
    let failed = covered(&server, &clone_of(vec![tip]));
    assert!(matches!(failed, Err(Error::Damaged { .. })), "{failed:?}");
}

#[test]
fn the_deepest_folders_fit_the_stack_of_any_thread() {
    let (client, mut server) = (Client::new(), Server::new());
    let nested = |text: &str, depth: usize| {
        let blob = client.object("blob", text.as_bytes());
        let leaf = client.object("tree", &[b"100644 f\0".as_slice(), &blob.0].concat());
        (0..depth).fold(leaf, |tree, _| client.object("tree", &[b"40000 d\0".as_slice(), &tree.0].concat()))
    };
    // So many that what comes later is little.
    let many: Vec<(String, String)> = (0..5000).map(|n| (format!("f{n}"), format!("{n}\n"))).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let flat = client.commit(&files);
    let first = client.commit_of_tree(&nested("1", MAX_BROAD_DEPTH), &[flat]);
    let tip = client.commit_of_tree(&nested("2", MAX_BROAD_DEPTH), &[first]);
    let deeper = client.commit_of_tree(&nested("3", MAX_BROAD_DEPTH + 1), &[tip]);
    server.push(&client.pack(&[first], &[], false), &[("refs/heads/main", first)]).unwrap();
    assert!(cover(&server));
    server.push(&client.pack(&[tip], &[first], false), &[("refs/heads/tip", tip)]).unwrap();
    server.push(&client.pack(&[deeper], &[tip], false), &[("refs/heads/deeper", deeper)]).unwrap();
    let ask = move || {
        let here = |want: Oid, have: Oid| {
            let request = PackRequest { common: vec![have], ..clone_of(vec![want]) };
            build_here(&server.odb(), &server.refs(), &request, &mut Collect::default(), &Cancel::new(), TIME).unwrap()
        };
        let whole = |want: Oid| covered(&server, &clone_of(vec![want])).unwrap().is_some();
        [here(tip, first), whole(tip), here(deeper, tip), whole(deeper)]
    };
    // As small as threads come here.
    let asked = std::thread::Builder::new().stack_size(2 << 20).spawn(ask).unwrap().join().unwrap();
    assert_eq!(asked, [true, true, false, false], "what is deeper is left to git");
}
