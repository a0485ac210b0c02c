//! Which trees and blobs a fetch sends: what is in the trees of sent commits and, at the same path, in no tree that the client has
//! or gets anyway.
//!
//! Commits come parents first. So whatever is left out because a sent parent has it is planned already, and a folder that was
//! looked into once is whole: two folders that changed places between two commits cannot vouch for each other.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use super::scope::Scope;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::fresh::Cursor;
use crate::read::parse::Entry;
use crate::read::tree::{Down, decode};

/// An object to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The object.
    pub(super) id: Oid,
    /// What lay at its path in a tree that the client has.
    pub(super) held: Option<Oid>,
    /// What lay at its path in a tree that is sent as well.
    pub(super) sent: Option<Oid>,
}

impl Item {
    /// One that no other version is known of.
    pub(super) fn alone(id: Oid) -> Item {
        Item { id, held: None, sent: None }
    }
}

/// A tree to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// The tree.
    pub(super) tree: Oid,
    /// Whether the client has it, rather than gets it.
    pub(super) held: bool,
}

/// Gathers trees and blobs.
pub(super) struct Trees<'a> {
    odb: &'a Odb,
    scope: Scope,
    most: usize,
    /// What is planned, and the least depth at which it was met.
    planned: HashMap<Oid, u64>,
    /// What is known to be held: the entries of every folder of the client's that was looked into.
    held: HashSet<Oid>,
    looked: HashSet<Oid>,
    items: Vec<Item>,
    /// So many items were asked for by id and are sent whatever the client has.
    asked: usize,
    down: Down,
}

impl<'a> Trees<'a> {
    /// Nothing yet; at most `most` objects.
    pub(super) fn new(odb: &'a Odb, scope: Scope, most: usize) -> Trees<'a> {
        let (planned, held, looked, items) = (HashMap::new(), HashSet::new(), HashSet::new(), Vec::new());
        Trees { odb, scope, most, planned, held, looked, items, asked: 0, down: Down::broad() }
    }

    /// A tree that was asked for by its id: all of it, since whoever asks so may lack any part. Comes before all commits.
    pub(super) fn asked_tree(&mut self, id: Oid, budget: &mut Budget) -> Result<()> {
        self.tree(Item::alone(id), true, &[], 0, budget)
    }

    /// A blob that was asked for by its id. No filter holds for it.
    pub(super) fn asked_blob(&mut self, id: Oid) -> Result<()> {
        self.plan(Item::alone(id), true, 0).map(drop)
    }

    /// The tree of a commit. Everything in the trees of `others` is held or planned already.
    pub(super) fn commit(&mut self, tree: Oid, others: &[Other], budget: &mut Budget) -> Result<()> {
        self.held.extend(others.iter().filter(|other| other.held).map(|other| other.tree));
        if !self.scope.takes_depth(0) || self.is_held(&tree) || others.iter().any(|other| other.tree == tree) {
            return Ok(());
        }
        let version = |held: bool| others.iter().find(|other| other.held == held).map(|other| other.tree);
        self.tree(Item { id: tree, held: version(true), sent: version(false) }, self.scope.takes_trees(), others, 0, budget)
    }

    /// Says that all that comes from here on comes from commits.
    pub(super) fn asked_all(&mut self) {
        self.asked = self.items.len();
    }

    /// What was gathered, oldest first, and what is known to be held.
    pub(super) fn finish(mut self) -> (Vec<Item>, HashSet<Oid>) {
        let mut at = 0;
        let (asked, planned) = (self.asked, std::mem::take(&mut self.items));
        // Some was planned before it was met in another folder of the client's.
        let keep = |item: &Item| {
            at += 1;
            at <= asked || !self.is_held(&item.id)
        };
        (planned.into_iter().filter(keep).collect(), std::mem::take(&mut self.held))
    }

    /// Whether the client has the object and all below it. A filter by depth leaves that open: what was below it there may be
    /// above the line here.
    fn is_held(&self, id: &Oid) -> bool {
        !self.scope.depends_on_depth() && self.held.contains(id)
    }

    /// Whether the object was not planned yet at this depth or less, or, if it is not `taken`, met.
    fn plan(&mut self, item: Item, taken: bool, depth: u64) -> Result<bool> {
        match self.planned.get_mut(&item.id) {
            Some(known) if *known <= depth || !self.scope.depends_on_depth() => return Ok(false),
            Some(known) => *known = depth,
            None if !taken => drop(self.planned.insert(item.id, depth)),
            None if self.items.len() >= self.most => return Err(Error::TooLarge(format!("more than {} objects to send", self.most))),
            None => {
                self.planned.insert(item.id, depth);
                self.items.push(item);
            }
        }
        Ok(true)
    }

    fn tree(&mut self, item: Item, taken: bool, others: &[Other], depth: u64, budget: &mut Budget) -> Result<()> {
        let id = item.id;
        if !self.plan(item, taken, depth)? {
            return Ok(());
        }
        budget.step()?;
        if !self.scope.takes_depth(depth + 1) {
            return Ok(());
        }
        let data = self.odb.find_kind(&id, Kind::Tree)?;
        let mut beside = Vec::with_capacity(others.len());
        for other in others {
            budget.step()?;
            beside.push((*other, self.odb.find_kind(&other.tree, Kind::Tree)?));
        }
        let bytes = beside.iter().map(|(_, data)| data.len()).sum::<usize>() + data.len();
        self.down.open(bytes, b"", usize::try_from(depth).unwrap_or(usize::MAX))?;
        let mut cursors = Vec::with_capacity(beside.len());
        for (other, data) in &beside {
            let entries = decode(&other.tree, data)?;
            if other.held && self.looked.insert(other.tree) {
                self.held.extend(entries.iter().filter(|entry| !entry.is_gitlink()).map(|entry| entry.id));
            }
            cursors.push((other.held, Cursor::new(entries)));
        }
        for entry in decode(&id, &data)? {
            self.entry(&entry, &mut cursors, depth + 1, budget)?;
        }
        self.down.close(bytes);
        Ok(())
    }

    fn entry(&mut self, entry: &Entry<'_>, cursors: &mut [(bool, Cursor<'_>)], depth: u64, budget: &mut Budget) -> Result<()> {
        if entry.is_gitlink() || self.is_held(&entry.id) {
            return Ok(());
        }
        let mut below = Vec::new();
        for (held, cursor) in cursors {
            let Some(theirs) = cursor.seek(entry) else { continue };
            if theirs.is_gitlink() || theirs.is_tree() != entry.is_tree() {
                continue;
            }
            if theirs.id == entry.id {
                return Ok(());
            }
            let other = Other { tree: theirs.id, held: *held };
            if !below.contains(&other) {
                below.push(other);
            }
        }
        let version = |held: bool| below.iter().find(|other| other.held == held).map(|other| other.tree);
        let item = Item { id: entry.id, held: version(true), sent: version(false) };
        if entry.is_tree() {
            return self.tree(item, self.scope.takes_trees(), &below, depth, budget);
        }
        if !self.planned.contains_key(&entry.id) && self.scope.takes_blob(self.odb, &entry.id)? {
            self.plan(item, true, depth)?;
        }
        Ok(())
    }
}
