//! Reads over git's protocol v2: requests in a second, ours against the peer's.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::args::Options;
use crate::fixture;
use crate::http::{Request, Response};
use crate::load::{self, Load};
use crate::ours::{Ours, USER};
use crate::peer::Peer;
use crate::report::{Line, Report};
use crate::{say, wire};

const FEW: usize = 5;
const MANY: usize = 25_000;
const COMMITS: usize = 1000;
/// Requests that differ; more than either side answers in the time.
const DIFFERENT: usize = 60_000;
/// Files of 64 KiB that do not shrink.
const LARGE_FILES: usize = 320;

/// One request, told to both sides.
struct Work<'a> {
    name: &'a str,
    repository: &'a str,
    method: &'a str,
    path: &'a str,
    /// Sent in turn; more than are sent in the time where each has to be another.
    bodies: Vec<Vec<u8>>,
    /// The ratio to hold, if one is promised.
    hold: Option<f64>,
    /// Whether ours also has to check a token; the peer has none to check.
    signed: bool,
}

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
    let peer = Peer::start(scratch.path().join("repositories").as_path(), &other)?;
    for work in works(&line, large_line.last().context("the generated history is empty")?) {
        compare(options, &ours, &peer, &work, report)?;
    }
    Ok(())
}

fn works<'a>(line: &[String], large: &str) -> Vec<Work<'a>> {
    let ask = |name, repository, body, hold, signed| Work {
        name,
        repository,
        method: "POST",
        path: "/git-upload-pack",
        bodies: vec![body],
        hold,
        signed,
    };
    let asks = |name, bodies, hold| Work { name, repository: "few", method: "POST", path: "/git-upload-pack", bodies, hold, signed: false };
    vec![
        Work {
            name: "advertisement",
            repository: "few",
            method: "GET",
            path: "/info/refs?service=git-upload-pack",
            bodies: vec![Vec::new()],
            hold: Some(5.0),
            signed: false,
        },
        ask("ls-refs, few refs", "few", wire::ls_refs(), Some(5.0), false),
        ask("ls-refs, few refs, with a token", "few", wire::ls_refs(), Some(2.5), true),
        ask("ls-refs, 25,000 refs", "many", wire::ls_refs(), Some(5.0), false),
        asks("fetch of 1 new commit, each another", one_commit_each(line), None),
        asks("fetch of 1 new commit, by many", one_commit_each(line).split_off(DIFFERENT - 1), None),
        ask("clone, 20 MB, by many", "large", wire::fetch(large, &[], &[]), None, false),
        ask("clone --depth 1, 20 MB, by many", "large", wire::fetch(large, &[], &["deepen 1"]), None, false),
    ]
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

fn compare(options: &Options, ours: &Ours, peer: &Peer, work: &Work<'_>, report: &mut Report) -> anyhow::Result<()> {
    let time = Duration::from_secs(options.seconds);
    let basic = ours.basic();
    let theirs = run(options, peer.host, &requests(peer.host, work, None), work, time)?;
    let mine = run(options, ours.host, &requests(ours.host, work, work.signed.then_some(&basic)), work, time)?;
    let ratio = mine.per_second() / theirs.per_second().max(1e-9);
    let spell = |load: &Load| format!("{:.0}/s, p50 {:.2} ms", load.per_second(), load.median().as_secs_f64() * 1e3);
    let hold = work.hold.map(|hold| (format!("≥ {hold}×"), ratio >= hold));
    report.add(Line { work: work.name.to_owned(), peer: Some(spell(&theirs)), ours: spell(&mine), hold, ratio: Some(ratio) });
    Ok(())
}

fn requests(host: SocketAddr, work: &Work<'_>, authorization: Option<&String>) -> Vec<Request> {
    let path = format!("/{USER}/{}.git{}", work.repository, work.path);
    let mut headers = vec![("Git-Protocol", "version=2")];
    if work.method == "POST" {
        headers.push(("Content-Type", "application/x-git-upload-pack-request"));
        headers.push(("Accept", "application/x-git-upload-pack-result"));
    }
    headers.extend(authorization.map(|value| ("Authorization", value.as_str())));
    work.bodies.iter().map(|body| Request::new(work.method, host, &path, &headers, body)).collect()
}

fn run(options: &Options, host: SocketAddr, requests: &[Request], work: &Work<'_>, time: Duration) -> anyhow::Result<Load> {
    let many = Path::new(work.repository) == Path::new("many");
    let good = |response: &Response| {
        // Enough to know that it is the answer and not an error inside the protocol.
        let enough = if many { response.body.len() > MANY * 60 } else { response.body.len() > 100 };
        response.status == 200 && enough && !response.body.windows(8).take(64).any(|window| window == b"ERR fata")
    };
    load::run(host, requests, options.connections, time, good)
}
