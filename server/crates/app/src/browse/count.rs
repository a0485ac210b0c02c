//! How many commits there are.

use std::sync::LazyLock;
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_git::read::count_commits;

use super::known::Known;
use super::reading::Reading;

/// Counting gives up after this.
const TIME: Duration = Duration::from_secs(1);
/// Commits whose counts are kept: some dozens of bytes each.
const MAX_COUNTED: usize = 4096;

/// Counts, by commit: what a commit reaches is the same wherever it is.
static COUNTED: LazyLock<Known<Oid, u64>> = LazyLock::new(|| Known::new(MAX_COUNTED));

/// Commits that this one reaches, itself among them; `None` if counting takes too long.
pub(super) fn reached_from(r: &Reading, commit: &Oid) -> Option<u64> {
    if let Some(count) = COUNTED.get(commit) {
        return Some(count);
    }
    let count = count_commits(&r.handle.odb, commit, &mut r.spare_budget(TIME)).ok()?;
    COUNTED.put(*commit, count);
    Some(count)
}
