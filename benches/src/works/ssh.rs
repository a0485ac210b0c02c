//! Over SSH: OpenSSH's server and git against ours. CPU is that of the server and of what it started; the client's is nobody's.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::bulk;
use crate::load::quantile;
use crate::ours::{Ours, USER};
use crate::report::{Line, Report};
use crate::ssh::{Client, Sshd};
use crate::{children, cpu, fixture, say, wire};

/// Clones of each side.
const CLONES: usize = 3;
/// Lists of refs, each over a connection of its own.
const LISTS: usize = 40;

/// One side's share of a work.
#[derive(Default)]
struct Side {
    times: Vec<Duration>,
    cpu: Duration,
    bytes: u64,
}

/// Makes a repository like that of `bulk`; clones it and lists its refs, in turns.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let scratch = folder.path();
    say("ssh: making a repository of 100 MB");
    let source = fixture::program(scratch, "bulk.git", bulk::COMMITS)?;
    let tip = fixture::line(&source)?.pop().context("the generated history is empty")?;
    let ours = Ours::start(scratch)?;
    ours.repository("bulk")?;
    ours.fill("bulk", &source)?;
    let client = Client::new(scratch)?;
    let key = serde_json::json!({ "title": "bench", "key": client.public()? });
    ours.api("POST", "/user/keys", &key.to_string())?;
    let sshd = Sshd::start(scratch, &client)?;
    if sshd.is_none() {
        say("  there is no sshd on this machine: ours is measured alone");
    }
    let git = children::find("git")?;
    // The account's own configuration is not part of the comparison.
    let theirs = format!("GIT_CONFIG_GLOBAL=/dev/null '{}' upload-pack '{}'", git.display(), source.display());
    let mine = format!("git-upload-pack '/{USER}/bulk.git'");
    for (name, body, times, least) in [
        ("clone over SSH", wire::fetch(&tip, &[], &[]), CLONES, 50_000_000),
        ("ls-refs over SSH, connected anew", wire::ls_refs(), LISTS, 100),
    ] {
        // After the answer nothing more is asked.
        let input = [body.as_slice(), b"0000"].concat();
        let mut sides = [Side::default(), Side::default()];
        let [peer, own] = &mut sides;
        // The first of each side is not counted: keys, pages and packs are read by then.
        for turn in 0..=times {
            if let Some(sshd) = &sshd {
                peer.take(turn, sshd.id(), || client.run(&sshd.user, sshd.host, &theirs, &input), || sshd.settle())?;
            }
            own.take(turn, ours.id(), || client.run("git", ours.ssh, &mine, &input), || Ok(()))?;
        }
        let peer = sshd.is_some().then_some(peer);
        ensure!(own.bytes >= least && peer.as_ref().is_none_or(|peer| peer.bytes >= least), "{name}: the answer is too short");
        add(name, peer.as_deref(), own, report);
    }
    Ok(())
}

impl Side {
    /// Runs it, and counts it from the second turn on: CPU once the server has settled, which is nobody's time to wait.
    fn take(
        &mut self,
        turn: usize,
        server: u32,
        run: impl FnOnce() -> anyhow::Result<u64>,
        settle: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (before, started) = (cpu::of_tree(server), Instant::now());
        self.bytes = run()?;
        let time = started.elapsed();
        settle()?;
        if turn > 0 {
            self.times.push(time);
            self.cpu += cpu::of_tree(server).saturating_sub(before);
        }
        Ok(())
    }

    fn median(&self) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort();
        quantile(&sorted, 50)
    }

    fn cpu_each(&self) -> Duration {
        self.cpu / u32::try_from(self.times.len().max(1)).unwrap_or(u32::MAX)
    }
}

fn add(name: &str, peer: Option<&Side>, own: &Side, report: &mut Report) {
    let both = |what: &str, of: fn(&Side) -> Duration| {
        let spell = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        let ratio = peer.map(|peer| of(peer).as_secs_f64() / of(own).as_secs_f64().max(1e-9));
        Line { work: format!("{name}, {what}"), peer: peer.map(|peer| spell(of(peer))), ours: spell(of(own)), ratio, ..Line::default() }
    };
    report.add(both("CPU of the server", Side::cpu_each));
    report.add(both("wall p50", Side::median));
}
