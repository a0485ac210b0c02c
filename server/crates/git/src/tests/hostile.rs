//! Packs that no honest client sends.

use std::io::{self, Read};

use hardie_domain::limits::GitLimits;

use super::support::{Chance, Client, HandMade, Server, append_delta, with_checksum};
use crate::Oid;
use crate::budget::Cancel;
use crate::ingest::scan::Scan;
use crate::ingest::{Base, IngestError, Limit, ingest};

fn sample() -> (Client, Oid, Vec<u8>) {
    let client = Client::new();
    let long: String = (0..300).map(|n| format!("line {n}\n")).collect();
    client.commit(&[("a", &long), ("d/b", "b\n")]);
    let tip = client.commit(&[("a", &format!("{long}more\n"))]);
    client.git(&["repack", "-adq"]);
    let pack = client.pack(&[tip], &[], false);
    (client, tip, pack)
}

#[test]
fn the_scan_finds_the_end_wherever_the_bytes_are_cut() {
    let (_client, _, pack) = sample();
    let trailing = [&pack[..], b"more"].concat();
    for step in [1, 2, 3, 7, 20, 64, pack.len(), trailing.len()] {
        let mut scan = Scan::new(&GitLimits::default());
        let mut used = 0;
        for chunk in trailing.chunks(step) {
            if scan.is_done() {
                break;
            }
            used += scan.feed(chunk).unwrap();
        }
        assert!(scan.is_done(), "step {step}");
        assert_eq!((used, scan.offset(), scan.sent_end()), (pack.len(), pack.len() as u64, pack.len() as u64 - 20));
    }
}

#[test]
fn nothing_is_read_past_the_end_of_the_pack() {
    struct NoMore(Vec<u8>);
    impl Read for NoMore {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "read past the end: over SSH this would wait for ever");
            let n = buffer.len().min(self.0.len()).min(100);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0.drain(..n);
            Ok(n)
        }
    }
    let (client, tip, pack) = sample();
    let server = Server::new();
    for pack in [pack, client.pack(&[tip], &[tip], false)] {
        let view = server.view();
        let base = Base { odb: view.odb(), view: &|| Ok(view.clone()) };
        ingest(&mut NoMore(pack), &server.store, "x", &base, &server.limits, &mut |_| {}, &Cancel::new()).unwrap();
    }
}

#[test]
fn truncated_packs_are_refused_at_every_length() {
    let (_client, _, pack) = sample();
    let server = Server::new();
    for length in (0..pack.len()).step_by(41).chain([pack.len() - 1]) {
        let error = server.ingest(&pack[..length]).unwrap_err();
        assert!(error.is_clients_fault(), "{length}: {error}");
    }
    assert!(server.listing("quarantine").is_empty());
}

#[test]
fn flipped_bits_are_refused_wherever_they_are() {
    let (_client, _, pack) = sample();
    let server = Server::new();
    let mut chance = Chance(7);
    for _ in 0..60 {
        let mut bad = pack.clone();
        let at = chance.below(bad.len());
        bad[at] ^= 1 << chance.below(8);
        let error = server.ingest(&bad).expect_err(&format!("bit flipped at {at}"));
        assert!(error.is_clients_fault(), "{at}: {error:?}");
    }
    assert!(server.listing("quarantine").is_empty());
    assert!(server.listing("packs").iter().all(|folder| server.listing(&format!("packs/{folder}")).is_empty()));
}

#[test]
fn random_bytes_never_make_the_scan_panic() {
    let (_client, _, pack) = sample();
    let mut chance = Chance(99);
    for round in 0..3000 {
        let mut bytes = if round % 2 == 0 { pack[..chance.below(pack.len())].to_vec() } else { b"PACK\0\0\0\x02\0\0\0\x05".to_vec() };
        bytes.extend((0..chance.below(200)).map(|_| u8::try_from(chance.below(256)).unwrap()));
        let mut scan = Scan::new(&GitLimits { object_bytes: 1 << 20, ..GitLimits::default() });
        for chunk in bytes.chunks(1 + chance.below(50)) {
            if scan.is_done() || scan.feed(chunk).is_err() {
                break;
            }
        }
    }
}

#[test]
fn wrong_heads_and_counts_are_named() {
    let server = Server::new();
    let blob = || {
        let mut pack = HandMade::new();
        pack.object(3, b"x");
        pack
    };
    let mut version = blob().finish();
    version[7] = 9;
    for (pack, text) in [
        (b"GIT!".to_vec(), "ends early"),
        (with_checksum(b"KCAP\0\0\0\x02\0\0\0\x01".to_vec()), "does not begin with PACK"),
        (version, "version 9"),
        (blob().finish_claiming(2), "bad pack"),
        (blob().finish_claiming(u32::MAX), "more than 50000000 objects"),
        (HandMade::new().finish_claiming(1), "bad pack"),
        ([HandMade::new().finish(), Vec::new()].concat(), ""),
        (b"PACK\0\0\0\x02\0\0\0\0aaaaaaaaaaaaaaaaaaaa".to_vec(), "checksum"),
    ] {
        match server.ingest(&pack) {
            Ok(_) => assert_eq!(text, ""),
            Err(error) => assert!(error.to_string().contains(text) && !text.is_empty(), "{error}"),
        }
    }
}

#[test]
fn objects_that_inflate_to_more_than_they_say_are_refused_early() {
    let server = Server::new();
    let bomb = vec![0; 64 << 20];
    let mut pack = HandMade::new();
    pack.lying(3, 100, &bomb);
    let error = server.ingest(&pack.finish()).unwrap_err();
    assert!(error.to_string().contains("larger than its entry says"), "{error}");
    let mut pack = HandMade::new();
    pack.lying(3, 100, b"short");
    let error = server.ingest(&pack.finish()).unwrap_err();
    assert!(error.to_string().contains("smaller than its entry says"), "{error}");
}

#[test]
fn every_limit_has_its_own_words() {
    let limits = GitLimits { object_bytes: 1 << 20, inflated_bytes: 4 << 20, pack_objects: 8, pack_bytes: 10_000, ..GitLimits::default() };
    let refused = |pack: Vec<u8>| {
        let mut server = Server::new();
        server.limits = limits;
        match server.ingest(&pack).unwrap_err() {
            IngestError::Limit(limit, _) => limit,
            other => panic!("{other}"),
        }
    };
    let mut large = HandMade::new();
    large.object(3, &vec![b'x'; (1 << 20) + 1]);
    assert_eq!(refused(large.finish()), Limit::ObjectBytes);
    let mut claims = HandMade::new();
    claims.lying(3, usize::MAX >> 8, b"x");
    assert_eq!(refused(claims.finish()), Limit::ObjectBytes);
    let mut together = HandMade::new();
    for n in 0..5u8 {
        together.object(3, &vec![n; 1 << 20]);
    }
    assert_eq!(refused(together.finish()), Limit::InflatedBytes);
    let mut many = HandMade::new();
    for n in 0..9u8 {
        many.object(3, &[n]);
    }
    assert_eq!(refused(many.finish()), Limit::PackObjects);
    let mut chance = Chance(3);
    let mut noise = HandMade::new();
    noise.object(3, &(0..20_000).map(|_| u8::try_from(chance.below(256)).unwrap()).collect::<Vec<u8>>());
    assert_eq!(refused(noise.finish()), Limit::PackBytes);
    // A few bytes of delta that make a huge object.
    let mut grown = HandMade::new();
    let base = grown.object(3, b"x");
    grown.ofs_delta(base, &[&[1][..], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[1, b'y']].concat());
    assert_eq!(refused(grown.finish()), Limit::ObjectBytes);
}

#[test]
fn deltas_chained_without_end_are_refused() {
    let server = Server::new();
    let chain = |length: usize| {
        let mut pack = HandMade::new();
        let mut at = pack.object(3, b"0123456789");
        for n in 0..length {
            at = pack.ofs_delta(at, &append_delta(10 + n, b"x"));
        }
        pack.finish()
    };
    let ingested = server.ingest(&chain(300)).unwrap();
    assert_eq!(ingested.carried_objects(), 301);
    match server.ingest(&chain(4096)) {
        Err(IngestError::Limit(Limit::DeltaDepth, 4095)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn deltas_against_nothing_are_refused() {
    let server = Server::new();
    let mut missing = HandMade::new();
    missing.ref_delta(&Oid([9; 20]), &append_delta(5, b"x"));
    assert!(server.ingest(&missing.finish()).unwrap_err().to_string().contains("unresolved"));
    let mut before = HandMade::new();
    before.raw(&[0x65, 0x7f], b"");
    assert!(server.ingest(&before.finish()).unwrap_err().to_string().contains("outside of the pack"));
    let mut itself = HandMade::new();
    itself.raw(&[0x65, 0x00], b"");
    assert!(server.ingest(&itself.finish()).unwrap_err().is_clients_fault());
}

#[test]
fn names_that_play_tricks_are_refused_with_fscks_word() {
    let client = Client::new();
    let server = Server::new();
    let blob = client.object("blob", b"x\n");
    let refused = |name: &[u8], mode: &str| {
        let mut tree = format!("{mode} ").into_bytes();
        tree.extend_from_slice(name);
        tree.push(0);
        tree.extend_from_slice(&blob.0);
        let mut pack = HandMade::new();
        pack.object(3, b"x\n");
        pack.object(2, &tree);
        match server.ingest(&pack.finish()) {
            Err(IngestError::Fsck(text)) => text,
            other => panic!("{:?}: {other:?}", String::from_utf8_lossy(name)),
        }
    };
    for (name, word) in [
        (&b".git"[..], "hasDotgit"),
        (b".GIT", "hasDotgit"),
        (b".gIt", "hasDotgit"),
        (b"git~1", "hasDotgit"),
        (b".git ", "hasDotgit"),
        (b".git.", "hasDotgit"),
        (b".git::$INDEX_ALLOCATION", "hasDotgit"),
        (b".git\\x", "hasDotgit"),
        (b".g\xe2\x80\x8cit", "hasDotgit"),
        (b".g\xe2\x80\x8dit", "hasDotgit"),
        (b".g\xef\xbb\xbfit", "hasDotgit"),
        (b"..", "hasDotdot"),
        (b".", "hasDot"),
        (b"a/b", "fullPathname"),
        (b"", "badTree"),
    ] {
        let text = refused(name, "100644");
        assert!(text.contains(word), "{:?}: {text}", String::from_utf8_lossy(name));
        assert!(!text.contains("quarantine"), "{text}");
    }
    assert!(refused(b".gitmodules", "120000").contains("gitmodulesSymlink"));
    // A NUL ends the name: what follows is read as an id and the rest does not decode.
    let mut pack = HandMade::new();
    pack.object(3, b"x\n");
    pack.object(2, &[&b"100644 a\0b\0"[..], &blob.0].concat());
    assert!(matches!(server.ingest(&pack.finish()), Err(IngestError::Fsck(_))));
}

#[test]
fn broken_objects_are_refused_with_fscks_word() {
    let server = Server::new();
    let client = Client::new();
    let blob = client.object("blob", b"x\n");
    let entry = |name: &str| [format!("100644 {name}\0").as_bytes(), &blob.0].concat();
    let refused = |kind: u8, content: &[u8]| {
        let mut pack = HandMade::new();
        pack.object(3, b"x\n");
        pack.object(kind, content);
        match server.ingest(&pack.finish()) {
            Err(IngestError::Fsck(text)) => text,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(2, &[entry("b"), entry("a")].concat()).contains("treeNotSorted"));
    assert!(refused(2, &[entry("a"), entry("a")].concat()).contains("duplicateEntries"));
    // These do not get as far as fsck: parsing them fails.
    assert!(refused(1, b"hello").contains("commit"));
    assert!(refused(1, b"tree x\n").contains("commit"));
    assert!(refused(4, b"object x\n").contains("tag"));
    let bad_date = format!("tree {}\nauthor A <a@b> x +0000\ncommitter A <a@b> 1 +0000\n\nx\n", "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    assert!(refused(1, bad_date.as_bytes()).contains("badDate"));
}

#[test]
fn the_same_object_twice_and_a_cancelled_push_are_refused() {
    let server = Server::new();
    let mut twice = HandMade::new();
    twice.object(3, b"x");
    twice.object(3, b"x");
    assert!(matches!(server.ingest(&twice.finish()), Err(IngestError::Fsck(_))));
    let cancel = Cancel::new();
    cancel.cancel();
    let view = server.view();
    let base = Base { odb: view.odb(), view: &|| Ok(view.clone()) };
    let got = ingest(&mut io::repeat(0), &server.store, "x", &base, &server.limits, &mut |_| {}, &cancel);
    assert!(matches!(got, Err(IngestError::Stopped(_))));
    assert!(server.listing("quarantine").is_empty());
}

#[test]
fn folders_nested_without_end_are_refused_and_not_followed() {
    let (client, mut server) = (Client::new(), Server::new());
    let mut pack = HandMade::new();
    pack.object(3, b"x\n");
    let mut id = client.object("blob", b"x\n");
    let mut mode = "100644";
    for _ in 0..2000 {
        let tree = [format!("{mode} d\0").as_bytes(), &id.0].concat();
        pack.object(2, &tree);
        id = client_tree_id(&tree);
        mode = "40000";
    }
    let text = format!("tree {id}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nx\n");
    pack.object(1, text.as_bytes());
    let commit = object_id("commit", text.as_bytes());
    // On the stack of an ordinary worker thread.
    let refused = std::thread::Builder::new().stack_size(2 << 20).spawn(move || server.push(&pack.finish(), &[("refs/heads/x", commit)]));
    let error = format!("{:?}", refused.unwrap().join().unwrap().unwrap_err());
    assert!(error.contains("nested more than") || error.contains("Fsck"), "{error}");
}

fn client_tree_id(tree: &[u8]) -> Oid {
    object_id("tree", tree)
}

fn object_id(kind: &str, content: &[u8]) -> Oid {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(format!("{kind} {}\0", content.len()).as_bytes());
    hasher.update(content);
    Oid::from_bytes(hasher.try_finalize().unwrap().as_bytes()).unwrap()
}
