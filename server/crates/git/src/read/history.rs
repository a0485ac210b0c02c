//! The commits that a set of tips reaches, walked newest first and only as far as somebody asks.

use std::collections::{BinaryHeap, HashSet};

use hardie_domain::oid::Oid;

use super::nodes::Nodes;
use super::objects::tag;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Commits in a queue, newest first; equal times in the order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateQueue {
    heap: BinaryHeap<(i64, std::cmp::Reverse<u64>, Oid)>,
    arrived: u64,
}

impl DateQueue {
    pub(crate) fn push(&mut self, time: i64, id: Oid) {
        self.arrived += 1;
        self.heap.push((time, std::cmp::Reverse(self.arrived), id));
    }

    pub(crate) fn pop(&mut self) -> Option<Oid> {
        self.heap.pop().map(|(_, _, id)| id)
    }

    /// The time of the commit that comes next.
    pub(crate) fn next_time(&self) -> Option<i64> {
        self.heap.peek().map(|(time, _, _)| *time)
    }
}

/// Decides when a walk that paints two sides may end. Where clocks were right, that is once all that is queued is common to both;
/// since clocks go wrong, it goes on while the queue is newer than the oldest one-sided commit seen, and some steps more.
#[derive(Debug)]
pub(crate) struct Slop {
    oldest: i64,
    left: usize,
}

impl Default for Slop {
    fn default() -> Self {
        Slop { oldest: i64::MAX, left: Self::STEPS }
    }
}

impl Slop {
    const STEPS: usize = 32;

    /// A commit of one side alone was looked at.
    pub(crate) fn one_sided(&mut self, time: i64) {
        self.oldest = self.oldest.min(time);
        self.left = Self::STEPS;
    }

    /// Whether to go on although nothing one-sided is queued.
    pub(crate) fn go_on(&mut self, queue: &DateQueue) -> bool {
        match queue.next_time() {
            None => false,
            Some(time) if time >= self.oldest => true,
            Some(_) => {
                self.left = self.left.saturating_sub(1);
                self.left > 0
            }
        }
    }
}

/// A set of commits and tags closed under "parent of" and "target of", grown on demand.
///
/// Trees and blobs at which a tip points directly are remembered as [`History::loose`].
#[derive(Clone, Debug, Default)]
pub struct History {
    pending: Vec<Oid>,
    seen: HashSet<Oid>,
    queue: DateQueue,
    loose: Vec<Oid>,
}

impl History {
    /// Reached from these tips: commits, tags, or (rarely) trees and blobs. Nothing is read yet.
    pub fn new(tips: impl IntoIterator<Item = Oid>) -> History {
        History { pending: tips.into_iter().collect(), ..History::default() }
    }

    /// Takes one more tip.
    pub fn add(&mut self, tip: Oid) {
        self.pending.push(tip);
    }

    /// Whether the set holds this commit or tag. Walks as far as it must; the whole history for an answer of `false`.
    pub fn contains(&mut self, odb: &Odb, id: &Oid, budget: &mut Budget) -> Result<bool> {
        // One for all steps: where two repositories have large commit-graphs, the next step might have to read it anew.
        let nodes = Nodes::of(odb);
        self.load(&nodes)?;
        while !self.seen.contains(id) {
            if self.advance(&nodes, budget)?.is_none() {
                return Ok(self.loose.contains(id));
            }
        }
        Ok(true)
    }

    /// Whether the walk has met this id so far.
    pub(crate) fn has_met(&self, id: &Oid) -> bool {
        self.seen.contains(id)
    }

    /// Ids met so far.
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    /// The next commit, newest first.
    pub(crate) fn advance(&mut self, nodes: &Nodes<'_>, budget: &mut Budget) -> Result<Option<Oid>> {
        self.advance_to(nodes, budget, |_| false)
    }

    /// As [`History::advance`], but does not go on behind commits and tags of which `ends` is true.
    pub(crate) fn advance_to(&mut self, nodes: &Nodes<'_>, budget: &mut Budget, mut ends: impl FnMut(Oid) -> bool) -> Result<Option<Oid>> {
        self.load(nodes)?;
        // Before anything is taken off: a walk that stops here must be able to go on from here.
        budget.step()?;
        let Some(id) = self.queue.pop() else { return Ok(None) };
        for parent in nodes.get(&id)?.parents {
            if !ends(parent) {
                self.enqueue(nodes, parent)?;
            }
        }
        Ok(Some(id))
    }

    /// Trees and blobs at which tips point directly.
    pub fn loose(&mut self, odb: &Odb) -> Result<&[Oid]> {
        self.load(&Nodes::of(odb))?;
        Ok(&self.loose)
    }

    fn load(&mut self, nodes: &Nodes<'_>) -> Result<()> {
        let odb = nodes.odb();
        while let Some(tip) = self.pending.pop() {
            if self.seen.contains(&tip) {
                continue;
            }
            match odb.header(&tip)?.0 {
                Kind::Commit => self.enqueue(nodes, tip)?,
                Kind::Tag => {
                    self.seen.insert(tip);
                    self.pending.push(tag(odb, &tip)?.target);
                }
                Kind::Tree | Kind::Blob => {
                    self.seen.insert(tip);
                    self.loose.push(tip);
                }
            }
        }
        Ok(())
    }

    fn enqueue(&mut self, nodes: &Nodes<'_>, id: Oid) -> Result<()> {
        if self.seen.insert(id) {
            let time = nodes.get(&id).map_err(|error| match error {
                // A parent that is not stored is damage, not a wrong question.
                Error::NotFound(id) => Error::corrupt(id, "a commit in history is missing"),
                other => other,
            })?;
            self.queue.push(time.time, id);
        }
        Ok(())
    }
}
