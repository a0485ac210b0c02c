//! Every object that a set of tips reaches, found only as far as somebody asks: the proof that a tree or blob is not just stored.

use std::collections::HashSet;

use hardie_domain::oid::Oid;

use super::history::History;
use super::nodes::Nodes;
use super::objects::commit_node;
use super::tree::decode;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

use super::tree::MAX_DEPTH as DEPTH;

/// Objects told apart at most: some 200 MB of ids.
const MOST: usize = 7_000_000;

/// Commits, tags, trees and blobs reached from some tips. Starts with the newest commits, since what people restore is seldom old.
#[derive(Debug, Default)]
pub struct OldObjects {
    history: History,
    /// A commit's tree that is not walked to its end.
    open: Option<Oid>,
    loose: bool,
    seen: HashSet<Oid>,
}

impl OldObjects {
    /// Reached from these tips. Nothing is read yet.
    pub fn new(tips: impl IntoIterator<Item = Oid>) -> OldObjects {
        OldObjects { history: History::new(tips), ..OldObjects::default() }
    }

    /// Whether the tree or blob is reached. A `false` costs a walk over everything, once.
    pub fn contains(&mut self, odb: &Odb, id: &Oid, budget: &mut Budget) -> Result<bool> {
        if !self.loose {
            for id in self.history.loose(odb)?.to_vec() {
                self.object(odb, id, budget)?;
            }
            self.loose = true;
        }
        let nodes = Nodes::of(odb);
        while !self.seen.contains(id) {
            let tree = match self.open {
                Some(tree) => tree,
                None => {
                    let Some(commit) = self.history.advance(&nodes, budget)? else { return Ok(false) };
                    commit_node(odb, &commit)?.tree
                }
            };
            self.open = Some(tree);
            self.tree(odb, tree, 0, budget)?;
            self.open = None;
        }
        Ok(true)
    }

    fn object(&mut self, odb: &Odb, id: Oid, budget: &mut Budget) -> Result<()> {
        if odb.header(&id)?.0 == Kind::Tree {
            return self.tree(odb, id, 0, budget);
        }
        self.seen.insert(id);
        Ok(())
    }

    fn tree(&mut self, odb: &Odb, id: Oid, depth: usize, budget: &mut Budget) -> Result<()> {
        if !self.seen.insert(id) {
            return Ok(());
        }
        if depth > DEPTH {
            return Err(Error::TooLarge(format!("folders are nested more than {DEPTH} deep")));
        }
        let walked = self.entries(odb, id, depth, budget);
        if walked.is_err() {
            // Half a folder must not count as walked when somebody asks again with a new budget.
            self.seen.remove(&id);
        }
        walked
    }

    fn entries(&mut self, odb: &Odb, id: Oid, depth: usize, budget: &mut Budget) -> Result<()> {
        budget.step()?;
        if self.seen.len() > MOST {
            return Err(Error::TooLarge(format!("no proof among {MOST} objects that a ref reaches what is asked for")));
        }
        let data = odb.find_kind(&id, Kind::Tree)?;
        for entry in decode(&id, &data)? {
            if entry.is_tree() {
                self.tree(odb, entry.id, depth + 1, budget)?;
            } else if !entry.is_gitlink() {
                self.seen.insert(entry.id);
            }
        }
        Ok(())
    }
}
