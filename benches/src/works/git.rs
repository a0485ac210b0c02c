//! Reads over git's protocol v2: requests in a second, ours against the peer's.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

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

/// One request, told to both sides.
struct Work<'a> {
    name: &'a str,
    repository: &'a str,
    method: &'a str,
    path: &'a str,
    body: Vec<u8>,
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
    let (Some(tip), Some(before)) = (line.last(), line.iter().rev().nth(1)) else { anyhow::bail!("the generated history is empty") };
    let mine = scratch.path().join("ours");
    let other = scratch.path().join("peer");
    for folder in [&mine, &other] {
        std::fs::create_dir_all(folder)?;
    }
    let ours = Ours::start(&mine)?;
    for (name, source) in [("few", &few), ("many", &many)] {
        ours.repository(name)?;
        ours.fill(name, source)?;
    }
    let peer = Peer::start(scratch.path().join("repositories").as_path(), &other)?;
    for work in works(tip, before) {
        compare(options, &ours, &peer, &work, report)?;
    }
    Ok(())
}

fn works<'a>(tip: &str, before: &str) -> Vec<Work<'a>> {
    let ask =
        |name, repository, body, hold, signed| Work { name, repository, method: "POST", path: "/git-upload-pack", body, hold, signed };
    vec![
        Work {
            name: "advertisement",
            repository: "few",
            method: "GET",
            path: "/info/refs?service=git-upload-pack",
            body: Vec::new(),
            hold: Some(5.0),
            signed: false,
        },
        ask("ls-refs, few refs", "few", wire::ls_refs(), Some(5.0), false),
        ask("ls-refs, few refs, with a token", "few", wire::ls_refs(), Some(2.5), true),
        ask("ls-refs, 25,000 refs", "many", wire::ls_refs(), Some(5.0), false),
        ask("fetch of 1 new commit", "few", wire::fetch(tip, before), None, false),
    ]
}

fn compare(options: &Options, ours: &Ours, peer: &Peer, work: &Work<'_>, report: &mut Report) -> anyhow::Result<()> {
    let time = Duration::from_secs(options.seconds);
    let basic = ours.basic();
    let theirs = run(options, peer.host, &request(peer.host, work, None), work, time)?;
    let mine = run(options, ours.host, &request(ours.host, work, work.signed.then_some(&basic)), work, time)?;
    let ratio = mine.per_second() / theirs.per_second().max(1e-9);
    let spell = |load: &Load| format!("{:.0}/s, p50 {:.2} ms", load.per_second(), load.median().as_secs_f64() * 1e3);
    let hold = work.hold.map(|hold| (format!("≥ {hold}×"), ratio >= hold));
    report.add(Line { work: work.name.to_owned(), peer: Some(spell(&theirs)), ours: spell(&mine), hold, ratio: Some(ratio) });
    Ok(())
}

fn request(host: SocketAddr, work: &Work<'_>, authorization: Option<&String>) -> Request {
    let path = format!("/{USER}/{}.git{}", work.repository, work.path);
    let mut headers = vec![("Git-Protocol", "version=2")];
    if work.method == "POST" {
        headers.push(("Content-Type", "application/x-git-upload-pack-request"));
        headers.push(("Accept", "application/x-git-upload-pack-result"));
    }
    headers.extend(authorization.map(|value| ("Authorization", value.as_str())));
    Request::new(work.method, host, &path, &headers, &work.body)
}

fn run(options: &Options, host: SocketAddr, request: &Request, work: &Work<'_>, time: Duration) -> anyhow::Result<Load> {
    let many = Path::new(work.repository) == Path::new("many");
    let good = |response: &Response| {
        // Enough to know that it is the answer and not an error inside the protocol.
        let enough = if many { response.body.len() > MANY * 60 } else { response.body.len() > 100 };
        response.status == 200 && enough && !response.body.windows(8).take(64).any(|window| window == b"ERR fata")
    };
    load::run(host, request, options.connections, time, good)
}
