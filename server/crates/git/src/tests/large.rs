//! Packs that are too large for memory: the same objects as `git index-pack --strict` makes of them, and the same refusals.

use std::collections::BTreeSet;

use hardie_domain::oid::Oid;

use super::small::{by_git, entry, id, listed, pack};
use super::support::{Chance, Client, HandMade, Server, append_delta};
use crate::connectivity::NotConnected;
use crate::ingest::{IngestError, Ingested};

/// Bytes that do not deflate: enough to make any pack a large one.
fn noise() -> Vec<u8> {
    let mut chance = Chance(7);
    (0..1_200_000).map(|_| u8::try_from(chance.below(256)).unwrap()).collect()
}

fn large() -> HandMade {
    let mut made = HandMade::new();
    made.object(3, &noise());
    made
}

/// What came of a pack, and whether git had to take in all of it.
fn taken(server: &Server, pack: &[u8]) -> (Result<Ingested, IngestError>, bool) {
    let got = server.ingest(pack);
    let by_git = server.listing("quarantine").iter().any(|push| {
        let files = server.listing(&format!("quarantine/{push}/pack"));
        files.iter().any(|name| name == "incoming")
    });
    (got, by_git)
}

fn ids(all: &BTreeSet<(Oid, u64)>) -> BTreeSet<Oid> {
    all.iter().map(|(id, _)| *id).collect()
}

#[test]
fn large_packs_get_the_verdict_that_git_gives() {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
    println!("HARDIE_TEST_SEED={seed}");
    let cases = if std::env::var_os("HARDIE_SOAK").is_some() { 2000 } else { 40 };
    let server = Server::new();
    let (mut here, mut spoilt) = (0, 0);
    for case in 0..cases {
        let mut chance = Chance(seed.wrapping_add(case));
        let wrong = [0, 1, 1, 1, 2][chance.below(5)];
        let pack = pack(large(), &mut chance, wrong);
        let (ours, left) = taken(&server, &pack);
        match (ours, by_git(&server, &pack)) {
            (Ok(ours), Ok(gits)) => {
                assert_eq!(listed(ours.pack().unwrap()), gits, "case {case}");
                assert!(wrong > 0 || !left, "case {case}: a sound pack is left to git");
                (here, spoilt) = (here + u64::from(!left), spoilt + u64::from(!left && wrong > 0));
            }
            (Err(ours), Err(_)) => assert!(ours.is_clients_fault(), "case {case}: {ours}"),
            (ours, gits) => panic!("case {case}: here {:?}, git {:?}", ours.map(drop), gits.map(drop)),
        }
    }
    println!("{here} of {cases} packs taken in here, {spoilt} of them with something changed");
    assert!(here * 4 > cases, "{here} of {cases}");
}

#[test]
fn deltas_and_thin_packs_come_out_as_git_completes_them() {
    let client = Client::new();
    let mut server = Server::new();
    let text = |n: usize| (0..400).map(|line| format!("line {}\n", if line == n { n * 1000 } else { line })).collect::<String>();
    let bulk = |n: u64| {
        let mut chance = Chance(n);
        (0..1_600_000).map(|_| char::from(b'0' + u8::try_from(chance.below(75)).unwrap())).collect::<String>()
    };
    let (mut before, mut known) = (Vec::new(), Vec::new());
    for n in 0..4 {
        let mut tip = Oid::ZERO;
        for m in 0..3 {
            let files = [("src/long.txt", text(n * 3 + m)), ("src/other.txt", text(n + m)), (".gitattributes", "*.txt text\n".to_owned())];
            let new = (format!("bulk{n}"), bulk(n as u64));
            let files: Vec<(&str, &str)> =
                files.iter().map(|(name, text)| (*name, text.as_str())).chain([(new.0.as_str(), new.1.as_str())]).collect();
            tip = client.commit(&files);
        }
        let pack = client.pack(&[tip], &before, true);
        let (ours, left) = taken(&server, &pack);
        let ours = ours.unwrap();
        assert!(!left && pack.len() > 1 << 20, "push {n}");
        assert_eq!(ids(&listed(ours.pack().unwrap())), ids(&by_git(&server, &pack).unwrap()), "push {n}");
        assert_eq!(ours.appended_bases().is_empty(), n == 0, "push {n} is thin but for the first");
        if n == 0 {
            assert_eq!(std::fs::read(ours.pack().unwrap().path()).unwrap(), pack, "a pack that lacks nothing stays as it was sent");
        }
        client.git(&["verify-pack", "-v", &ours.pack().unwrap().path().with_extension("idx").display().to_string()]);
        drop(ours);
        assert!(server.push(&pack, &[("refs/heads/main", tip)]).unwrap(), "closed");
        known.extend(client.objects(&[tip]));
        before = vec![tip];
    }
    let odb = server.odb();
    assert!(known.iter().all(|id| odb.find(id).is_ok()));
}

#[test]
fn git_is_asked_about_what_is_doubtful_alone() {
    let server = Server::new();
    let with = |name: &str, mode: &str, content: &[u8]| {
        let mut made = large();
        made.object(3, content);
        let tree = entry(mode, name, &id(3, content));
        made.object(2, &tree);
        // Another that names the same.
        let outer = [tree.as_slice(), &entry("40000", "x", &id(2, &tree))].concat();
        made.object(2, &outer);
        taken(&server, &made.finish())
    };
    let fine = b"[submodule \"a\"]\n\tpath = a\n\turl = https://example.org/a\n";
    for (name, mode, content) in
        [(".gitmodules", "100644", &fine[..]), ("old", "100664", b"x"), (".gitattributes", "100644", &[b'x'; 2040])]
    {
        let (got, left) = with(name, mode, content);
        assert!(got.is_ok() && !left, "{name}: {:?}", got.err());
    }
    let evil = b"[submodule \"a\"]\n\tpath = a\n\turl = -u./payload\n";
    for (name, mode, content, word) in [
        (".gitmodules", "100644", &evil[..], "gitmodulesUrl"),
        (".gitmodules", "120000", b"elsewhere", "gitmodulesSymlink"),
        (".GitModules", "100644", &evil[..], "gitmodulesUrl"),
        ("git~1", "100644", b"x", "hasDotgit"),
        (".gitattributes", "100644", &[b'x'; 4000], "gitattributesLineLength"),
    ] {
        let refused = with(name, mode, content).0.map(drop).unwrap_err();
        assert!(matches!(&refused, IngestError::Fsck(text) if text.contains(word)), "{name}: {refused}");
    }
}

#[test]
fn a_file_that_is_stored_already_is_judged_where_it_is() {
    let fine = b"[submodule \"a\"]\n\tpath = a\n\turl = https://example.org/a\n";
    let evil = b"[submodule \"a\"]\n\tpath = a\n\turl = -u./payload\n";
    for (content, refused) in [(&fine[..], false), (&evil[..], true)] {
        let mut server = Server::new();
        let mut first = HandMade::new();
        // As a file of no meaning, which nobody looks into.
        first.object(3, content);
        server.store_unreachable(&first.finish());
        let mut second = large();
        second.object(2, &[entry("100644", ".gitmodules", &id(3, content)), entry("100644", "noise", &id(3, &noise()))].concat());
        let (got, left) = taken(&server, &second.finish());
        assert!(!left && got.is_err() == refused, "{got:?}");
    }
}

#[test]
fn folders_too_deep_for_a_walk_are_walked_to_and_refused() {
    let mut made = large();
    let deepest = entry("100644", "noise", &id(3, &noise()));
    made.object(2, &deepest);
    let mut top = id(2, &deepest);
    for _ in 0..600 {
        let folder = entry("40000", "x", &top);
        made.object(2, &folder);
        top = id(2, &folder);
    }
    let server = Server::new();
    let (got, left) = taken(&server, &made.finish());
    let got = got.unwrap();
    assert!(!left && got.is_reached_from(&[top]).is_none());
    assert!(matches!(server.check(Some(&got), &[top]), Err(NotConnected::Error(_))));
}

#[test]
fn sizes_with_more_digits_than_git_reads_are_refused() {
    for (digits, accepted) in [(9, true), (10, false)] {
        let mut made = HandMade::new();
        // A blob of five bytes, its size written with leading zeros.
        let mut header = vec![0x80 | 3 << 4 | 5];
        header.extend(std::iter::repeat_n(0x80, digits - 2));
        header.push(0);
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, b"12345").unwrap();
        made.raw(&header, &encoder.finish().unwrap());
        let got = Server::new().ingest(&made.finish());
        assert_eq!(got.is_ok(), accepted, "{digits} digits: {got:?}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_in_git_s_words() {
    let mut server = Server::new();
    let mut twice = large();
    twice.object(3, b"a");
    twice.object(3, b"a");
    let mut circle = large();
    let (a, b) = (id(3, b"ab"), id(3, b"a"));
    circle.ref_delta(&a, &append_delta(2, b"c"));
    circle.ref_delta(&b, &append_delta(1, b"b"));
    let mut unfit = large();
    let base = unfit.object(3, b"abc");
    unfit.ofs_delta(base, &append_delta(2, b"d"));
    let mut nothing = large();
    nothing.object(2, &entry("100644", "a", &id(3, b"absent")));
    let mut wrong_kind = large();
    wrong_kind.object(3, b"a");
    wrong_kind.object(2, &entry("40000", "a", &id(3, b"a")));
    let mut damaged = large().finish();
    *damaged.last_mut().unwrap() ^= 1;
    let packs = [("twice", twice.finish()), ("circle", circle.finish()), ("unfit", unfit.finish())];
    let more = [("nothing", nothing.finish()), ("wrong kind", wrong_kind.finish()), ("damaged", damaged)];
    for (what, pack) in packs.into_iter().chain(more) {
        let (got, _) = taken(&server, &pack);
        assert!(got.as_ref().is_err_and(IngestError::is_clients_fault), "{what}: {got:?}");
        assert!(server.listing("quarantine").is_empty(), "{what}");
    }
    // A chain: each delta on the one before, sent in the wrong order.
    let mut chain = large();
    for n in (1..200).rev() {
        chain.ref_delta(&id(3, &vec![b'x'; n]), &append_delta(n, b"x"));
    }
    chain.object(3, b"x");
    let (got, left) = taken(&server, &chain.finish());
    assert!(!left && got.unwrap().carries(&id(3, &[b'x'; 200])));
    // The base of the first is stored, that of the second comes with the first.
    let mut stored = HandMade::new();
    stored.object(3, b"stored");
    server.store_unreachable(&stored.finish());
    let mut thin = large();
    thin.ref_delta(&id(3, b"stored1"), &append_delta(7, b"2"));
    thin.ref_delta(&id(3, b"stored"), &append_delta(6, b"1"));
    let (got, left) = taken(&server, &thin.finish());
    let got = got.unwrap();
    assert!(!left && got.carries(&id(3, b"stored12")) && got.appended_bases() == [id(3, b"stored")]);
}

#[test]
fn a_pack_that_is_complete_in_itself_needs_no_walk_and_gets_the_same_answer() {
    let server = Server::new();
    let client = Client::new();
    std::fs::write(client.path().join("noise"), noise()).unwrap();
    let first = client.commit(&[("a", "1\n"), ("b/c", "2\n")]);
    let tip = client.commit(&[("a", "2\n"), ("d/e/f", "3\n")]);
    let noise = client.git_with(&["hash-object", "-w", "--stdin"], &noise());
    let noise: Oid = String::from_utf8(noise).unwrap().trim().parse().unwrap();
    let tree = client.git_with(&["mktree"], format!("100644 blob {noise}\tnoise\n").as_bytes());
    let tree: Oid = String::from_utf8(tree).unwrap().trim().parse().unwrap();
    let top = client.commit_of_tree(&tree, &[tip]);
    let whole = server.ingest(&client.pack(&[top], &[], false)).unwrap();
    assert_eq!(whole.is_reached_from(&[top]), Some(true));
    assert_eq!((whole.is_reached_from(&[tip]), server.check(Some(&whole), &[tip]).unwrap()), (Some(false), false));
    assert!(server.check(Some(&whole), &[top, first]).unwrap());
    // One object less: the walk says which.
    let but = |left_out: Oid| client.objects(&[top]).into_iter().filter(|id| *id != left_out).collect::<Vec<_>>();
    let missing = client.rev(&format!("{tip}:d/e"));
    let refused = server.ingest(&client.pack_exactly(&but(missing))).map(drop).unwrap_err();
    assert!(refused.to_string().contains(&missing.to_string()), "{refused}");
    // Tips that are not in it are walked to.
    let absent = client.commit(&[("g", "4\n")]);
    assert_eq!(whole.is_reached_from(&[absent]), None);
    assert!(matches!(server.check(Some(&whole), &[absent]), Err(NotConnected::Missing { missing, .. }) if missing == absent));
}
