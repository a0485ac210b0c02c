//! Which paths an update changes, and which of them fit patterns.

use std::collections::HashSet;

use hardie_domain::glob::Glob;
use hardie_domain::oid::Oid;
use hardie_git::diff::tree::tree_changes;
use hardie_git::{Budget, read};

use super::{Guard, Known, MOST_COMMITS, Move, too_many_commits};
use crate::{Error, Result};

/// Changed paths that are looked at for one branch.
const MOST_PATHS: usize = 200_000;
/// Paths that are named in a refusal.
const MOST_NAMED: usize = 3;
/// Bytes of a path in a refusal.
const MOST_SHOWN: usize = 100;
/// Places where a new branch may have left others; what differs from fewer is more.
const MOST_EDGES: usize = 8;

impl Guard<'_> {
    /// The paths that differ from what the branch was; from where it left the default branch, if it is new.
    pub(super) fn changed<'a>(&self, to: &Move<'_>, known: &'a mut Known, budget: &mut Budget) -> Result<&'a Vec<Vec<u8>>> {
        if known.changed.is_none() {
            let mut base = (!to.current.is_zero()).then_some(to.current);
            if base.is_none()
                && let Some(default) = self.refs.head().oid
            {
                base = read::merge_base(self.odb, &default, &to.update.new, budget).map_err(Error::internal)?;
            }
            known.changed = Some(self.between(base, to.update.new, budget)?);
        }
        Ok(known.changed.get_or_insert_default())
    }

    /// The paths of a new branch that are as in none of the places where it left these others; `Err` says why they are not looked at.
    pub(super) fn brought(&self, new: Oid, bases: &[Oid], budget: &mut Budget) -> Result<std::result::Result<Vec<Vec<u8>>, String>> {
        let (commits, more) = read::log_ids(self.odb, new, bases, MOST_COMMITS, budget).map_err(Error::internal)?;
        if more {
            return Ok(Err(too_many_commits()));
        }
        if commits.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let fresh: HashSet<Oid> = commits.iter().copied().collect();
        let mut edges: Vec<Oid> = Vec::new();
        for id in &commits {
            let left = self.parents(id, budget)?.into_iter().filter(|parent| !fresh.contains(parent));
            edges.extend(left);
        }
        edges.sort_unstable();
        edges.dedup();
        edges.truncate(MOST_EDGES);
        let mut edges = edges.into_iter();
        let mut found = self.between(edges.next(), new, budget)?;
        for edge in edges {
            let differ: HashSet<Vec<u8>> = self.between(Some(edge), new, budget)?.into_iter().collect();
            found.retain(|path| differ.contains(path));
        }
        Ok(match too_many(&found) {
            Some(why) => Err(why),
            None => Ok(found),
        })
    }

    /// One more than are looked at, at most.
    fn between(&self, old: Option<Oid>, new: Oid, budget: &mut Budget) -> Result<Vec<Vec<u8>>> {
        let tree = |id: Oid| read::peel_to_tree(self.odb, &id).map_err(Error::internal);
        let (old, new) = (old.map(tree).transpose()?, tree(new)?);
        let mut changed = Vec::new();
        let mut each = |change: hardie_domain::policy::Change| {
            changed.push(change.path);
            changed.len() <= MOST_PATHS
        };
        tree_changes(self.odb, old, Some(new), budget, &mut each).map_err(Error::internal)?;
        Ok(changed)
    }
}

/// Why so many paths are not looked at.
pub(super) fn too_many(paths: &[Vec<u8>]) -> Option<String> {
    (paths.len() > MOST_PATHS)
        .then(|| format!("it takes {MOST_PATHS} changed files at once, which are looked at one by one; push fewer at a time"))
}

/// Whether every path fits a pattern.
pub(super) fn all_fit(paths: &[Vec<u8>], globs: &[Glob], budget: &mut Budget) -> Result<bool> {
    Ok(named(paths, |path| !fits(path, globs), budget)?.is_none())
}

/// The reason, if any of these paths is protected.
pub(super) fn protected(paths: &[Vec<u8>], globs: &[Glob], budget: &mut Budget) -> Result<Option<String>> {
    let named = named(paths, |path| fits(path, globs), budget)?;
    Ok(named.map(|named| format!("no push may change {named}; leave that out")))
}

/// Those paths that fit no pattern, in words.
pub(super) fn outside(paths: &[Vec<u8>], globs: &[&Glob], budget: &mut Budget) -> Result<Option<String>> {
    named(paths, |path| !globs.iter().any(|glob| glob.matches(path)), budget)
}

fn fits(path: &[u8], globs: &[Glob]) -> bool {
    globs.iter().any(|glob| glob.matches_path(path))
}

/// The paths of which something is so, in words.
fn named(paths: &[Vec<u8>], is_so: impl Fn(&[u8]) -> bool, budget: &mut Budget) -> Result<Option<String>> {
    let (mut named, mut count) = (Vec::new(), 0_usize);
    for path in paths {
        budget.step().map_err(Error::internal)?;
        if is_so(path) {
            count += 1;
            if named.len() < MOST_NAMED {
                named.push(shown(path));
            }
        }
    }
    Ok((count > 0).then(|| {
        let more = if count > named.len() { format!(" and {} more", count - named.len()) } else { String::new() };
        format!("{}{more}", named.join(", "))
    }))
}

/// A path in one line of text.
fn shown(path: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(path).chars().filter(|c| !c.is_control()).take(MOST_SHOWN).collect();
    format!("'{text}'")
}
