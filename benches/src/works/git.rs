//! Reads over git's protocol v2: requests in a second, ours against the peer's.

use anyhow::Context as _;

use super::rate::{Sides, Work};
use crate::args::Options;
use crate::fixture;
use crate::ours::{Ours, USER};
use crate::peer::Peer;
use crate::report::Report;
use crate::{say, wire};

const FEW: usize = 5;
const MANY: usize = 25_000;
const COMMITS: usize = 1000;
/// Requests that differ; more than either side answers in the time.
const DIFFERENT: usize = 60_000;
/// Files of 64 KiB that do not shrink.
const LARGE_FILES: usize = 320;

/// Starts both sides and sends every work to each.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("git: making repositories");
    let sources = scratch.path().join("repositories").join(USER);
    std::fs::create_dir_all(&sources)?;
    let few = fixture::repository(&sources, "few.git", COMMITS, FEW)?;
    let many = fixture::repository(&sources, "many.git", COMMITS, MANY)?;
    let line = fixture::line(&few)?;
    let large = fixture::noise(&sources, "large.git", LARGE_FILES)?;
    let large_line = fixture::line(&large)?;
    let mine = scratch.path().join("ours");
    let other = scratch.path().join("peer");
    for folder in [&mine, &other] {
        std::fs::create_dir_all(folder)?;
    }
    let ours = Ours::start(&mine)?;
    for (name, source) in [("few", &few), ("many", &many), ("large", &large)] {
        ours.repository(name)?;
        ours.fill(name, source)?;
    }
    let repositories = scratch.path().join("repositories");
    let peer = Peer::start(&repositories, &other)?;
    let sides = Sides { ours: &ours, peer: &peer, repositories: &repositories };
    for work in works(&line, large_line.last().context("the generated history is empty")?)? {
        work.compare(options, &sides, report)?;
    }
    Ok(())
}

fn works<'a>(line: &[String], large: &str) -> anyhow::Result<Vec<Work<'a>>> {
    let ask =
        |name, repository, bodies, hold, least| Work { name, repository, method: "POST", path: "/git-upload-pack", bodies, hold, least };
    let tip = line.last().context("the generated history is empty")?;
    let advertised = vec![Vec::new()];
    let by_many = one_commit_each(line).split_off(DIFFERENT - 1);
    Ok(vec![
        Work { method: "GET", path: "/info/refs?service=git-upload-pack", ..ask("advertisement", "few", advertised, Some(5.0), 100) },
        ask("ls-refs, few refs", "few", vec![wire::ls_refs()], Some(15.0), 100),
        ask("ls-refs, 25,000 refs", "many", vec![wire::ls_refs()], Some(8.0), MANY * 60),
        ask("fetch with nothing new", "few", vec![wire::fetch(tip, &[tip], &[])], Some(20.0), 40),
        ask("fetch of 1 new commit, each another", "few", one_commit_each(line), Some(8.0), 100),
        ask("fetch of 1 new commit, by many", "few", by_many, Some(8.0), 100),
        ask("clone, 20 MB, by many", "large", vec![wire::fetch(large, &[], &[])], None, 20 << 20),
        ask("clone --depth 1, 20 MB, by many", "large", vec![wire::fetch(large, &[], &["deepen 1"])], None, 20 << 20),
    ])
}

/// Requests for one commit each by somebody who has its parent, no two alike: they also name older commits that they have.
fn one_commit_each(line: &[String]) -> Vec<Vec<u8>> {
    let all = (2..line.len()).flat_map(|new| (0..new - 1).rev().map(move |old| (new, old)));
    // Spread over history, so that neighbours are not about the same commit.
    let mut pairs: Vec<(usize, usize)> = all.collect();
    pairs.sort_by_key(|(new, old)| (new * 7919 + old * 104_729) % 1_000_003);
    let body = |(new, old): (usize, usize)| wire::fetch(&line[new], &[&line[new - 1], &line[old]], &[]);
    pairs.into_iter().take(DIFFERENT).map(body).collect()
}
