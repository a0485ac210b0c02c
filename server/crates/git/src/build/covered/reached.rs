//! What wants reach: by bitmaps where there are some, by a walk above them.

use std::collections::HashSet;

use hardie_domain::oid::Oid;

use crate::bitmaps::{Bits, Index};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::objects::{commit_node, tag};
use crate::read::tree::{Down, decode};
use crate::wire::Refs;

/// Objects without bits that are gathered.
const MOST: usize = 8192;

/// What a client lacks.
pub(super) struct Lacking {
    /// What has bits.
    pub(super) bits: Bits,
    /// What is in packs that the bitmaps do not cover, in the order in which it was met.
    pub(super) singles: Vec<Oid>,
}

impl Lacking {
    /// Adds the annotated tags of what is there, and the tags that these are tags of, unless they are known.
    pub(super) fn add_tags(&mut self, odb: &Odb, index: &Index, refs: &Refs, known: &Reached<'_>, budget: &mut Budget) -> Result<()> {
        let mut met: HashSet<Oid> = self.singles.iter().copied().collect();
        let mut found = Vec::new();
        for (of, tag) in refs.tags() {
            budget.step()?;
            if index.bit(of).map_or_else(|| met.contains(of), |bit| self.bits.has(bit)) {
                found.push(*tag);
            }
        }
        for mut at in found {
            while odb.header(&at)?.0 == Kind::Tag && !known.has(&at) {
                budget.step()?;
                match index.bit(&at) {
                    Some(bit) if !self.bits.add(bit) => break,
                    None if !met.insert(at) => break,
                    None if self.singles.len() >= MOST => return Err(too_many()),
                    None => self.singles.push(at),
                    Some(_) => {}
                }
                at = tag(odb, &at)?.target;
            }
        }
        Ok(())
    }
}

/// What is reached.
pub(super) struct Reached<'a> {
    odb: &'a Odb,
    index: &'a Index,
    bits: Bits,
    /// What is in packs that the bitmaps do not cover, in the order in which it was met.
    others: Vec<Oid>,
    met: HashSet<Oid>,
}

impl<'a> Reached<'a> {
    pub(super) fn new(odb: &'a Odb, index: &'a Index) -> Reached<'a> {
        Reached { odb, index, bits: Bits::new(index.len()), others: Vec::new(), met: HashSet::new() }
    }

    /// Those that are not known.
    pub(super) fn without(mut self, known: &Reached<'_>) -> Lacking {
        self.bits.remove_all(&known.bits);
        self.others.retain(|id| !known.met.contains(id));
        Lacking { bits: self.bits, singles: self.others }
    }

    /// Whether it is reached.
    pub(super) fn has(&self, id: &Oid) -> bool {
        self.index.bit(id).map_or_else(|| self.met.contains(id), |bit| self.bits.has(bit))
    }

    /// Adds all that is reached from commits and tags of commits. A tree or blob by its id is not for here.
    pub(super) fn from(&mut self, wants: &[Oid], budget: &mut Budget) -> Result<()> {
        let mut commits = Vec::new();
        for want in wants {
            let mut at = *want;
            loop {
                budget.step()?;
                match self.odb.header(&at)?.0 {
                    Kind::Commit => break commits.push(at),
                    Kind::Tag => {
                        self.add(at)?;
                        at = tag(self.odb, &at)?.target;
                    }
                    Kind::Tree | Kind::Blob => return Err(Error::TooLarge("a tree or blob is wanted by its id".to_owned())),
                }
            }
        }
        // Trees after all bitmaps: a folder that has its bit then is there with all that is in it.
        let mut trees = Vec::new();
        while let Some(id) = commits.pop() {
            budget.step()?;
            let bit = self.index.bit(&id);
            if bit.is_some_and(|bit| self.bits.has(bit)) {
                continue;
            }
            if let Some(bit) = bit
                && self.index.add_reached(bit, &mut self.bits)?
            {
                continue;
            }
            if self.add(id)? {
                let node = commit_node(self.odb, &id)?;
                trees.push(node.tree);
                commits.extend(node.parents);
            }
        }
        let mut down = Down::broad();
        trees.into_iter().try_for_each(|tree| self.tree(tree, 0, &mut down, budget))
    }

    fn tree(&mut self, id: Oid, depth: usize, down: &mut Down, budget: &mut Budget) -> Result<()> {
        if !self.add(id)? {
            return Ok(());
        }
        budget.step()?;
        let data = self.odb.find_kind(&id, Kind::Tree)?;
        budget.bytes(data.len())?;
        down.open(data.len(), b"", depth)?;
        for entry in decode(&id, &data)? {
            if entry.is_tree() {
                self.tree(entry.id, depth + 1, down, budget)?;
            } else if !entry.is_gitlink() {
                self.add(entry.id)?;
            }
        }
        down.close(data.len());
        Ok(())
    }

    /// Whether it was not there yet.
    fn add(&mut self, id: Oid) -> Result<bool> {
        if let Some(bit) = self.index.bit(&id) {
            return Ok(self.bits.add(bit));
        }
        if self.others.len() >= MOST {
            return Err(too_many());
        }
        let is_new = self.met.insert(id);
        if is_new {
            self.others.push(id);
        }
        Ok(is_new)
    }
}

fn too_many() -> Error {
    Error::TooLarge(format!("more than {MOST} objects came since bitmaps were made"))
}
