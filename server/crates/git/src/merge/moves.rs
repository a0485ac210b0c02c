//! What a side removed, and whether it only moved: a merge that does not follow moves must at least know of them.

use std::collections::BTreeSet;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::diff::{renames, tree_changes};
use crate::error::Result;
use crate::odb::Odb;

/// Changes of one side that are looked at.
const MOST_CHANGES: usize = 5_000;
/// Removed and added files compared with each other.
const MOST_COMPARED: usize = 100;

/// The paths from which one side moved files.
pub(super) enum Moves {
    /// All of them.
    Known(BTreeSet<Vec<u8>>),
    /// Too much changed to tell.
    TooMany,
}

impl Moves {
    pub(super) fn find(odb: &Odb, base: Oid, side: Oid, budget: &mut Budget) -> Result<Moves> {
        let mut changes = Vec::new();
        tree_changes(odb, Some(base), Some(side), budget, &mut |change| {
            if change.old.is_none() || change.new.is_none() {
                changes.push(change);
            }
            changes.len() <= MOST_CHANGES
        })?;
        if changes.len() > MOST_CHANGES {
            return Ok(Moves::TooMany);
        }
        let removed = changes.iter().filter(|change| change.new.is_none()).count();
        if removed > MOST_COMPARED || changes.len() - removed > MOST_COMPARED {
            // With one of the two absent nothing can have moved, however many the others are.
            return Ok(if removed == 0 || removed == changes.len() { Moves::Known(BTreeSet::new()) } else { Moves::TooMany });
        }
        let found = renames::find(odb, &changes, MOST_COMPARED, budget)?;
        let from = found.iter().filter_map(|rename| changes.get(rename.from)).map(|change| change.path.clone());
        Ok(Moves::Known(from.collect()))
    }

    /// Whether a file may have moved away from this path, or from below it.
    pub(super) fn from(&self, path: &[u8]) -> bool {
        let Moves::Known(paths) = self else { return true };
        let below = [path, b"/"].concat();
        paths.contains(path) || paths.range(below.clone()..).next().is_some_and(|first| first.starts_with(&below))
    }
}
