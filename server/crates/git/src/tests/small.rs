//! What is taken in without a child is a part of what `git index-pack --strict` takes in, and comes out the same.

use std::collections::BTreeSet;

use hardie_domain::oid::Oid;

use super::support::{Chance, Client, HandMade, Server};
use crate::budget::Cancel;
use crate::ingest::index::Indexer;
use crate::ingest::scan::Scan;
use crate::ingest::small;
use crate::packs::{Pack, Quarantine};

const PERSON: &str = "Ann <ann@example.org> 1700000000 +0100";

/// A commit of a folder in a folder, and a tag of it, with so many things wrong; behind what is there already.
pub(super) fn pack(mut made: HandMade, chance: &mut Chance, mut wrong: usize) -> Vec<u8> {
    let mut add = |chance: &mut Chance, made: &mut HandMade, kind: u8, mut data: Vec<u8>| {
        if wrong > 0 && chance.below(3) == 0 {
            spoil(&mut data, kind, chance);
            wrong -= 1;
        }
        made.object(kind, &data);
        id(kind, &data)
    };
    let text = format!("* text={}\n", chance.below(9));
    let blob = add(chance, &mut made, 3, text.into_bytes());
    let names = [".gitattributes", ".gitignore", "a.rs", "lib", "é"];
    let inner = add(chance, &mut made, 2, names.iter().flat_map(|name| entry("100644", name, &blob)).collect());
    let outer: Vec<u8> = [entry("100755", "build", &blob), entry("120000", "link", &blob), entry("40000", "src", &inner)].concat();
    let outer = add(chance, &mut made, 2, outer);
    let root = format!("tree {outer}\nauthor {PERSON}\ncommitter {PERSON}\n\nFirst\n");
    let root = add(chance, &mut made, 1, root.into_bytes());
    let next = format!("tree {inner}\nparent {root}\nauthor {PERSON}\ncommitter {PERSON}\ngpgsig -----BEGIN\n x\n\nSecond\n");
    let next = add(chance, &mut made, 1, next.into_bytes());
    let tag = format!("object {next}\ntype commit\ntag v1\ntagger {PERSON}\n\nOne\n");
    add(chance, &mut made, 4, tag.into_bytes());
    made.finish()
}

pub(super) fn entry(mode: &str, name: &str, id: &Oid) -> Vec<u8> {
    [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &id.0].concat()
}

pub(super) fn id(kind: u8, data: &[u8]) -> Oid {
    let word = ["", "commit", "tree", "blob", "tag"][usize::from(kind)];
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(format!("{word} {}\0", data.len()).as_bytes());
    hasher.update(data);
    Oid(hasher.try_finalize().unwrap().as_bytes().try_into().unwrap())
}

/// One of the changes by which objects go wrong, or a random one.
fn spoil(data: &mut Vec<u8>, kind: u8, chance: &mut Chance) {
    let swaps: &[(&str, &str)] = match kind {
        1 | 4 => &[
            ("\nauthor", "\nauthor A <b> 1 +0000\nauthor"),
            ("Ann <", "<"),
            (" <ann", "<ann"),
            ("> 17", "> 017"),
            ("1700000000", "99999999999999999999"),
            ("+0100", "+01000"),
            ("+0100", "CET"),
            ("\n\n", "\n"),
            ("First", "Fir\0st"),
            ("parent", "Parent"),
            ("type commit", "type tree"),
            ("tag v1", "tag v 1"),
            ("tagger", "x"),
            ("tree ", "tree  "),
        ],
        2 => &[
            ("a.rs", ".git"),
            ("a.rs", "GIT~1"),
            ("a.rs", ".gitmodules"),
            ("a.rs", ".Gitmodules"),
            ("a.rs", "a/rs"),
            ("a.rs", ".."),
            ("a.rs", "z.rs"),
            ("lib", "a.rs"),
            ("lib", "Lib"),
            ("100644 a", "100664 a"),
            ("100644 a", "120000 a"),
            ("100644 a", "40000 a"),
            ("100644 a", "160000 a"),
            ("100644 .gita", "120000 .gita"),
            ("40000 src", "040000 src"),
            ("40000 src", "100644 src"),
            ("é", ".g\u{200c}it"),
        ],
        _ => &[("* text", "[x] text")],
    };
    let (from, to) = swaps[chance.below(swaps.len())];
    let found = data.windows(from.len()).position(|window| window == from.as_bytes());
    match (found, chance.below(4)) {
        (Some(at), 1..) => drop(data.splice(at..at + from.len(), to.bytes())),
        _ => {
            let at = chance.below(data.len());
            match chance.below(3) {
                0 => data[at] ^= 1 << chance.below(8),
                1 => drop(data.remove(at)),
                _ => data.insert(at, data[chance.below(data.len())]),
            }
        }
    }
    if kind == 3 && chance.below(3) == 0 {
        data.extend(std::iter::repeat_n(b'x', 2000 + chance.below(100)));
    }
}

/// The objects of the pack as it was taken in; `None` if that is left to git.
fn here(server: &Server, pack: &[u8]) -> Option<(BTreeSet<(Oid, u64)>, Quarantine)> {
    let mut scan = Scan::new(&server.limits);
    assert!(scan.feed(pack).unwrap() == pack.len() && scan.is_done() && small::may_be(&scan));
    let quarantine = server.store.quarantine("here").unwrap();
    let odb = server.odb();
    let (path, hash) = small::take_in(pack, &scan, &odb, &quarantine, server.store.files().as_ref(), &Cancel::new()).unwrap()?;
    Some((listed(&server.store.open_unpublished(&path, hash).unwrap()), quarantine))
}

pub(super) fn by_git(server: &Server, pack: &[u8]) -> Result<BTreeSet<(Oid, u64)>, String> {
    let quarantine = server.store.quarantine("git").unwrap();
    let (view, mut silent, cancel) = (server.view(), |_: &str| {}, Cancel::new());
    let mut indexer = Indexer::start(&quarantine, &view, None, &server.limits, &mut silent, &cancel).unwrap();
    indexer.write(pack).unwrap();
    let path = indexer.finish().map_err(|error| error.to_string())?;
    let hash = crate::packs::store::hash_file(&path).unwrap();
    Ok(listed(&server.store.open_unpublished(&path, hash).unwrap()))
}

pub(super) fn listed(pack: &Pack) -> BTreeSet<(Oid, u64)> {
    pack.entries().collect()
}

#[test]
fn what_is_taken_in_here_git_takes_in_too() {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
    println!("HARDIE_TEST_SEED={seed}");
    let cases = if std::env::var_os("HARDIE_SOAK").is_some() { 20_000 } else { 300 };
    let server = Server::new();
    let (mut taken, mut spoilt) = (0, 0);
    for case in 0..cases {
        let mut chance = Chance(seed.wrapping_add(case));
        let wrong = [0, 1, 1, 1, 2][chance.below(5)];
        let pack = pack(HandMade::new(), &mut chance, wrong);
        match here(&server, &pack) {
            Some((ours, _quarantine)) => {
                let gits = by_git(&server, &pack).unwrap_or_else(|text| panic!("case {case}: git refuses: {text}"));
                assert_eq!(ours, gits, "case {case}");
                (taken, spoilt) = (taken + 1, spoilt + usize::from(wrong > 0));
            }
            None => assert!(wrong > 0, "case {case}: a sound pack is left to git"),
        }
    }
    println!("{taken} of {cases} packs taken in here, {spoilt} of them with something changed");
    assert!(taken * 5 > cases, "{taken} of {cases}");
}

#[test]
fn thin_packs_come_out_as_git_completes_them() {
    let client = Client::new();
    let mut server = Server::new();
    let text = |n: usize| (0..400).map(|line| format!("line {}\n", if line == n { n * 1000 } else { line })).collect::<String>();
    let first = client.commit(&[("src/long.txt", &text(0)), ("src/other.txt", &text(7)), (".gitattributes", "*.txt text\n")]);
    server.push(&client.pack(&[first], &[], false), &[("refs/heads/main", first)]).unwrap();
    let mut before = first;
    for n in 1..12 {
        let next = client.commit(&[("src/long.txt", &text(n)), ("new.txt", &format!("{n}\n"))]);
        let pack = client.pack(&[next], &[before], true);
        let (ours, _quarantine) = here(&server, &pack).expect("an ordinary push is taken in here");
        let gits = by_git(&server, &pack).unwrap();
        let ids = |all: &BTreeSet<(Oid, u64)>| all.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
        assert_eq!(ids(&ours), ids(&gits), "push {n}");
        assert!(ours.len() > 3, "with its bases");
        drop(_quarantine);
        server.push(&pack, &[("refs/heads/main", next)]).unwrap();
        before = next;
    }
    let files = crate::read::peel(&server.odb(), &before).unwrap();
    assert_eq!(files.target, before);
}

#[test]
fn what_is_here_is_written_as_git_reads_it() {
    let client = Client::new();
    let server = Server::new();
    let tip = client.commit(&[("a", "1\n"), ("b/c", "2\n")]);
    let pack = client.pack(&[tip], &[], false);
    let (_, quarantine) = here(&server, &pack).unwrap();
    let files: Vec<_> = std::fs::read_dir(quarantine.pack_dir()).unwrap().map(|f| f.unwrap().path()).collect();
    let written = files.iter().find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    assert_eq!(std::fs::read(written).unwrap(), pack, "a pack that lacks nothing stays as it was sent");
    client.git(&["verify-pack", "-v", &written.with_extension("idx").display().to_string()]);
}

#[test]
fn what_git_would_not_read_back_and_what_would_fill_the_memory_are_left_to_git() {
    let mut server = Server::new();
    let client = Client::new();
    // A delta of two bytes: git's own reader takes none below four.
    let mut tiny = HandMade::new();
    tiny.object(3, b"q");
    tiny.ref_delta(&id(3, b"q"), &[1, 0]);
    let tiny = tiny.finish();
    assert!(here(&server, &tiny).is_none());
    assert!(by_git(&server, &tiny).is_err());
    // Deltas of a few bytes against blobs that are large.
    let large: Vec<(String, String)> = (0..3).map(|n| (format!("{n}.bin"), format!("{n}").repeat(9 << 20))).collect();
    let files: Vec<(&str, &str)> = large.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let tip = client.commit(&files);
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    let mut thin = HandMade::new();
    for (n, (_, text)) in large.iter().enumerate() {
        let size = text.len();
        let varint = [size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21].map(|byte| u8::try_from(byte).unwrap());
        let delta = [&varint[..], &[2, 2, b'a', b'0' + u8::try_from(n).unwrap()]].concat();
        thin.ref_delta(&id(3, text.as_bytes()), &delta);
    }
    assert!(here(&server, &thin.finish()).is_none());
}
