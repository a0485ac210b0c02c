//! Blame of generated histories, line for line as `git blame` says it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::support::{Chance, Client, Server, budget};
use crate::blame::{Run, blame};
use crate::error::Error;
use crate::odb::Odb;
use crate::{Budget, Cancel, Oid};

pub(super) type Files = BTreeMap<String, Vec<String>>;

/// How lines of a generated file are made.
#[derive(Clone, Copy)]
pub(super) enum Lines {
    /// No two are alike, so that there is one way to tell what changed.
    Distinct,
    /// Few kinds: braces, blanks and the like.
    Alike,
}

struct Maker {
    chance: Chance,
    lines: Lines,
    written: usize,
}

impl Maker {
    fn line(&mut self) -> String {
        self.written += 1;
        match (self.lines, self.chance.below(3)) {
            (Lines::Alike, 0) => "\n".to_owned(),
            (Lines::Alike, 1) => format!("    }} {}\n", self.chance.below(3)),
            _ => format!("line {} of words\n", self.written),
        }
    }

    fn edit(&mut self, file: &mut Vec<String>) {
        for _ in 0..=self.chance.below(3) {
            let at = self.chance.below(file.len() + 1);
            match self.chance.below(4) {
                0 if file.len() > 20 => drop(file.drain(at.min(file.len() - 4)..at.min(file.len() - 4) + 3)),
                1 if at < file.len() => file[at] = self.line(),
                2 if file.len() > 10 => {
                    let moved = file.remove(at.min(file.len() - 1));
                    file.insert(0, moved);
                }
                _ => {
                    let new: Vec<String> = (0..=self.chance.below(4)).map(|_| self.line()).collect();
                    file.splice(at..at, new);
                }
            }
        }
        // Now and then the last line has no end.
        if self.chance.below(10) == 0
            && let Some(last) = file.last_mut()
        {
            *last = last.trim_end().to_owned();
        } else if let Some(last) = file.last_mut().filter(|last| !last.ends_with('\n')) {
            last.push('\n');
        }
    }
}

/// Edits, renames with and without edits, merges that take from both sides, and clocks that go wrong.
pub(super) fn generate(seed: u64, commits: usize, lines: Lines) -> (Client, Vec<(Oid, Files)>) {
    let mut maker = Maker { chance: Chance(seed), lines, written: 0 };
    let client = Client::new();
    let (mut stream, mut trees): (Vec<u8>, Vec<Files>) = (Vec::new(), Vec::new());
    for n in 0..commits {
        let parent = (n > 0).then(|| n - 1 - maker.chance.below(n.min(4)));
        let mut files = parent.map_or_else(
            || ["a.txt", "dir/b.txt"].map(|name| (name.to_owned(), (0..30).map(|_| maker.line()).collect())).into_iter().collect(),
            |parent| trees[parent].clone(),
        );
        let time = 1_700_000_000 + n * 60 - if maker.chance.below(12) == 0 { 4000 } else { 0 };
        stream.extend(format!("commit refs/heads/b{n}\nmark :{}\ncommitter C <c@d> {time} +0000\ndata 0\n", n + 1).bytes());
        if let Some(parent) = parent {
            stream.extend(format!("from :{}\n", parent + 1).bytes());
            let other = maker.chance.below(n);
            if n > 3 && maker.chance.below(3) == 0 && other != parent {
                stream.extend(format!("merge :{}\n", other + 1).bytes());
                for (name, theirs) in &trees[other] {
                    let mine = files.entry(name.clone()).or_default();
                    match maker.chance.below(3) {
                        0 => mine.clone_from(theirs),
                        1 => {
                            let (a, b) = (mine.len() / 2, theirs.len() / 2);
                            mine.truncate(a);
                            mine.extend(theirs[b..].iter().cloned());
                        }
                        _ => {}
                    }
                }
                files.retain(|_, file| !file.is_empty());
            }
        }
        let names: Vec<String> = files.keys().cloned().collect();
        let name = &names[maker.chance.below(names.len())];
        if maker.chance.below(6) == 0 {
            let file = files.remove(name).unwrap();
            files.insert(format!("moved/{n}.txt"), file);
        } else if maker.chance.below(20) == 0 && files.len() > 1 {
            files.remove(name);
        }
        if maker.chance.below(4) > 0 {
            let names: Vec<String> = files.keys().cloned().collect();
            let name = &names[maker.chance.below(names.len())];
            maker.edit(files.get_mut(name).unwrap());
        }
        stream.extend(b"deleteall\n");
        for (name, lines) in &files {
            let text = lines.concat();
            stream.extend(format!("M 100644 inline {name}\ndata {}\n{text}\n", text.len()).bytes());
        }
        stream.push(b'\n');
        trees.push(files);
    }
    let marks = client.path().join("marks");
    client.git_with(&["fast-import", "--quiet", &format!("--export-marks={}", marks.display())], &stream);
    let mut ids = vec![Oid::ZERO; commits];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        ids[mark[1..].parse::<usize>().unwrap() - 1] = id.parse().unwrap();
    }
    (client, ids.into_iter().zip(trees).collect())
}

/// For each line: commit, path there, number there.
type Told = Vec<(Oid, Vec<u8>, u32)>;

fn git_says(client: &Client, commit: &Oid, path: &str) -> Told {
    let out = client.git_with(&["blame", "--line-porcelain", &commit.to_hex(), "--", path], b"");
    let (mut path_there, mut told, mut now): (Vec<u8>, _, Option<(Oid, u32)>) = (Vec::new(), Vec::new(), None);
    for line in out.split(|byte| *byte == b'\n') {
        if line.starts_with(b"\t") {
            let (id, number) = now.take().unwrap();
            told.push((id, path_there.clone(), number));
        } else if let Some(name) = line.strip_prefix(b"filename ") {
            path_there = name.to_vec();
        } else if now.is_none() && !line.is_empty() {
            let text = std::str::from_utf8(line).unwrap();
            let mut words = text.split(' ');
            let id = words.next().unwrap().parse().unwrap();
            now = Some((id, words.next().unwrap().parse().unwrap()));
        }
    }
    told
}

fn we_say(odb: &Odb, commit: &Oid, path: &str) -> Told {
    let found = blame(odb, commit, path.as_bytes(), 1 << 20, &mut budget()).unwrap();
    assert!(found.complete);
    let lines = |run: &Run| {
        let (from, sources) = (run.from.unwrap(), &found.sources);
        let source = &sources[from.source];
        (0..run.lines).map(move |n| (source.commit, source.path.to_vec(), from.start + n + 1))
    };
    found.runs.iter().flat_map(lines).collect()
}

pub(super) fn stored(client: &Client, commits: &[(Oid, Files)]) -> Server {
    let mut server = Server::new();
    let ids: Vec<Oid> = commits.iter().map(|(id, _)| *id).collect();
    let names: Vec<String> = (0..ids.len()).map(|n| format!("refs/heads/b{n}")).collect();
    let updates: Vec<(&str, Oid)> = names.iter().map(String::as_str).zip(ids.iter().copied()).collect();
    assert!(server.push(&client.pack(&ids, &[], false), &updates).unwrap());
    server
}

#[test]
fn generated_histories_are_blamed_as_git_blames_them() {
    // HARDIE_TEST_SEEDS looks at more of them.
    let seeds: u64 = std::env::var("HARDIE_TEST_SEEDS").map_or(6, |n| n.parse().unwrap());
    let (mut alike, mut otherwise) = (0, 0);
    for seed in 1..=seeds {
        let lines = if seed % 2 == 0 { Lines::Alike } else { Lines::Distinct };
        let (client, commits) = generate(seed, 60, lines);
        let texts: BTreeMap<Oid, &Files> = commits.iter().map(|(id, files)| (*id, files)).collect();
        let server = stored(&client, &commits);
        let odb = server.odb();
        for (commit, files) in commits.iter().rev().step_by(4) {
            for (path, text) in files {
                let (ours, gits) = (we_say(&odb, commit, path), git_says(&client, commit, path));
                assert_eq!(ours.len(), gits.len());
                match lines {
                    Lines::Distinct => assert_eq!(ours, gits, "seed {seed} {commit} {path}"),
                    // Where lines repeat there may be several shortest ways from one text to the other, and git may take another.
                    Lines::Alike => {
                        alike += ours.len();
                        otherwise += ours.iter().zip(&gits).filter(|(a, b)| a != b).count();
                    }
                }
                // What the generator wrote as one line may have no end, and be the beginning of the next.
                let lines_of = |text: &[String]| text.concat().split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
                for ((from, there, number), line) in ours.iter().zip(lines_of(text)) {
                    let there = lines_of(&texts[from][std::str::from_utf8(there).unwrap()]);
                    assert_eq!(there[usize::try_from(*number).unwrap() - 1], line, "seed {seed} {commit} {path}");
                }
            }
        }
    }
    assert!(otherwise * 100 <= alike, "{otherwise} of {alike} lines are told otherwise than by git");
}

#[test]
fn a_file_that_moved_and_changed_keeps_its_lines() {
    let client = Client::new();
    let lines = |from: usize, to: usize| (from..to).map(|n| format!("line {n} of words\n")).collect::<String>();
    client.commit(&[("old/name.txt", &lines(0, 20)), ("other.txt", "a\nb\nc\n")]);
    client.commit(&[("old/name.txt", ""), ("new/place.txt", &format!("{}new\n", lines(0, 18)))]);
    std::fs::remove_file(client.path().join("other.txt")).unwrap();
    std::os::unix::fs::symlink("a", client.path().join("other.txt")).unwrap();
    let tip = client.commit(&[("x", "x\n")]);
    let server = stored(&client, &[(tip, Files::new())]);
    let odb = server.odb();
    for path in ["new/place.txt", "x"] {
        let ours = we_say(&odb, &tip, path);
        assert_eq!(ours, git_says(&client, &tip, path));
        assert_eq!(ours[0].1, if path == "x" { &b"x"[..] } else { &b"old/name.txt"[..] });
    }
    // git blames no link; the one that took a file's place is new.
    assert_eq!(we_say(&odb, &tip, "other.txt"), [(tip, b"other.txt".to_vec(), 1)]);
    for none in ["old/name.txt", "new", "", "none/at/all"] {
        assert!(matches!(blame(&odb, &tip, none.as_bytes(), 1 << 20, &mut budget()), Err(Error::NotFound(_))), "{none}");
    }
}

#[test]
fn a_blame_ends_at_its_bounds_and_says_so() {
    let client = Client::new();
    let text =
        |changed: usize| (0..20).map(|n| if n == changed { format!("changed {n}\n") } else { format!("line {n}\n") }).collect::<String>();
    let first = client.commit(&[("a", &format!("{}{}", text(20), "more\n".repeat(100)))]);
    client.commit(&[("a", &text(20))]);
    let tip = client.commit(&[("a", &text(3))]);
    let server = stored(&client, &[(tip, Files::new())]);
    let odb = server.odb();
    let told = |max: u64, steps: u64| {
        let found = blame(&odb, &tip, b"a", max, &mut Budget::new(steps, Duration::MAX, &Cancel::new())).unwrap();
        let runs: Vec<_> =
            found.runs.iter().map(|run| (run.start, run.lines, run.from.map(|from| found.sources[from.source].commit))).collect();
        (runs, found.complete)
    };
    assert_eq!(told(1 << 20, 1 << 20), (vec![(0, 3, Some(first)), (3, 1, Some(tip)), (4, 16, Some(first))], true));
    assert_eq!(told(1 << 20, 1), (vec![(0, 20, None)], false));
    assert_eq!(told(1 << 20, 4), (vec![(0, 3, None), (3, 1, Some(tip)), (4, 16, None)], false));
    // The first version is more than four times as large as what may be blamed.
    assert_eq!(told(160, 1 << 20), (vec![(0, 3, None), (3, 1, Some(tip)), (4, 16, None)], false));
    assert!(matches!(blame(&odb, &tip, b"a", 100, &mut budget()), Err(Error::TooLarge(_))));
    assert!(blame(&odb, &tip, b"a", 1 << 20, &mut budget()).unwrap().complete);
}
