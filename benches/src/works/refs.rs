//! Very many refs: how fast they are listed, and what that takes of memory.

use super::rate::{Sides, Work};
use crate::args::Options;
use crate::ours::{Ours, USER};
use crate::peer::Peer;
use crate::report::{Line, Report};
use crate::{fixture, memory, say, wire};

const REFS: usize = 250_000;
const COMMITS: usize = 1000;

/// Starts both sides with the same repository and lists its refs.
pub fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir()?;
    say("refs: making 250,000 of them");
    let folders = ["ours", "peer", "repositories"].map(|name| scratch.path().join(name));
    let [mine, other, repositories] = &folders;
    for folder in [mine, other, &repositories.join(USER)] {
        std::fs::create_dir_all(folder)?;
    }
    let source = fixture::repository(&repositories.join(USER), "refs.git", COMMITS, REFS)?;
    let ours = Ours::start(mine)?;
    ours.repository("refs")?;
    ours.fill("refs", &source)?;
    let peer = Peer::start(repositories, other)?;
    let work = Work {
        name: "ls-refs, 250,000 refs",
        repository: "refs",
        method: "POST",
        path: "/git-upload-pack",
        bodies: vec![wire::ls_refs()],
        hold: None,
        least: REFS * 60,
    };
    let before = memory::of_tree(ours.id());
    let (most, compared) = memory::peak(ours.id(), || work.compare(options, &Sides { ours: &ours, peer: &peer, repositories }, report));
    compared?;
    let spell = |bytes: u64| format!("{:.0} MB", bytes as f64 / f64::from(1 << 20));
    let ours = format!("{}; {} after the pushes", spell(most), spell(before));
    report.add(Line { work: "ls-refs, 250,000 refs, memory".to_owned(), ours, ..Line::default() });
    Ok(())
}
