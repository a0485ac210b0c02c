//! Pages that walk over history: a folder with the last commit of each entry, and the commits that changed one file. Measured before
//! the server's upkeep made a commit-graph, and after. The peer is a process of git's own, with a commit-graph that has filters.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::policy::{MAIN, NOTHING};
use crate::children::{self, command};
use crate::http::Connection;
use crate::ours::Ours;
use crate::report::{Line, Report};
use crate::{fixture, say, wire};

const COMMITS: usize = 20_000;
/// Entries of the folder.
const ENTRIES: usize = 1000;
/// Commit-graphs are made once a minute.
const UPKEEP: Duration = Duration::from_secs(100);
const FIRST: Duration = Duration::from_millis(300);
const AGAIN: Duration = Duration::from_millis(5);

/// Pushes a repository, and looks at it.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("reading: making 20,000 commits");
    let source = fixture::listed(scratch.path(), "reading.git", COMMITS, ENTRIES)?;
    let line = fixture::line(&source)?;
    let [.., first, second, third] = line.as_slice() else { anyhow::bail!("the generated history is short") };
    children::output(command("git", &source).current_dir(&source).args(["commit-graph", "write", "--reachable", "--changed-paths"]))?;
    let mine = scratch.path().join("ours");
    std::fs::create_dir_all(&mine)?;
    let mut ours = Ours::start(&mine)?;
    ours.repository("reading")?;
    push(&ours, &source, None, first)?;
    let graphs = mine.join("data/bitmaps");
    let folder = format!("/repos/bench/reading/tree/{}?limit=1000", fixture::LISTED);
    let file = format!("/repos/bench/reading/commits?limit=50&path={}", fixture::SELDOM);
    let before = (time(&ours, &folder)?, time(&ours, &file)?);
    ensure!(!is_there(&graphs)?, "the commit-graph was there before anything was measured without it: try again");
    say("  waiting for the server's upkeep");
    let started = Instant::now();
    while !is_there(&graphs)? {
        ensure!(started.elapsed() < UPKEEP, "no commit-graph was made; the log is {}", mine.join("hardie.log").display());
        std::thread::park_timeout(Duration::from_millis(200));
    }
    // A server that knows nothing, and a commit that the graph has not. The first look opens the graph.
    push(&ours, &source, Some(first), second)?;
    ours = ours.restarted()?;
    let (with, again, history) = (time(&ours, &folder)?, time(&ours, &folder)?, time(&ours, &file)?);
    push(&ours, &source, Some(second), third)?;
    let next = time(&ours, &folder)?;
    let theirs = git(&source, &["log", "--format=%H", "--name-only", "main", "--", fixture::LISTED])?;
    let their_history = git(&source, &["log", "-50", "--format=raw", "main", "--", fixture::SELDOM])?;
    let name = "folder of 1,000 entries with last commits, 20,000 commits";
    report.add(against(format!("{name}, no graph"), Some(theirs), before.0, None));
    report.add(against(format!("{name}, by the graph"), Some(theirs), with, Some(FIRST)));
    report.add(against(format!("{name}, again"), None, again, Some(AGAIN)));
    report.add(against(format!("{name}, after the next push"), Some(theirs), next, Some(FIRST)));
    report.add(against("commits of a seldom changed file, no graph".to_owned(), Some(their_history), before.1, None));
    report.add(against("commits of a seldom changed file, by the graph".to_owned(), Some(their_history), history, None));
    Ok(())
}

fn push(ours: &Ours, source: &Path, old: Option<&str>, new: &str) -> anyhow::Result<()> {
    let body = wire::push(old.unwrap_or(NOTHING), new, MAIN, &fixture::pack(source, old, new)?);
    let answer = ours.push(&mut Connection::to(ours.host), "reading", &body)?;
    ensure!(answer.contains("unpack ok") && answer.contains(&format!("ok {MAIN}")), "the push was refused: {answer}");
    Ok(())
}

fn is_there(folder: &Path) -> anyhow::Result<bool> {
    let files = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let graphs: Vec<PathBuf> =
        files.iter().map(std::fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == "graph")).collect();
    Ok(!graphs.is_empty())
}

/// One request of the API.
fn time(ours: &Ours, path: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let answer = ours.api("GET", path, "")?;
    let took = started.elapsed();
    let listed = answer.json()?;
    let entries = listed.as_array().or(listed["entries"].as_array()).with_context(|| format!("no list: {}", answer.start()))?;
    ensure!(!entries.is_empty(), "an empty list");
    Ok(took)
}

/// One process of git's, the second time that it runs.
fn git(source: &Path, arguments: &[&str]) -> anyhow::Result<Duration> {
    let mut took = Duration::ZERO;
    for _ in 0..2 {
        let started = Instant::now();
        children::output(command("git", source).current_dir(source).args(arguments))?;
        took = started.elapsed();
    }
    Ok(took)
}

fn against(work: String, theirs: Option<Duration>, mine: Duration, most: Option<Duration>) -> Line {
    let spell = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let hold = most.map(|most| (format!("≤ {} ms", most.as_millis()), mine <= most));
    let ratio = theirs.map(|theirs| theirs.as_secs_f64() / mine.as_secs_f64().max(1e-9));
    Line { work, peer: theirs.map(spell), ours: spell(mine), hold, ratio, ..Line::default() }
}
