//! A repository of some 100 MB: its first push, and clones of it, one and many at once. CPU is that of all processes but this one.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::policy::{MAIN, NOTHING};
use crate::children::{self, command};
use crate::http::{Connection, Request};
use crate::ours::{Ours, USER};
use crate::peer::Peer;
use crate::report::{Line, Report};
use crate::{cpu, fixture, memory, say, verified, wire};

/// About 150,000 objects and 130 MB.
pub const COMMITS: usize = 14_000;
/// Clones at once.
const MANY: usize = 50;
const MEMORY: u64 = 300 << 20;
/// Bitmaps are made once a minute.
const UPKEEP: Duration = Duration::from_secs(75);

/// Pushes it to ours and has git index it; then clones from both.
pub fn measure(report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("bulk: making a repository of 100 MB");
    let folders = ["ours", "peer", "repositories"].map(|name| scratch.path().join(name));
    for folder in &folders {
        std::fs::create_dir_all(folder)?;
    }
    let [mine, other, repositories] = &folders;
    std::fs::create_dir_all(repositories.join(USER))?;
    let source = fixture::program(&repositories.join(USER), "bulk.git", COMMITS)?;
    let line = fixture::line(&source)?;
    let tip = line.last().context("the generated history is empty")?;
    let pack = fixture::pack(&source, None, tip)?;
    say(&format!("  {} objects, {} MB", objects(&pack), pack.len() / 1_000_000));
    let ours = Ours::start(mine)?;
    ours.repository("bulk")?;
    first_push(&ours, scratch.path(), tip, &pack, report)?;
    drop(pack);
    let peer = Peer::start(repositories, other)?;
    say("  waiting for the server's upkeep");
    // Nothing that is kept may answer.
    let started = Instant::now();
    while let Some(left) = UPKEEP.checked_sub(started.elapsed()) {
        std::thread::park_timeout(left);
    }
    let old = line.get(line.len() / 2).context("the generated history is short")?;
    let works = [
        ("clone, the first", wire::fetch(tip, &[], &[]), 1, Some(4.0)),
        ("clone, 50 at once", wire::fetch(tip, &[], &[]), MANY, Some(4.0)),
        ("clone --depth 1, 50 at once", wire::fetch(tip, &[], &["deepen 1"]), MANY, Some(50.0)),
        ("clone of half the history", wire::fetch(old, &[], &[]), 1, Some(1.0 / 1.1)),
        ("fetch of the other half", wire::fetch(tip, &[old], &[]), 1, Some(1.0 / 1.1)),
        ("clone without blobs", wire::fetch(tip, &[], &["filter blob:none"]), 1, Some(1.0 / 1.1)),
    ];
    for (name, body, times, least) in works {
        let theirs = fetch(peer.host, &body, times)?;
        let (held, mine) = memory::peak(ours.id(), || fetch(ours.host, &body, times));
        let mine = mine?;
        ensure!(mine.bytes * 10 >= theirs.bytes * 8, "{name}: {} bytes, the peer sent {}", mine.bytes, theirs.bytes);
        report.add(against(format!("{name}, CPU"), theirs.cpu, mine.cpu, least));
        report.add(against(format!("{name}, wall"), theirs.wall, mine.wall, None));
        if times > 1 {
            report.add(memory_line(format!("{name}, memory"), held));
        } else {
            say(&format!("  verifying the packs of {name:?}"));
            let [theirs, mine] = [peer.host, ours.host].map(|host| Connection::to(host).send(&request(host, &body)));
            verified::same(name, &mine?.good()?.body, &theirs?.good()?.body, &source)?;
        }
    }
    Ok(())
}

fn objects(pack: &[u8]) -> u32 {
    pack.get(8..12).and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn first_push(ours: &Ours, scratch: &Path, tip: &str, pack: &[u8], report: &mut Report) -> anyhow::Result<()> {
    let bare = scratch.join("bare.git");
    children::output(command("git", scratch).args(["init", "--quiet", "--bare"]).arg(&bare))?;
    let file = scratch.join("pack");
    std::fs::write(&file, pack)?;
    let before = cpu::others();
    let mut index = command("git", scratch);
    index.current_dir(&bare).args(["index-pack", "--stdin", "--fix-thin", "--strict"]).stdin(Stdio::from(std::fs::File::open(&file)?));
    children::output(&mut index)?;
    children::output(command("git", scratch).current_dir(&bare).args(["rev-list", "--objects", "--quiet", tip, "--not", "--all"]))?;
    let theirs = cpu::others().saturating_sub(before);
    let body = wire::push(NOTHING, tip, MAIN, pack);
    let before = cpu::others();
    let (held, answer) = memory::peak(ours.id(), || ours.push(&mut Connection::to(ours.host), "bulk", &body));
    let mine = cpu::others().saturating_sub(before);
    let answer = answer?;
    ensure!(answer.contains("unpack ok") && answer.contains(&format!("ok {MAIN}")), "the push was refused: {answer}");
    report.add(against("first push against index-pack --strict and rev-list, CPU".to_owned(), theirs, mine, Some(2.0)));
    report.add(memory_line("first push, memory".to_owned(), held));
    Ok(())
}

struct Fetched {
    bytes: u64,
    cpu: Duration,
    wall: Duration,
}

fn request(host: SocketAddr, body: &[u8]) -> Request {
    let headers = [
        ("Git-Protocol", "version=2"),
        ("Content-Type", "application/x-git-upload-pack-request"),
        ("Accept", "application/x-git-upload-pack-result"),
    ];
    Request::new("POST", host, &format!("/{USER}/bulk.git/git-upload-pack"), &headers, body)
}

/// The same fetch by so many at once.
fn fetch(host: SocketAddr, body: &[u8], times: usize) -> anyhow::Result<Fetched> {
    let request = request(host, body);
    let (before, started) = (cpu::others(), Instant::now());
    let counts: Vec<anyhow::Result<u64>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..times).map(|_| scope.spawn(|| Connection::to(host).count(&request))).collect();
        clients.into_iter().map(|client| client.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a client panicked")))).collect()
    });
    let (cpu, wall) = (cpu::others().saturating_sub(before), started.elapsed());
    let counts = counts.into_iter().collect::<anyhow::Result<Vec<u64>>>()?;
    let bytes = counts.first().copied().unwrap_or_default();
    ensure!(bytes > 100_000 && counts.iter().all(|count| count.abs_diff(bytes) < 100_000), "clients got different answers: {counts:?}");
    Ok(Fetched { bytes, cpu, wall })
}

fn against(work: String, theirs: Duration, mine: Duration, least: Option<f64>) -> Line {
    let ratio = theirs.as_secs_f64() / mine.as_secs_f64().max(1e-9);
    let spell = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let hold = least.map(|least| (format!("≥ {least:.1}×"), ratio >= least));
    Line { work, peer: Some(spell(theirs)), ours: spell(mine), hold, ratio: Some(ratio), ..Line::default() }
}

fn memory_line(work: String, bytes: u64) -> Line {
    let ours = format!("{:.0} MB", bytes as f64 / f64::from(1 << 20));
    Line { work, ours, hold: Some(("≤ 300 MB".to_owned(), bytes <= MEMORY)), ..Line::default() }
}
