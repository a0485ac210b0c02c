//! Commit-graphs as git makes them: what is read by them is what is read without, and what git says.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::generated::{generate, ids, relations_agree};
use super::support::{Chance, Client, Server, budget, with_checksum};
use crate::Oid;
use crate::bitmaps::{Cover, retain};
use crate::budget::Cancel;
use crate::error::Result;
use crate::graph::kept::Source;
use crate::graph::{self, Graph};
use crate::odb::Odb;
use crate::packs::Pack;
use crate::read::nodes::Nodes;
use crate::read::objects::commit_node;
use crate::read::{self, Earlier, LogQuery, entry_at};

const TIME: Duration = Duration::from_secs(60);

fn packs(server: &Server) -> Vec<Arc<Pack>> {
    server.odb().members().iter().map(|member| Arc::clone(&member.pack)).collect()
}

fn cover(server: &Server) -> Cover {
    Cover::of(&packs(server)).unwrap()
}

fn make(server: &Server) -> Result<()> {
    graph::write(&server.store, &cover(server), &server.refs(), TIME, &Cancel::new())
}

/// The repository as it is opened where graphs are made.
fn with_graph(server: &Server) -> Odb {
    Odb::new(server.odb().members().to_vec()).with_graph(Source::of(&server.store, &packs(server)))
}

fn place(server: &Server) -> PathBuf {
    server.root().join("bitmaps").join(cover(server).key()).with_extension("graph")
}

fn pushed(client: &Client, tips: &[Oid]) -> Server {
    let mut server = Server::new();
    let names: Vec<String> = (0..tips.len()).map(|n| format!("refs/heads/b{n}")).collect();
    let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(tips.iter().copied()).collect();
    server.push(&client.pack(tips, &[], false), &updates).unwrap();
    server
}

/// A generated history, and on top of it what filters treat in a way of its own: an empty commit, one that changes more than 512
/// paths, a merge of many, and folders that appear, vanish and become files.
fn history(seed: u64) -> (Client, Vec<Oid>) {
    let (client, mut commits) = generate(seed, 60);
    client.git(&["checkout", "-q", "-f", &commits[59].to_hex()]);
    let many: Vec<(String, String)> = (0..600).map(|n| (format!("many/f{n}"), format!("{n}\n"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    commits.push(client.commit(&[]));
    commits.push(client.commit(&many));
    commits.push(client.commit(&[("many/f7", "other\n"), ("deep/er/and/deeper", "x\n")]));
    commits.push(client.commit(&[("deep/er/and/deeper", "")]));
    // git leaves no empty folder, the file's removal by hand did.
    std::fs::remove_dir_all(client.path().join("deep")).unwrap();
    commits.push(client.commit(&[("deep", "a file\n"), ("many/f8", "")]));
    let parents = [64, 10, 20, 30, 63].map(|at: usize| commits[at].to_hex());
    let mut merge = vec!["commit-tree", "HEAD^{tree}", "-m", "of many"];
    parents.iter().for_each(|parent| merge.extend(["-p", parent]));
    commits.push(client.git(&merge).parse().unwrap());
    (client, commits)
}

fn node(client: &Client, id: &Oid) -> read::parse::CommitNode {
    read::parse::commit_node(&client.git_with(&["cat-file", "commit", &id.to_hex()], b"")).unwrap()
}

/// Every path of every commit, every folder above one, and some that never were.
fn paths(client: &Client, commits: &[Oid]) -> Vec<Vec<u8>> {
    let mut all: BTreeSet<Vec<u8>> = ["none", "dir/none", "a//b", "/a", "dir/", "many/none"].map(|path| path.as_bytes().to_vec()).into();
    for commit in commits {
        let out = client.git_with(&["ls-tree", "-r", "-t", "-z", "--name-only", &commit.to_hex()], b"");
        all.extend(out.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec));
    }
    let (many, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|path| path.starts_with(b"many/"));
    // Of six hundred alike a few will do.
    others.into_iter().chain(many.into_iter().step_by(60)).collect()
}

fn shown(odb: &Odb, tip: Oid, path: &[u8]) -> Vec<Oid> {
    let query = LogQuery { tips: vec![tip], path: path.to_vec(), limit: usize::MAX, ..LogQuery::default() };
    read::log(odb, &query, &mut budget()).unwrap().commits.into_iter().map(|commit| commit.id).collect()
}

/// That a graph has each commit as it is stored, and says of no path that changed that it did not. How often it says no.
fn is_true(graph: &Graph, odb: &Odb, commits: &[Oid], paths: &[Vec<u8>]) -> usize {
    let mut told = 0;
    for id in commits {
        let at = graph.position(id).unwrap();
        let node = commit_node(odb, id).unwrap();
        assert_eq!((graph.id(at), graph.node(at)), (Some(*id), Some(node.clone())));
        let Some(parent) = node.parents.first() else { continue };
        let theirs = commit_node(odb, parent).unwrap().tree;
        for path in paths {
            let [mine, theirs] = [&node.tree, &theirs].map(|tree| entry_at(odb, tree, path).unwrap().map(|e| (e.mode, e.id)));
            let no = graph.filter(at).zip(graph.key(path)).is_some_and(|(filter, key)| !filter.may_hold(&key));
            assert!(!no || mine == theirs, "{id}: {}", path.escape_ascii());
            told += usize::from(no);
        }
    }
    told
}

#[test]
fn what_is_read_by_a_graph_is_what_is_read_without() {
    for seed in [1, 2, 3, 4] {
        let (client, commits) = history(seed);
        let server = pushed(&client, &commits);
        let without = server.odb();
        make(&server).unwrap();
        let with = with_graph(&server);
        let (graph, paths) = (with.graph().unwrap(), paths(&client, &commits));
        assert!(graph.len() as usize == commits.len() && graph.has_filters() && without.graph().is_none());
        let told = is_true(&graph, &without, &commits, &paths);
        assert!(told > commits.len() * paths.len() / 2, "{told}: filters say next to nothing");
        let mut chance = Chance(seed);
        let tips = [commits[65], commits[59], commits[chance.below(59)]];
        for tip in tips {
            for path in &paths {
                let found = shown(&with, tip, path);
                assert_eq!(found, shown(&without, tip, path), "seed {seed}: {}", path.escape_ascii());
                let asked = [format!("{tip}\n--\n").as_bytes(), path, b"\n"].concat();
                if !matches!(path.as_slice(), b"a//b" | b"/a" | b"dir/") {
                    let said = client.git_with(&["--literal-pathspecs", "rev-list", "--stdin"], &asked);
                    let said = ids(&String::from_utf8(said).unwrap());
                    assert_eq!(found.into_iter().collect::<BTreeSet<Oid>>(), said, "seed {seed}: {}", path.escape_ascii());
                }
            }
            for path in paths.iter().map(Vec::as_slice).chain([&b""[..]]) {
                let last = |odb: &Odb, at: &Oid, earlier: &Earlier| read::last_commits(odb, at, path, earlier, &mut budget()).ok();
                let found = last(&without, &tip, &Earlier::new());
                assert_eq!(last(&with, &tip, &Earlier::new()), found, "seed {seed}: {}", path.escape_ascii());
                // As of any commits, on the way or not.
                let at = [commits[20], commits[40], commits[chance.below(59)]];
                let known = |at: Oid| {
                    Some((at, Arc::new(last(&with, &at, &Earlier::new())?.into_iter().map(|(name, by)| (name, by.unwrap())).collect())))
                };
                let earlier: Earlier = at.into_iter().filter_map(known).collect();
                for odb in [&with, &without] {
                    assert_eq!(last(odb, &tip, &earlier), found, "seed {seed}: {} {at:?}", path.escape_ascii());
                }
            }
            assert_eq!(shown(&with, tip, b""), shown(&without, tip, b""));
            relations_agree(&client, &with, &tip, &commits[chance.below(commits.len())]);
        }
    }
}

#[test]
fn filters_of_both_versions_are_read() {
    let (client, commits) = history(9);
    let (server, paths) = (pushed(&client, &commits), paths(&client, &commits));
    let odb = server.odb();
    let mut told = [0; 2];
    for (version, told) in ["1", "2"].into_iter().zip(&mut told) {
        let file = client.path().join(".git/objects/info/commit-graph");
        let _ = std::fs::remove_file(&file);
        let setting = format!("commitGraph.changedPathsVersion={version}");
        let tips: String = commits.iter().map(|id| format!("{id}\n")).collect();
        client.git_with(&["-c", &setting, "commit-graph", "write", "--stdin-commits", "--changed-paths"], tips.as_bytes());
        let graph = Graph::parse(std::fs::read(&file).unwrap()).unwrap();
        assert!(graph.has_filters() && graph.key(b"ascii").is_some());
        // A git before 2.46 makes version 1 whatever it is asked for.
        let old = client.git(&["version"]).split('.').nth(1).is_some_and(|minor| minor.parse::<u32>().unwrap() < 46);
        assert_eq!(graph.key(b"\xff").is_some(), version == "2" && !old);
        *told = is_true(&graph, &odb, &commits, &paths);
    }
    assert!(told[0] > 0 && told[1] >= told[0], "{told:?}");
}

#[test]
fn folders_without_files_are_what_filters_know_nothing_of() {
    let client = Client::new();
    let mut tips: Vec<Oid> = (0..20).map(|n| client.commit(&[("a", &format!("{n}\n"))])).collect();
    let (blob, none) = (client.rev("HEAD:a"), client.object("tree", b""));
    let entry = |mode: &str, name: &str, id: Oid| [format!("{mode} {name}\0").as_bytes(), &id.0].concat();
    let inner = client.object("tree", &entry("40000", "inner", none));
    for folder in [none, inner, none] {
        let tree = client.object("tree", &[entry("100644", "a", blob), entry("40000", "empty", folder)].concat());
        tips.push(client.commit_of_tree(&tree, &[*tips.last().unwrap()]));
    }
    let tip = client.commit_of_tree(&node(&client, tips.last().unwrap()).tree, &[*tips.last().unwrap()]);
    let server = pushed(&client, &[tip]);
    make(&server).unwrap();
    let (with, without) = (with_graph(&server), server.odb());
    assert!(with.graph().unwrap().has_filters());
    for (last, at) in [(tips[22], tip), (tips[21], tips[21]), (tips[20], tips[20])] {
        let found = read::last_commits(&with, &at, b"", &Earlier::new(), &mut budget()).unwrap();
        assert_eq!(found, read::last_commits(&without, &at, b"", &Earlier::new(), &mut budget()).unwrap());
        assert_eq!(found, [(b"a".to_vec(), Some(tips[19])), (b"empty".to_vec(), Some(last))]);
    }
}

#[test]
fn children_walk_by_the_graph_and_small_pushes_do_not_spoil_it() {
    let client = Client::new();
    let commits: Vec<Oid> = (0..20).map(|n| client.commit(&[(&format!("d/f{}", n % 3), &format!("{n}\n"))])).collect();
    let tip = commits[19];
    let mut server = pushed(&client, &[tip]);
    let files = |server: &Server| {
        let view = server.view();
        view.objects().join("info/commit-graph").exists()
    };
    assert!(!graph::is_settled(&server.store, &cover(&server)) && !files(&server));
    make(&server).unwrap();
    assert!(graph::is_settled(&server.store, &cover(&server)) && files(&server));
    let next = client.commit(&[("a", "small\n")]);
    server.push(&client.pack(&[next], &[tip], true), &[("refs/heads/main", next)]).unwrap();
    let view = server.view();
    assert!(view.objects().join("info/commit-graph").exists());
    let git_dir = format!("--git-dir={}", view.path().display());
    client.git(&[&git_dir, "commit-graph", "verify"]);
    let listed = client.git(&[&git_dir, "rev-list", &next.to_hex(), "--", "d/f1"]);
    assert_eq!(listed, client.git(&["rev-list", &next.to_hex(), "--", "d/f1"]));
    let with = with_graph(&server);
    assert!(Nodes::of(&with).filter(&tip).is_some() && Nodes::of(&with).filter(&next).is_none(), "the newest is read as an object");
    assert_eq!(shown(&with, next, b"d/f1"), ids_in_order(&listed));
    drop(view);
    retain(&server.store, &[cover(&server).key().to_owned()]).unwrap();
    assert!(files(&server));
    retain(&server.store, &[]).unwrap();
    assert!(server.listing("bitmaps").is_empty() && !files(&server) && with.graph().is_none());
    assert_eq!(shown(&with, next, b"d/f1"), ids_in_order(&listed));
}

fn ids_in_order(text: &str) -> Vec<Oid> {
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn none_is_made_of_packs_that_lean_on_others_or_of_times_without_room() {
    let client = Client::new();
    let first = client.commit(&[("a", "a\n")]);
    let tip = (0..40).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("b{n}"), &format!("{n}\n"))]));
    let small = client.pack(&[first], &[], false);
    let mut leaning = Server::new();
    leaning.push(&small, &[("refs/heads/main", first)]).unwrap();
    leaning.push(&client.pack(&[tip], &[first], true), &[("refs/heads/main", tip)]).unwrap();
    // What the older pack needs comes with a newer one, as after folding.
    leaning.store_unreachable(&small);
    let late = client.git(&["rev-parse", "HEAD^{tree}"]);
    let late = format!("tree {late}\nparent {tip}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 17179869185 +0000\n\nlate\n");
    let late = pushed(&client, &[client.object("commit", late.as_bytes())]);
    for server in [leaning, late] {
        make(&server).unwrap();
        assert!(graph::is_settled(&server.store, &cover(&server)) && with_graph(&server).graph().is_none());
        assert_eq!(server.listing("bitmaps"), [format!("{}.nograph", cover(&server).key())]);
        retain(&server.store, &[cover(&server).key().to_owned()]).unwrap();
        assert!(graph::is_settled(&server.store, &cover(&server)));
    }
}

#[test]
fn a_damaged_graph_is_removed_and_objects_are_read() {
    let client = Client::new();
    let tip = (0..20).fold(Oid::ZERO, |_, n| client.commit(&[(&format!("d/f{}", n % 3), &format!("{n}\n"))]));
    let server = pushed(&client, &[tip]);
    make(&server).unwrap();
    let whole = std::fs::read(place(&server)).unwrap();
    let expected = shown(&server.odb(), tip, b"d/f1");
    for at in (0..whole.len()).step_by(37).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(Graph::parse(bytes).is_err());
        assert!(Graph::parse(whole[..at].to_vec()).is_err());
    }
    std::fs::remove_file(place(&server)).unwrap();
    std::fs::write(place(&server), &whole[..whole.len() - 1]).unwrap();
    assert_eq!(shown(&with_graph(&server), tip, b"d/f1"), expected);
    assert!(!graph::is_settled(&server.store, &cover(&server)), "it is made again");
    make(&server).unwrap();
    let with = with_graph(&server);
    assert!(with.graph().is_some() && shown(&with, tip, b"d/f1") == expected);
    // Chunks that lead anywhere under a right checksum: an error or an answer, no panic.
    for at in 8..whole.len() - 20 {
        let mut body = whole[..whole.len() - 20].to_vec();
        body[at] = body[at].wrapping_sub(1);
        let Ok(graph) = Graph::parse(with_checksum(body)) else { continue };
        for place in 0..graph.len() + 1 {
            let _ = (graph.node(place), graph.filter(place).zip(graph.key(b"d/f1")).map(|(filter, key)| filter.may_hold(&key)));
        }
        let _ = graph.position(&tip);
    }
}
