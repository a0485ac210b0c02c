//! What a policy adds to a push: the same pushes to two repositories, one of which asks the policy.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::args::Options;
use crate::fixture;
use crate::http::Connection;
use crate::load::quantile;
use crate::ours::{Ours, USER};
use crate::report::{Line, Report};
use crate::{say, wire};

pub const NOTHING: &str = "0000000000000000000000000000000000000000";
pub const MAIN: &str = "refs/heads/main";
/// The shipped policy that every push of this bench passes.
const POLICY: &str = "commit-message";

/// Pushes commit by commit to both, in turns, so that whatever the disk does meets both alike.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("policy: making pushes");
    let source = fixture::repository(scratch.path(), "source.git", options.pushes + 1, 0)?;
    let line = fixture::line(&source)?;
    let folder = scratch.path().join("ours");
    std::fs::create_dir_all(&folder)?;
    let ours = Ours::start(&folder)?;
    for name in ["plain", "judged"] {
        ours.repository(name)?;
    }
    ours.install(&component()?, "judged")?;
    let mut times = [Vec::new(), Vec::new()];
    let mut connection = Connection::to(ours.host);
    let mut old = NOTHING;
    for new in &line {
        let pack = first_or_next(&source, old, new)?;
        for (name, times) in ["plain", "judged"].iter().zip(&mut times) {
            times.push(push(&ours, &mut connection, name, old, new, &pack)?);
        }
        old = new;
    }
    let [mut plain, mut judged] = times;
    for times in [&mut plain, &mut judged] {
        // The first push makes the branch and warms everything.
        times.remove(0);
        times.sort();
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    for percent in [50, 99] {
        let (without, with) = (milliseconds(quantile(&plain, percent)), milliseconds(quantile(&judged, percent)));
        let ours = format!("{with:.2} ms, {:+.2} ms", with - without);
        let work = format!("push of 1 commit with {POLICY}, p{percent}");
        report.add(Line { work, peer: Some(format!("{without:.2} ms without")), ours, ..Line::default() });
    }
    let calls = recorded(&ours, "judged", options.pushes)?;
    let (p50, p99) = (milliseconds(quantile(&calls, 50)), milliseconds(quantile(&calls, 99)));
    for (name, time) in [("p50", p50), ("p99", p99)] {
        report.add(Line { work: format!("call of {POLICY}, {name} of {}", calls.len()), ours: format!("{time:.3} ms"), ..Line::default() });
    }
    Ok(())
}

pub fn component() -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("HARDIE_BENCH_PLUGINS").map(PathBuf::from).context("start this as `cargo xtask bench`")?;
    let path = folder.join(format!("{POLICY}.wasm"));
    ensure!(path.is_file(), "{} is not built", path.display());
    Ok(path)
}

pub fn first_or_next(source: &Path, old: &str, new: &str) -> anyhow::Result<Vec<u8>> {
    fixture::pack(source, (old != NOTHING).then_some(old), new)
}

fn push(ours: &Ours, connection: &mut Connection, repository: &str, old: &str, new: &str, pack: &[u8]) -> anyhow::Result<Duration> {
    let body = wire::push(old, new, MAIN, pack);
    let started = Instant::now();
    let report = ours.push(connection, repository, &body)?;
    let time = started.elapsed();
    ensure!(report.contains("unpack ok") && report.contains(&format!("ok {MAIN}")), "the push was refused: {report}");
    Ok(time)
}

/// What the server wrote down about each call for a repository, sorted.
pub fn recorded(ours: &Ours, repository: &str, pushes: usize) -> anyhow::Result<Vec<Duration>> {
    let mut calls = Vec::new();
    for page in 1..=pushes / 50 + 1 {
        let list = ours.api("GET", &format!("/repos/{USER}/{repository}/pushes?limit=50&page={page}"), "")?.json()?;
        for id in list.as_array().into_iter().flatten().filter_map(|push| push["id"].as_i64()) {
            let push = ours.api("GET", &format!("/repos/{USER}/{repository}/pushes/{id}"), "")?.json()?;
            let micros = push["verdicts"].as_array().into_iter().flatten().filter_map(|verdict| verdict["wall_micros"].as_u64());
            calls.extend(micros.map(Duration::from_micros));
        }
    }
    ensure!(!calls.is_empty(), "the server recorded no verdict");
    calls.sort();
    Ok(calls)
}
