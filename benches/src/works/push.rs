//! A push of one commit that a hook judges: ours with a policy, the peer's with a `sh` hook and every file synced.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::policy::{MAIN, NOTHING, component, first_or_next};
use crate::args::Options;
use crate::children::{self, command};
use crate::http::{Connection, Request};
use crate::load::quantile;
use crate::ours::{Ours, USER};
use crate::peer::Peer;
use crate::report::{Line, Report};
use crate::{cpu, fixture, say, wire};

/// What many a hook does: looks at the subject of what is pushed.
const HOOK: &str = "#!/bin/sh
while read -r old new name; do
  git log -1 --format=%s \"$new\" | grep -Eq '^[a-z]+: ' || { echo \"$name: the subject has no area\" >&2; exit 1; }
done
";

/// Pushes of one side before it is the other's turn: enough for a count in hundredths of a second.
const TURN: usize = 20;

/// One side's share of the work.
#[derive(Default)]
struct Side {
    times: Vec<Duration>,
    cpu: Duration,
}

/// Pushes to both in turns, so that whatever the disk does meets both alike.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("push: making pushes");
    let source = fixture::repository(scratch.path(), "source.git", options.pushes + 1, 0)?;
    let line = fixture::line(&source)?;
    let folders = ["ours", "peer", "repositories"].map(|name| scratch.path().join(name));
    for folder in &folders {
        std::fs::create_dir_all(folder)?;
    }
    let [mine, other, repositories] = &folders;
    let ours = Ours::start(mine)?;
    ours.repository("judged")?;
    ours.install(&component()?, "judged")?;
    hooked(&repositories.join(USER))?;
    let peer = Peer::start(repositories, other)?;
    let mut sides = [Side::default(), Side::default()];
    let mut bodies = Vec::new();
    let mut old = NOTHING;
    for new in &line {
        bodies.push(wire::push(old, new, MAIN, &first_or_next(&source, old, new)?));
        old = new;
    }
    let basic = ours.basic();
    let doors = [(peer.host, None), (ours.host, Some(basic.as_str()))];
    let mut connections = doors.map(|(host, _)| Connection::to(host));
    // The first push makes the branch and warms everything.
    let (first, rest) = bodies.split_first().context("the generated history is empty")?;
    for ((host, basic), connection) in doors.into_iter().zip(&mut connections) {
        push(connection, host, basic, first)?;
    }
    for turn in rest.chunks(TURN) {
        for (((host, basic), connection), side) in doors.into_iter().zip(&mut connections).zip(&mut sides) {
            let before = cpu::busy();
            for body in turn {
                let started = Instant::now();
                push(connection, host, basic, body)?;
                side.times.push(started.elapsed());
            }
            side.cpu += cpu::busy().saturating_sub(before);
        }
    }
    sides.iter_mut().for_each(|side| side.times.sort());
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let [theirs, mine] = &sides;
    let pushes = mine.times.len().max(1) as f64;
    let (their_cpu, my_cpu) = (milliseconds(theirs.cpu) / pushes, milliseconds(mine.cpu) / pushes);
    let (their_wall, my_wall) = (milliseconds(quantile(&theirs.times, 50)), milliseconds(quantile(&mine.times, 50)));
    for (what, theirs, mine, least) in [("wall p50", their_wall, my_wall, 1.0 / 0.7), ("CPU of the machine", their_cpu, my_cpu, 3.0)] {
        let ratio = theirs / mine.max(1e-9);
        report.add(Line {
            work: format!("push of 1 commit with a hook, {what}"),
            peer: Some(format!("{theirs:.1} ms")),
            ours: format!("{mine:.1} ms"),
            hold: Some((format!("≥ {least:.1}×"), ratio >= least)),
            ratio: Some(ratio),
            ..Line::default()
        });
    }
    Ok(())
}

/// An empty repository that takes pushes, asks the hook, and loses nothing when the machine does.
fn hooked(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(folder)?;
    let path = folder.join("judged.git");
    children::output(command("git", folder).args(["init", "--quiet", "--bare", "--initial-branch=main"]).arg(&path))?;
    for (key, value) in [("http.receivepack", "true"), ("core.fsync", "all"), ("gc.auto", "0"), ("receive.fsckObjects", "true")] {
        children::output(command("git", folder).current_dir(&path).args(["config", key, value]))?;
    }
    let hook = path.join("hooks").join("pre-receive");
    std::fs::create_dir_all(path.join("hooks"))?;
    std::fs::write(&hook, HOOK)?;
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn push(connection: &mut Connection, host: SocketAddr, basic: Option<&str>, body: &[u8]) -> anyhow::Result<()> {
    let mut headers = vec![("Content-Type", "application/x-git-receive-pack-request"), ("Accept", "application/x-git-receive-pack-result")];
    headers.extend(basic.map(|value| ("Authorization", value)));
    let request = Request::new("POST", host, &format!("/{USER}/judged.git/git-receive-pack"), &headers, body);
    let response = connection.send(&request)?.good()?;
    let text = String::from_utf8_lossy(&response.body);
    ensure!(text.contains("unpack ok") && text.contains(&format!("ok {MAIN}")), "the push was refused: {text}");
    Ok(())
}
