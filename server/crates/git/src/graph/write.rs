//! Has git make a commit-graph, and believes it once each commit in it was compared with the object.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::kept::{MOST, load};
use crate::bitmaps::{self, Cover};
use crate::budget::{Budget, Cancel};
use crate::child::{Bounds, GitBinary, run};
use crate::error::{Error, Result};
use crate::packs::PackStore;
use crate::read::objects::commit_node;
use crate::view::View;
use crate::wire::Refs;

/// Private memory of the child.
const MEMORY: u64 = 2 << 30;

/// Whether the graph is there, or cannot be made: some covered commit's parents are elsewhere, say.
pub fn is_settled(store: &PackStore, cover: &Cover) -> bool {
    place(store, cover.key()).exists() || no_place(store, cover.key()).exists()
}

/// Makes it. Blocks; compares all trees of the history once.
pub fn write(store: &PackStore, cover: &Cover, refs: &Arc<Refs>, time: Duration, cancel: &Cancel) -> Result<()> {
    let view = View::create(store, cover.packs(), refs)?;
    let mut command = GitBinary::find()?.command(view.path());
    // Version 2 of the filters hashes names beyond ASCII alike everywhere; an older git makes its version 1.
    command.args(["-c", "commitGraph.changedPathsVersion=2", "commit-graph", "write"]);
    // By packs and not by refs: a tip may lie in a pack that is newer than what is covered.
    command.args(["--no-progress", "--stdin-packs", "--changed-paths"]);
    // Seen from a folder of many entries, one filter in ten lies if it has git's ten bits for each path; of these, one in hundreds. A git
    // that does not know the variable makes them as always: the filters say themselves what they are.
    command.env("GIT_TEST_BLOOM_SETTINGS_BITS_PER_ENTRY", "20");
    let bounds = Bounds { time, memory: MEMORY, file: MOST };
    let file = view.objects().join(FILE);
    let made = run(command, cover.names().as_bytes(), &bounds, cancel, "commit-graph").and_then(|_| check(&view, &file, time, cancel));
    match made {
        Ok(()) => bitmaps::publish(store, &file, &place(store, cover.key())),
        Err(error) if bitmaps::may_pass(&error, cancel) => Err(error),
        Err(error) => {
            let why = error.to_string();
            tracing::info!(why, "no commit-graph for these packs");
            match store.files().write_new(&no_place(store, cover.key()), why.as_bytes()) {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(Error::io("noting that no commit-graph is made", e)),
                _ => Ok(()),
            }
        }
    }
}

/// That each commit is in the covered packs, and is there as the graph has it: a time that has no room in it, say, is another one in it.
fn check(view: &View, file: &Path, time: Duration, cancel: &Cancel) -> Result<()> {
    let read = load(file).map_err(|e| Error::io("reading a commit-graph", e))?;
    let graph = read.map_err(|why| Error::Git(format!("the commit-graph is not as it should be: {why}")))?;
    let mut budget = Budget::new(u64::MAX, time, cancel);
    for at in 0..graph.len() {
        budget.step()?;
        let Some(id) = graph.id(at) else { return Err(Error::Git("the commit-graph lacks an id".to_owned())) };
        if graph.node(at) != Some(commit_node(view.odb(), &id)?) {
            return Err(Error::Git(format!("commit {id} is another one in the commit-graph")));
        }
    }
    Ok(())
}

/// Where git looks for it in an object directory.
pub(crate) const FILE: &str = "info/commit-graph";

/// Where the graph is kept.
pub(crate) fn place(store: &PackStore, key: &str) -> PathBuf {
    bitmaps::place(store, key, "graph")
}

/// Where it is noted that there is none.
fn no_place(store: &PackStore, key: &str) -> PathBuf {
    bitmaps::place(store, key, "nograph")
}
