//! Two commits merged into one tree, as `git merge-tree` does it, without writing anything.
//!
//! Merges line by line and folder by folder from one common ancestor. What a rename, or several ancestors, would decide is not
//! guessed at: [`Merge::Undecided`] says so, and a person merges with git.

mod moves;
mod text;
mod trees;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::Result;
use crate::object::Object;
use crate::odb::Odb;
use crate::read::merge_bases;
use crate::read::objects::commit_node;
use trees::Trees;

/// What became of a merge.
#[derive(Clone, Debug)]
pub enum Merge {
    /// Both sides' changes go together.
    Clean {
        /// The tree that has them.
        tree: Oid,
        /// The trees and blobs of it that are not stored yet.
        new: Vec<Object>,
    },
    /// They do not: these paths need a person. Not all of them, perhaps, but at least one.
    Conflicts(Vec<Conflict>),
    /// That is not for this merge to say, and why.
    Undecided(&'static str),
}

/// A path where the two sides cannot be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The path. Bytes.
    pub path: Vec<u8>,
    /// Why.
    pub kind: ConflictKind,
}

/// Why two sides cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// Both changed the same lines, or a file that is not text.
    Content,
    /// Both added it, and differently.
    BothAdded,
    /// One changed it, the other removed it.
    ChangedAndRemoved,
    /// A file, a folder, a link or a submodule stands against another of these.
    Kind,
}

/// Merges two commits. Fails with `TooLarge` where both sides changed a file of more than `max` bytes, as when the budget is used up.
pub fn merge(odb: &Odb, ours: &Oid, theirs: &Oid, max: u64, budget: &mut Budget) -> Result<Merge> {
    let bases = merge_bases(odb, ours, theirs, 2, budget)?;
    let base = match bases[..] {
        [] => return Ok(Merge::Undecided("the two have no common ancestor")),
        [base] => base,
        _ => return Ok(Merge::Undecided("the two have several best common ancestors")),
    };
    let tree = |id: &Oid| commit_node(odb, id).map(|node| node.tree);
    Trees::merge(odb, [tree(&base)?, tree(ours)?, tree(theirs)?], max, budget)
}
