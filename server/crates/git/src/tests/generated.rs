//! Generated histories, pushed in pieces, and everything that is read compared with what `git` says.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_domain::policy::PushRepository as _;

use super::support::{Chance, Client, Server, budget};
use crate::budget::Cancel;
use crate::diff::tree_changes;
use crate::read::{self, LogQuery, PushView};
use crate::{Oid, connectivity};

const NAMES: [&[u8]; 9] =
    [b"a", b"b.txt", b"dir/x", b"dir/y", b"dir/deep/z", b"\xff\xfe raw", b"caf\xc3\xa9", b"dir2/\"quoted\"", b"q/w/e/r/t"];

/// A history with merges, renames, deletions, odd modes, links, submodules and names that are no UTF-8.
pub(super) fn generate(seed: u64, commits: usize) -> (Client, Vec<Oid>) {
    let (client, mut chance) = (Client::new(), Chance(seed));
    let mut stream = Vec::new();
    let mut live: Vec<BTreeSet<usize>> = Vec::new();
    for n in 0..commits {
        let parent = (n > 0).then(|| n - 1 - chance.below(n.min(4)));
        let mut files = parent.map(|p| live[p].clone()).unwrap_or_default();
        // Now and then a clock that is wrong.
        let time = 1_700_000_000 + n * 60 - if chance.below(15) == 0 { 5000 } else { 0 };
        let message = format!("commit {n}\n\nseed {seed}\n");
        stream.extend(format!("commit refs/heads/b{n}\nmark :{}\n", n + 1).bytes());
        stream.extend(format!("author A <a@b> {time} +0200\ncommitter C <c@d> {time} -0330\ndata {}\n{message}", message.len()).bytes());
        if let Some(parent) = parent {
            stream.extend(format!("from :{}\n", parent + 1).bytes());
            if n > 3 && chance.below(4) == 0 {
                let other = chance.below(n);
                if other != parent {
                    stream.extend(format!("merge :{}\n", other + 1).bytes());
                }
            }
        }
        for _ in 0..=chance.below(3) {
            let at = chance.below(NAMES.len());
            let name = quoted(NAMES[at]);
            match chance.below(8) {
                0 if files.remove(&at) => stream.extend([b"D ", &name[..], b"\n"].concat()),
                1 if files.remove(&at) => {
                    let to = [b"\"moved/", &name[1..name.len() - 1], format!("{n}\"").as_bytes()].concat();
                    stream.extend([b"R ", &name[..], b" ", &to, b"\n"].concat());
                }
                2 => stream.extend(format!("M 160000 {:040x} sub{}\n", n + 1, n % 3).bytes()),
                kind => {
                    files.insert(at);
                    let mode = ["100644", "100755", "120000"][kind % 3];
                    let text = format!("{}{}\n", "common line\n".repeat(30), chance.below(4));
                    stream.extend([format!("M {mode} inline ").as_bytes(), &name, b"\n"].concat());
                    stream.extend(format!("data {}\n{text}\n", text.len()).bytes());
                }
            }
        }
        stream.push(b'\n');
        live.push(files);
    }
    let marks = client.path().join("marks");
    client.git_with(&["fast-import", "--quiet", &format!("--export-marks={}", marks.display())], &stream);
    let mut ids = vec![Oid::ZERO; commits];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        let mark: usize = mark[1..].parse().unwrap();
        ids[mark - 1] = id.parse().unwrap();
    }
    (client, ids)
}

fn quoted(name: &[u8]) -> Vec<u8> {
    let mut out = b"\"".to_vec();
    for byte in name {
        match byte {
            b'"' => out.extend(b"\\\""),
            0x20..=0x7e => out.push(*byte),
            _ => out.extend(format!("\\{byte:03o}").bytes()),
        }
    }
    out.push(b'"');
    out
}

pub(super) fn ids(text: &str) -> BTreeSet<Oid> {
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn hex(list: &[Oid]) -> Vec<String> {
    list.iter().map(Oid::to_hex).collect()
}

fn rev_list(client: &Client, options: &[&str], tips: &[Oid], not: &[Oid]) -> BTreeSet<Oid> {
    let (tips, not) = (hex(tips), not.iter().map(|id| format!("^{id}")).collect::<Vec<_>>());
    let args: Vec<&str> =
        ["rev-list"].into_iter().chain(options.iter().copied()).chain(tips.iter().chain(&not).map(String::as_str)).collect();
    ids(&client.git(&args))
}

/// Pushes the commits branch by branch in random steps, each as `git push` would, checking new commits and objects on the way.
fn push_in_pieces(client: &Client, commits: &[Oid], chance: &mut Chance) -> Server {
    let mut server = Server::new();
    let mut old: Vec<Oid> = Vec::new();
    let mut at = 0;
    while at < commits.len() {
        let from = at;
        at = (at + 1 + chance.below(9)).min(commits.len());
        let tips = &commits[from..at];
        let names: Vec<String> = (from..at).map(|n| format!("refs/heads/b{n}")).collect();
        let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(tips.iter().copied()).collect();
        let pack = client.pack(tips, &old, chance.below(3) > 0);
        let ingested = Arc::new(server.ingest(&pack).unwrap());
        let odb = Arc::new(server.odb().with_pack(ingested.pack()));
        let whole = connectivity::check(&odb, Some(&ingested), tips, &server.refs(), &mut budget()).unwrap();
        assert!(whole.closed);
        let view = PushView::new(odb, Some(ingested), tips, server.refs(), Duration::from_secs(60), Cancel::new());
        for (n, tip) in tips.iter().enumerate() {
            let new: BTreeSet<Oid> = view.new_commits(n, 0, 10_000).unwrap().into_iter().map(|c| c.id).collect();
            assert_eq!(new, rev_list(client, &[], &[*tip], &old));
        }
        let mut new = BTreeSet::new();
        let size = 1 + chance.below(5);
        loop {
            let page = view.new_objects("", new.len(), size).unwrap();
            let before = new.len();
            new.extend(page.iter().map(|object| object.id));
            assert_eq!(new.len(), before + page.len(), "an object was given twice");
            if page.len() < size {
                break;
            }
        }
        assert_eq!(
            new,
            rev_list(client, &["--objects", "--no-object-names"], tips, &old)
                .difference(&rev_list_or_empty(client, &old))
                .copied()
                .collect()
        );
        drop(view);
        assert!(server.push(&pack, &updates).unwrap());
        old.extend(tips);
    }
    server
}

fn rev_list_or_empty(client: &Client, tips: &[Oid]) -> BTreeSet<Oid> {
    if tips.is_empty() { BTreeSet::new() } else { rev_list(client, &["--objects", "--no-object-names"], tips, &[]) }
}

#[test]
fn generated_histories_go_in_whole_and_read_as_git_reads_them() {
    for seed in [1, 2, 3] {
        let (client, commits) = generate(seed, 60);
        let mut chance = Chance(seed * 77);
        let server = push_in_pieces(&client, &commits, &mut chance);
        let odb = server.odb();
        for id in client.objects(&commits) {
            assert_eq!(odb.find(&id).unwrap().kind.as_str(), client.git(&["cat-file", "-t", &id.to_hex()]), "seed {seed}");
        }
        for _ in 0..30 {
            let (a, b) = (commits[chance.below(commits.len())], commits[chance.below(commits.len())]);
            relations_agree(&client, &odb, &a, &b);
            changes_agree(&client, &odb, a, b);
        }
    }
}

pub(super) fn relations_agree(client: &Client, odb: &crate::odb::Odb, a: &Oid, b: &Oid) {
    let (left, right) = (a.to_hex(), b.to_hex());
    let counts = client.git(&["rev-list", "--left-right", "--count", &format!("{left}...{right}")]);
    let (behind, ahead) = counts.split_once('\t').unwrap();
    let got = read::ahead_behind(odb, a, b, &mut budget()).unwrap();
    assert_eq!((got.ahead.to_string().as_str(), got.behind.to_string().as_str()), (ahead, behind), "{left} {right}");
    let bases = client.git(&["merge-base", "--all", &left, &right]);
    let found = read::merge_bases(odb, a, b, usize::MAX, &mut budget()).unwrap();
    assert_eq!(found.iter().copied().collect::<BTreeSet<Oid>>(), ids(&bases), "{left} {right}");
    assert_eq!(read::merge_base(odb, a, b, &mut budget()).unwrap(), found.first().copied());
    let (is, ..) = client.try_git(&["merge-base", "--is-ancestor", &left, &right], b"");
    assert_eq!(read::is_ancestor(odb, a, b, &mut budget()).unwrap(), is);
    let query = LogQuery { tips: vec![*b], hide: vec![*a], limit: 1000, ..LogQuery::default() };
    let shown: BTreeSet<Oid> = read::log(odb, &query, &mut budget()).unwrap().commits.into_iter().map(|c| c.id).collect();
    assert_eq!(shown, rev_list(client, &[], &[*b], &[*a]));
}

fn changes_agree(client: &Client, odb: &crate::odb::Odb, a: Oid, b: Oid) {
    let trees = (read::peel_to_tree(odb, &a).unwrap(), read::peel_to_tree(odb, &b).unwrap());
    let mut got = Vec::new();
    tree_changes(odb, Some(trees.0), Some(trees.1), &mut budget(), &mut |change| {
        let side = |side: Option<(u32, Oid)>| side.unwrap_or((0, Oid::ZERO));
        let (old, new) = (side(change.old), side(change.new));
        got.push(([format!("{:06o} {:06o} {} {}\t", old.0, new.0, old.1, new.1).into_bytes(), change.path].concat()).to_vec());
        true
    })
    .unwrap();
    let out = client.git_with(&["diff-tree", "-r", "-z", "--no-renames", &a.to_hex(), &b.to_hex()], b"");
    let fields: Vec<&[u8]> = out.split(|byte| *byte == 0).collect();
    let expected: Vec<Vec<u8>> = fields
        .chunks_exact(2)
        .map(|pair| {
            // ":old new id id STATUS"
            let head = &pair[0][1..pair[0].len() - 2];
            [head, b"\t", pair[1]].concat()
        })
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn a_large_history_is_checked_in_seconds() {
    // Long enough to show a cost that grows with more than the number of commits. HARDIE_TEST_COMMITS makes it longer.
    let commits = std::env::var("HARDIE_TEST_COMMITS").map_or(2000, |n| n.parse().unwrap());
    let (client, ids) = generate(11, commits);
    client.git(&["repack", "-adq"]);
    let mut server = Server::new();
    let names: Vec<String> = (0..commits).map(|n| format!("refs/heads/b{n}")).collect();
    let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(ids.iter().copied()).collect();
    let begun = Instant::now();
    for (from, to) in [(0, commits - 10), (commits - 10, commits)] {
        let pack = client.pack(&ids[from..to], &ids[..from], true);
        let taken = Instant::now();
        let ingested = server.ingest(&pack).unwrap();
        let checked = Instant::now();
        assert!(server.check(Some(&ingested), &ids[from..to]).unwrap());
        println!("{} commits: taken in {:?}, checked in {:?}", to - from, checked - taken, checked.elapsed());
        drop(ingested);
        assert!(server.push(&pack, &updates[from..to]).unwrap());
    }
    assert!(begun.elapsed() < Duration::from_secs(120));
}
