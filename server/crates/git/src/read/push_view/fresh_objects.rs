//! The objects that a push adds, made commit by commit as pages are asked for, so that a push of any size needs little memory.

use std::collections::{HashSet, VecDeque};

use hardie_domain::oid::Oid;
use hardie_domain::policy::NewObject;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::fresh::fresh_entries;
use crate::read::objects::{commit_node, tag};
use crate::read::parse::Entry;

/// Objects of one push that are told apart.
const MOST: usize = 8_000_000;

/// Says whether an existing ref reaches an object.
pub(super) type IsOld<'a> = dyn FnMut(&Oid, Kind, &mut Budget) -> Result<bool> + 'a;

/// A walk that can go on where the last page ended.
pub(super) struct FreshObjects {
    /// Commits, parents before children, then other tips. With parents first, everything below a parent has been met when a
    /// child is compared with it; the other way round, a folder changed and changed back would hide what came in between.
    todo: VecDeque<Oid>,
    commits: HashSet<Oid>,
    only: Option<Kind>,
    seen: HashSet<Oid>,
    window: VecDeque<NewObject>,
    /// Number of the first object in the window.
    start: usize,
}

impl FreshObjects {
    /// `commits` are the new ones in any order.
    pub(super) fn new(commits: &[Oid], tips: &[Oid], only: Option<Kind>, odb: &Odb) -> Result<FreshObjects> {
        let known: HashSet<Oid> = commits.iter().copied().collect();
        let mut todo: VecDeque<Oid> = parents_first(odb, commits, &known)?.into();
        todo.extend(tips.iter().filter(|tip| !known.contains(tip)));
        Ok(FreshObjects { todo, commits: known, only, seen: HashSet::new(), window: VecDeque::new(), start: 0 })
    }

    /// Whether the object of this number can still be given.
    pub(super) fn can_serve(&self, start: usize) -> bool {
        start >= self.start
    }

    pub(super) fn page(
        &mut self,
        start: usize,
        limit: usize,
        odb: &Odb,
        is_old: &mut IsOld<'_>,
        budget: &mut Budget,
    ) -> Result<Vec<NewObject>> {
        loop {
            while self.start < start && self.window.pop_front().is_some() {
                self.start += 1;
            }
            if self.start == start && self.window.len() >= limit {
                break;
            }
            let Some(next) = self.todo.pop_front() else { break };
            let walked = self.walk(&next, odb, is_old, budget);
            if walked.is_err() {
                // The next call starts over rather than leaving objects out.
                self.start = usize::MAX;
            }
            walked?;
        }
        if self.start != start {
            return Ok(Vec::new());
        }
        Ok(self.window.iter().take(limit).cloned().collect())
    }

    fn walk(&mut self, id: &Oid, odb: &Odb, is_old: &mut IsOld<'_>, budget: &mut Budget) -> Result<()> {
        if self.seen.len() > MOST {
            return Err(Error::TooLarge(format!("the push adds more than {MOST} objects")));
        }
        match odb.header(id)?.0 {
            Kind::Tag if is_old(id, Kind::Tag, budget)? => Ok(()),
            Kind::Tag => {
                self.add(odb, id, Kind::Tag, &[], 0, &Oid::ZERO)?;
                let target = tag(odb, id)?.target;
                // A commit behind it is in the list of commits; another tag, a tree or a blob is not.
                if odb.header(&target)?.0 != Kind::Commit && self.seen.insert(target) {
                    self.todo.push_back(target);
                }
                Ok(())
            }
            Kind::Commit if self.commits.contains(id) => self.commit(id, odb, is_old, budget),
            // A tip that some existing ref reaches.
            Kind::Commit => Ok(()),
            kind @ (Kind::Tree | Kind::Blob) if is_old(id, kind, budget)? => Ok(()),
            Kind::Tree => {
                self.add(odb, id, Kind::Tree, &[], 0o040_000, &Oid::ZERO)?;
                self.tree(id, &[], &Oid::ZERO, odb, is_old, budget)
            }
            Kind::Blob => self.add(odb, id, Kind::Blob, &[], 0o100_644, &Oid::ZERO),
        }
    }

    fn commit(&mut self, id: &Oid, odb: &Odb, is_old: &mut IsOld<'_>, budget: &mut Budget) -> Result<()> {
        let node = commit_node(odb, id)?;
        self.add(odb, id, Kind::Commit, &[], 0, id)?;
        if matches!(self.only, Some(Kind::Commit | Kind::Tag)) {
            return Ok(());
        }
        let parents = node.parents.iter().map(|parent| Ok(commit_node(odb, parent)?.tree)).collect::<Result<Vec<_>>>()?;
        if parents.contains(&node.tree) || self.seen.contains(&node.tree) || is_old(&node.tree, Kind::Tree, budget)? {
            return Ok(());
        }
        self.seen.insert(node.tree);
        self.add(odb, &node.tree, Kind::Tree, &[], 0o040_000, id)?;
        self.tree(&node.tree, &parents, id, odb, is_old, budget)
    }

    fn tree(&mut self, tree: &Oid, parents: &[Oid], commit: &Oid, odb: &Odb, is_old: &mut IsOld<'_>, budget: &mut Budget) -> Result<()> {
        let mut found: Vec<(Oid, bool, u32, Vec<u8>)> = Vec::new();
        let seen = &mut self.seen;
        let mut nested = budget.clone();
        fresh_entries(odb, tree, parents, budget, &mut |entry: &Entry<'_>, path| {
            // An object that is at its place in no parent may still be old, moved from elsewhere.
            let kind = if entry.is_tree() { Kind::Tree } else { Kind::Blob };
            if entry.is_gitlink() || seen.contains(&entry.id) || is_old(&entry.id, kind, &mut nested)? {
                return Ok(false);
            }
            seen.insert(entry.id);
            found.push((entry.id, entry.is_tree(), crate::read::tree::mode(entry), path.to_vec()));
            Ok(true)
        })?;
        for (id, is_tree, mode, path) in found {
            let kind = if is_tree { Kind::Tree } else { Kind::Blob };
            self.add(odb, &id, kind, &path, mode, commit)?;
        }
        Ok(())
    }

    fn add(&mut self, odb: &Odb, id: &Oid, kind: Kind, path: &[u8], mode: u32, commit: &Oid) -> Result<()> {
        if self.only.is_some_and(|only| only != kind) {
            return Ok(());
        }
        let size = odb.header(id)?.1;
        self.window.push_back(NewObject { id: *id, kind: kind.as_str(), size, path: path.to_vec(), mode, commit: *commit });
        Ok(())
    }
}

/// The commits of a set, each after those of its parents that are in the set.
fn parents_first(odb: &Odb, commits: &[Oid], set: &HashSet<Oid>) -> Result<Vec<Oid>> {
    let mut order = Vec::with_capacity(commits.len());
    let mut entered = HashSet::with_capacity(commits.len());
    for start in commits.iter().rev() {
        // The second time that a commit comes up, all of its parents are done.
        let mut todo = vec![(*start, false)];
        while let Some((id, done)) = todo.pop() {
            if done {
                order.push(id);
            } else if set.contains(&id) && entered.insert(id) {
                todo.push((id, true));
                todo.extend(commit_node(odb, &id)?.parents.into_iter().map(|parent| (parent, false)));
            }
        }
    }
    Ok(order)
}
