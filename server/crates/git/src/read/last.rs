//! For each entry of a folder, the commit that last changed it.

use std::collections::{BTreeSet, HashMap};

use hardie_domain::oid::Oid;

use super::history::DateQueue;
use super::objects::commit_node;
use super::tree::{decode, entry_at};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// The entries of the folder at `path` as of `commit`, each with the commit that last changed it, in git's order.
///
/// When the budget is used up, the rest come with `None`. The empty path is the root.
pub fn last_commits(odb: &Odb, commit: &Oid, path: &[u8], budget: &mut Budget) -> Result<Vec<(Vec<u8>, Option<Oid>)>> {
    let tree = folder(odb, commit, path)?.ok_or(Error::NotFound(*commit))?;
    let data = odb.find_kind(&tree, Kind::Tree)?;
    let names: Vec<Vec<u8>> = decode(&tree, &data)?.iter().map(|e| e.name.to_vec()).collect();
    let mut blame =
        Blame { odb, path, names: &names, found: vec![None; names.len()], pending: HashMap::new(), queue: DateQueue::default() };
    match blame.run(commit, budget) {
        Ok(()) | Err(Error::TooLarge(_) | Error::Stopped(_)) => {}
        Err(other) => return Err(other),
    }
    let found = blame.found;
    Ok(names.into_iter().zip(found).collect())
}

fn folder(odb: &Odb, commit: &Oid, path: &[u8]) -> Result<Option<Oid>> {
    let entry = entry_at(odb, &commit_node(odb, commit)?.tree, path)?;
    Ok(entry.filter(|e| e.mode == 0o040_000).map(|e| e.id))
}

struct Blame<'a> {
    odb: &'a Odb,
    path: &'a [u8],
    names: &'a [Vec<u8>],
    found: Vec<Option<Oid>>,
    /// For each queued commit, the positions of entries that are in it as they are at the start.
    pending: HashMap<Oid, BTreeSet<usize>>,
    queue: DateQueue,
}

impl Blame<'_> {
    fn run(&mut self, start: &Oid, budget: &mut Budget) -> Result<()> {
        self.pass(*start, (0..self.names.len()).collect())?;
        while let Some(id) = self.queue.pop() {
            let Some(mut left) = self.pending.remove(&id) else { continue };
            budget.step()?;
            let Some(mine) = folder(self.odb, &id, self.path)? else { continue };
            for parent in commit_node(self.odb, &id)?.parents {
                if left.is_empty() {
                    break;
                }
                budget.step()?;
                let same = match folder(self.odb, &parent, self.path)? {
                    None => BTreeSet::new(),
                    Some(theirs) if theirs == mine => std::mem::take(&mut left),
                    Some(theirs) => self.unchanged(&mine, &theirs, &left)?,
                };
                left.retain(|at| !same.contains(at));
                self.pass(parent, same)?;
            }
            for at in left {
                if let Some(slot) = self.found.get_mut(at) {
                    *slot = Some(id);
                }
            }
        }
        Ok(())
    }

    fn pass(&mut self, id: Oid, entries: BTreeSet<usize>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(known) = self.pending.get_mut(&id) {
            known.extend(entries);
            return Ok(());
        }
        self.pending.insert(id, entries);
        self.queue.push(commit_node(self.odb, &id)?.time, id);
        Ok(())
    }

    /// Which of `wanted` are alike in two trees.
    fn unchanged(&self, mine: &Oid, theirs: &Oid, wanted: &BTreeSet<usize>) -> Result<BTreeSet<usize>> {
        let (mine_data, their_data) = (self.odb.find_kind(mine, Kind::Tree)?, self.odb.find_kind(theirs, Kind::Tree)?);
        let theirs: HashMap<&[u8], _> = decode(theirs, &their_data)?.into_iter().map(|e| (e.name, (e.mode, e.id))).collect();
        let mine: HashMap<&[u8], _> = decode(mine, &mine_data)?.into_iter().map(|e| (e.name, (e.mode, e.id))).collect();
        let alike = |at: &usize| {
            let name = self.names.get(*at).map(Vec::as_slice)?;
            mine.get(name).filter(|entry| theirs.get(name) == Some(*entry))
        };
        Ok(wanted.iter().copied().filter(|at| alike(at).is_some()).collect())
    }
}
