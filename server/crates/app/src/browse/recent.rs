//! Which commit last changed each entry of a folder: dear to find, and for one commit and path always the same.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_git::read::{Earlier, last_commits};

use super::known::Known;
use super::reading::{Reading, explain};
use crate::Result;

/// Past it a page shows the entries without their commits.
const TIME: Duration = Duration::from_secs(2);
const MOST_FOLDERS: usize = 512;
const MOST_ENTRIES: usize = 2_000;

type Found = Arc<HashMap<Vec<u8>, Oid>>;

/// Keyed by the commit's id and a path, which name the same content wherever they occur, so repositories may share it. Whoever asks
/// has been shown that commit already.
static KNOWN: LazyLock<Known<(Oid, Vec<u8>), Found>> = LazyLock::new(|| Known::new(MOST_FOLDERS));

/// The entries of a folder whose last commit was found in time, and whether that is all of them.
pub(super) fn last_changes(reading: &Reading, commit: Oid, path: &[u8]) -> Result<(Found, bool)> {
    let key = (commit, path.to_vec());
    if let Some(found) = KNOWN.get(&key) {
        return Ok((found, true));
    }
    // A commit or two after a page was looked at, nearly all of it is known.
    let earlier: Earlier = KNOWN.matching(|(_, known)| known == path).into_iter().map(|((commit, _), found)| (commit, found)).collect();
    let mut budget = reading.spare_budget(TIME);
    let entries = last_commits(&reading.handle.odb, &commit, path, &earlier, &mut budget).map_err(explain)?;
    let complete = entries.iter().all(|(_, commit)| commit.is_some());
    let found: Found = Arc::new(entries.into_iter().filter_map(|(name, commit)| Some((name, commit?))).collect());
    if complete && found.len() <= MOST_ENTRIES {
        KNOWN.put(key, found.clone());
    }
    Ok((found, complete))
}
