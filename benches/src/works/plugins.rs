//! What hooks cost: ours as components, the peer's as processes of a shell, Python and Node.

mod calls;
mod hooks;
mod languages;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::policy::{MAIN, NOTHING, first_or_next};
use crate::args::Options;
use crate::http::Connection;
use crate::load::quantile;
use crate::ours::Ours;
use crate::report::{Line, Report};
use crate::{fixture, say, wire};

/// Policies that do nothing, in the repository that asks many.
const MANY: usize = 10;

/// So many times as many pushes as elsewhere go to ours: one of a hundred has to be told from what the disk does.
const TIMES: usize = 15;

/// Added latency of hooks that do nothing, then what calls cost by themselves.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("plugins: making pushes");
    let source = fixture::repository(scratch.path(), "source.git", TIMES * options.pushes + 1, 0)?;
    let mut bodies = Vec::new();
    let mut old = NOTHING.to_owned();
    for new in fixture::line(&source)? {
        bodies.push(wire::push(&old, &new, MAIN, &first_or_next(&source, &old, &new)?));
        old = new;
    }
    let spawned = hooks::measure(&scratch.path().join("peer"), bodies.get(..=options.pushes).unwrap_or(&bodies))?;
    components(&scratch.path().join("ours"), &bodies, &spawned, report)?;
    calls::measure(scratch.path(), report)?;
    languages::measure(scratch.path(), report)
}

/// A component that `cargo xtask bench` built.
fn component(name: &str) -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("HARDIE_BENCH_PLUGINS").map(PathBuf::from).context("start this as `cargo xtask bench`")?;
    let path = folder.join(format!("{name}.wasm"));
    ensure!(path.is_file(), "{} is not built", path.display());
    Ok(path)
}

/// The same pushes to repositories with none, one and many policies, in turns that begin at another each time, so that whatever the
/// disk does, and what the push before left to do, meets all alike. Two have none: what they differ by is what this cannot tell.
fn components(folder: &Path, bodies: &[Vec<u8>], spawned: &[hooks::Added], report: &mut Report) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let ours = Ours::start(folder)?;
    let repositories = [("none", 0), ("none-again", 0), ("one", 1), ("many", MANY)];
    for (name, policies) in repositories {
        ours.repository(name)?;
        for nth in 0..policies {
            ours.install_as(&component("no-op")?, name, &format!("no-op-{nth}"))?;
        }
    }
    let mut connection = Connection::to(ours.host);
    let mut turns = repositories.map(|(name, _)| (name, Vec::new()));
    for (nth, body) in bodies.iter().enumerate() {
        let (last, first) = turns.split_at_mut(nth % repositories.len());
        for (name, times) in first.iter_mut().chain(last) {
            let started = Instant::now();
            let answer = ours.push(&mut connection, name, body)?;
            times.push(started.elapsed());
            ensure!(answer.contains("unpack ok") && answer.contains(&format!("ok {MAIN}")), "the push was refused: {answer}");
        }
    }
    let [none, again, one, many] = turns.map(|(_, times)| without_the_first(times));
    let added = |times: &[Duration], percent| milliseconds(quantile(times, percent)) - milliseconds(quantile(&none, percent));
    for (percent, most) in [(50, 0.15), (99, 1.0)] {
        let (more, blur) = (added(&one, percent), added(&again, percent).abs());
        report.add(Line {
            work: format!("push with a policy that does nothing, p{percent} of {}", none.len()),
            peer: Some(format!("{:.2} ms with none, {blur:.2} ms between two with none", milliseconds(quantile(&none, percent)))),
            ours: format!("{more:+.2} ms"),
            // What lies within the difference of two alike is not the policy's.
            hold: Some((format!("≤ {most} ms, ± {blur:.2}"), more <= most + blur)),
            ..Line::default()
        });
    }
    let ten = added(&many, 50);
    report.add(Line {
        work: format!("push with {MANY} such policies, p50"),
        peer: Some(format!("{:.2} ms with none", milliseconds(quantile(&none, 50)))),
        ours: format!("{ten:+.2} ms"),
        hold: Some(("≤ 2 ms".to_owned(), ten <= 2.0)),
        ..Line::default()
    });
    for hooks::Added { name, p50 } in spawned {
        report.add(Line {
            work: format!("push with a hook that does nothing, {name}"),
            peer: Some(format!("{p50:+.2} ms")),
            ours: format!("{:+.2} ms", added(&one, 50)),
            ..Line::default()
        });
    }
    let calls = super::policy::recorded(&ours, "one", bodies.len())?;
    for (name, percent, most) in [("p50", 50, 0.15), ("p99", 99, 1.0)] {
        let time = milliseconds(quantile(&calls, percent));
        report.add(Line {
            work: format!("call of that policy as the server recorded it, {name} of {}", calls.len()),
            ours: format!("{time:.3} ms"),
            hold: Some((format!("≤ {most} ms"), time <= most)),
            ..Line::default()
        });
    }
    Ok(())
}

/// The first push makes the branch and warms everything.
fn without_the_first(mut times: Vec<Duration>) -> Vec<Duration> {
    if !times.is_empty() {
        times.remove(0);
    }
    times.sort();
    times
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
