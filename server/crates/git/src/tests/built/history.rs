//! Random histories with what makes packs hard: merges, renames, folders that change places, reverts, the same blob in many
//! places, submodules, empty trees, wrong clocks, tags on tags.

use std::collections::BTreeMap;

use crate::Oid;
use crate::tests::support::{Chance, Client, Server};

/// Mode and content by path.
type Files = BTreeMap<String, (&'static str, Vec<u8>)>;

const FOLDERS: [&str; 6] = ["", "src/", "src/deep/", "docs/", "docs/old/", "z/y/x/"];

/// A history and a server that has all of it.
pub(in crate::tests) struct History {
    pub(in crate::tests) client: Client,
    pub(in crate::tests) server: Server,
    pub(in crate::tests) commits: Vec<Oid>,
    /// Annotated tags, some of them on tags, trees or blobs.
    pub(in crate::tests) tags: Vec<Oid>,
}

impl History {
    pub(in crate::tests) fn new(chance: &mut Chance) -> History {
        let client = Client::new();
        let count = 12 + chance.below(40);
        let commits = import(&client, count, chance);
        let tags = tag(&client, &commits, chance);
        let mut server = Server::new();
        let whole = chance.below(3) == 0;
        if whole {
            client.git(&["repack", "-adfq", "--depth=50"]);
        }
        let mut at = 0;
        while at < count {
            let from = at;
            at = if whole { count } else { (at + 1 + chance.below(12)).min(count) };
            let names: Vec<String> = (from..at).map(|n| format!("refs/heads/b{n}")).collect();
            let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(commits[from..at].iter().copied()).collect();
            server.push(&client.pack(&commits[from..at], &commits[..from], chance.below(3) > 0), &updates).unwrap();
        }
        let names: Vec<String> = (0..tags.len()).map(|n| format!("refs/tags/t{n}")).collect();
        let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(tags.iter().copied()).collect();
        server.push(&client.pack(&tags, &commits, true), &updates).unwrap();
        History { client, server, commits, tags }
    }
}

fn import(client: &Client, count: usize, chance: &mut Chance) -> Vec<Oid> {
    let mut stream = Vec::new();
    let mut trees: Vec<Files> = Vec::new();
    for n in 0..count {
        let time = 1_700_000_000 + n * 60 - if chance.below(12) == 0 { 4000 } else { 0 };
        stream.extend(format!("commit refs/heads/b{n}\nmark :{}\n", n + 1).bytes());
        stream.extend(format!("author A <a@b> {time} +0200\ncommitter C <c@d> {time} -0330\ndata 9\ncommit {:02}\n", n % 100).bytes());
        let mut files = Files::new();
        // Now and then a root of its own.
        if n > 0 && chance.below(20) > 0 {
            let parent = n - 1 - chance.below(n.min(3));
            files = trees[parent].clone();
            stream.extend(format!("from :{}\n", parent + 1).bytes());
            for _ in 0..[0, 0, 0, 1, 1, 2][chance.below(6)] {
                let other = chance.below(n);
                if other != parent {
                    stream.extend(format!("merge :{}\n", other + 1).bytes());
                    files.extend(trees[other].iter().take(3).map(|(path, file)| (path.clone(), file.clone())));
                }
            }
        }
        for _ in 0..1 + chance.below(3) {
            change(&mut files, &trees, chance);
        }
        stream.extend(b"deleteall\n");
        for (path, (mode, content)) in &files {
            if *mode == "160000" {
                stream.extend(format!("M 160000 {} {path}\n", String::from_utf8_lossy(content)).bytes());
            } else {
                stream.extend(format!("M {mode} inline {path}\ndata {}\n", content.len()).bytes());
                stream.extend(content);
                stream.push(b'\n');
            }
        }
        stream.push(b'\n');
        trees.push(files);
    }
    let marks = client.path().join("marks");
    client.git_with(&["fast-import", "--quiet", &format!("--export-marks={}", marks.display())], &stream);
    let mut ids = vec![Oid::ZERO; count];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        ids[mark[1..].parse::<usize>().unwrap() - 1] = id.parse().unwrap();
    }
    ids
}

fn change(files: &mut Files, trees: &[Files], chance: &mut Chance) {
    let some = |files: &Files, chance: &mut Chance| files.keys().nth(chance.below(files.len().max(1))).cloned();
    let Some(path) = some(files, chance).filter(|_| chance.below(4) > 0) else {
        let path = format!("{}f{}", FOLDERS[chance.below(FOLDERS.len())], chance.below(8));
        files.insert(path, (["100644", "100755", "120000"][chance.below(3)], text(chance)));
        return;
    };
    match chance.below(16) {
        0 => drop(files.remove(&path)),
        1 => {
            let file = files.remove(&path).unwrap();
            files.insert(format!("{}moved{}", FOLDERS[chance.below(FOLDERS.len())], chance.below(9)), file);
        }
        2 => {
            let file = files[&path].clone();
            files.insert(format!("{}copy{}", FOLDERS[chance.below(FOLDERS.len())], chance.below(9)), file);
        }
        3 | 4 => swap_folders(files, "src/", "docs/"),
        5 if chance.below(4) == 0 => files.clear(),
        6 if !trees.is_empty() => *files = trees[chance.below(trees.len())].clone(),
        7 => {
            let id = format!("{:040x}", 1 + chance.below(1 << 20));
            files.insert(format!("sub{}", chance.below(2)), ("160000", id.into_bytes()));
        }
        _ => {
            let (mode, content) = files.get_mut(&path).unwrap();
            if *mode != "160000" {
                let at = chance.below(content.len() + 1);
                let to = (at + chance.below(60)).min(content.len());
                content.splice(at..to, format!("edit {}\n", chance.below(1000)).into_bytes());
            }
        }
    }
}

fn swap_folders(files: &mut Files, a: &str, b: &str) {
    let turn = |path: String| match (path.strip_prefix(a), path.strip_prefix(b)) {
        (Some(rest), _) => format!("{b}{rest}"),
        (_, Some(rest)) => format!("{a}{rest}"),
        _ => path,
    };
    *files = std::mem::take(files).into_iter().map(|(path, file)| (turn(path), file)).collect();
}

/// Text of which much is the same everywhere, or bytes that do not deflate.
fn text(chance: &mut Chance) -> Vec<u8> {
    match chance.below(5) {
        0 => (0..chance.below(6000)).map(|_| u8::try_from(chance.below(256)).unwrap()).collect(),
        1 => b"the same everywhere\n".to_vec(),
        2 => Vec::new(),
        _ => (0..chance.below(300)).flat_map(|n| format!("line {n} of {}\n", chance.below(9)).into_bytes()).collect(),
    }
}

fn tag(client: &Client, commits: &[Oid], chance: &mut Chance) -> Vec<Oid> {
    let mut tags: Vec<Oid> = Vec::new();
    for n in 0..6 {
        let commit = commits[chance.below(commits.len())];
        let (target, kind) = match (n, chance.below(3)) {
            (0, _) => (client.rev(&format!("{commit}^{{tree}}")), "tree"),
            (1, _) => (client.object("blob", b"a tagged blob\n"), "blob"),
            (_, 0) => (tags[chance.below(tags.len())], "tag"),
            _ => (commit, "commit"),
        };
        let text = format!("object {target}\ntype {kind}\ntag t{n}\ntagger T <t@u> 1700000000 +0000\n\ntag {n}\n");
        tags.push(client.object("tag", text.as_bytes()));
    }
    tags
}
