//! A push of one commit that a hook judges: ours with a policy, the peer's with a `sh` hook and every file synced.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;

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

/// One side's share of the work.
struct Side {
    times: Vec<Duration>,
    cpu: Duration,
}

/// Pushes commit by commit to both, in turns, so that whatever the disk does meets both alike.
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
    let mut sides = [Side { times: Vec::new(), cpu: Duration::ZERO }, Side { times: Vec::new(), cpu: Duration::ZERO }];
    let mut connections = [Connection::to(peer.host), Connection::to(ours.host)];
    let spent = || [peer.ids().iter().map(|id| cpu::of_tree(*id)).sum(), cpu::of_tree(ours.id())];
    let mut old = NOTHING;
    let mut before: [Duration; 2] = spent();
    for (number, new) in line.iter().enumerate() {
        if number == 1 {
            // The first push makes the branch and warms everything.
            before = spent();
        }
        let body = wire::push(old, new, MAIN, &first_or_next(&source, old, new)?);
        for (at, host, basic) in [(0, peer.host, None), (1, ours.host, Some(ours.basic()))] {
            let started = Instant::now();
            push(&mut connections[at], host, basic.as_deref(), &body)?;
            sides[at].times.extend((number > 0).then(|| started.elapsed()));
        }
        old = new;
    }
    for (side, (after, before)) in sides.iter_mut().zip(spent().into_iter().zip(before)) {
        side.cpu = after.saturating_sub(before);
        side.times.sort();
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let [theirs, mine] = &sides;
    let pushes = mine.times.len().max(1) as f64;
    let (their_cpu, my_cpu) = (milliseconds(theirs.cpu) / pushes, milliseconds(mine.cpu) / pushes);
    let (their_wall, my_wall) = (milliseconds(quantile(&theirs.times, 50)), milliseconds(quantile(&mine.times, 50)));
    for (what, theirs, mine, least) in
        [("wall p50", their_wall, my_wall, 1.0 / 0.7), ("CPU of server and children", their_cpu, my_cpu, 3.0)]
    {
        let ratio = theirs / mine.max(1e-9);
        report.add(Line {
            work: format!("push of 1 commit with a hook, {what}"),
            peer: Some(format!("{theirs:.1} ms")),
            ours: format!("{mine:.1} ms"),
            hold: Some((format!("≥ {least:.1}×"), ratio >= least)),
            ratio: Some(ratio),
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
