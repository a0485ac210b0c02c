//! Which commit last changed each entry of a folder: dear to find, and for one commit and path always the same.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_git::read::last_commits;

use super::reading::{Reading, explain};
use crate::Result;

/// Past it a page shows the entries without their commits.
const TIME: Duration = Duration::from_secs(2);
const MOST_FOLDERS: usize = 512;
const MOST_ENTRIES: usize = 2_000;

type Found = Arc<HashMap<Vec<u8>, Oid>>;

/// Keyed by the commit's id and a path, which name the same content wherever they occur, so repositories may share it. Whoever asks
/// has been shown that commit already.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    tick: u64,
    folders: HashMap<(Oid, Vec<u8>), (u64, Found)>,
}

/// The entries of a folder whose last commit was found in time, and whether that is all of them.
pub(super) fn last_changes(reading: &Reading, commit: Oid, path: &[u8]) -> Result<(Found, bool)> {
    let key = (commit, path.to_vec());
    if let Some(found) = get(&key) {
        return Ok((found, true));
    }
    let mut budget = reading.spare_budget(TIME);
    let entries = last_commits(&reading.handle.odb, &commit, path, &mut budget).map_err(explain)?;
    let complete = entries.iter().all(|(_, commit)| commit.is_some());
    let found: Found = Arc::new(entries.into_iter().filter_map(|(name, commit)| Some((name, commit?))).collect());
    if complete && found.len() <= MOST_ENTRIES {
        put(key, found.clone());
    }
    Ok((found, complete))
}

fn get(key: &(Oid, Vec<u8>)) -> Option<Found> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.tick += 1;
    let tick = known.tick;
    let (used, found) = known.folders.get_mut(key)?;
    *used = tick;
    Some(found.clone())
}

fn put(key: (Oid, Vec<u8>), found: Found) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.folders.len() >= MOST_FOLDERS {
        // The half that was used least recently makes room, so that this is done seldom.
        let mut ticks: Vec<u64> = known.folders.values().map(|(used, _)| *used).collect();
        ticks.sort_unstable();
        let middle = ticks.get(ticks.len() / 2).copied().unwrap_or(u64::MAX);
        known.folders.retain(|_, (used, _)| *used >= middle);
    }
    let tick = known.tick;
    known.folders.insert(key, (tick, found));
}
