//! Which commits a fetch sends: what the wants reach and the client has not, both sides walked newest first.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::odb::Odb;
use crate::read::history::DateQueue;
use crate::read::objects::commit_node;
use crate::read::parse::CommitNode;

/// A want reaches it.
const WANTED: u8 = 1;
/// The client has it, and all of it down to its own boundary.
const HELD: u8 = 2;
/// Steps past the point where only held commits are queued, for clocks that went wrong. Stopping there is never wrong: a commit
/// that is not seen to be held is sent once more.
const SLOP: usize = 8;
/// The same where queued commits are newer than a sent one, which right clocks allow too.
const LONG_SLOP: usize = 2000;

/// The commits to send.
#[derive(Debug, Default)]
pub(super) struct Commits {
    /// Newest first, each after no more than the clocks' mistakes. Parents are as the client shall see them: none at a boundary.
    pub(super) sent: Vec<(Oid, CommitNode)>,
    /// The parents of these that the client has.
    pub(super) edge: Vec<Oid>,
    /// Places in `sent`.
    places: HashMap<Oid, usize>,
}

impl Commits {
    /// Whether the commit is sent.
    pub(super) fn is_sent(&self, id: &Oid) -> bool {
        self.places.contains_key(id)
    }

    /// A commit's tree.
    pub(super) fn tree(&self, odb: &Odb, id: &Oid) -> Result<Oid> {
        match self.places.get(id).and_then(|at| self.sent.get(*at)) {
            Some((_, node)) => Ok(node.tree),
            None => Ok(commit_node(odb, id)?.tree),
        }
    }

    /// Places in `sent`, each after those of its parents, whatever the clocks said.
    pub(super) fn parents_first(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.sent.len());
        let mut entered = vec![false; self.sent.len()];
        for start in (0..self.sent.len()).rev() {
            let mut stack = vec![(start, false)];
            while let Some((at, parents_done)) = stack.pop() {
                if parents_done {
                    order.push(at);
                    continue;
                }
                match entered.get_mut(at) {
                    Some(entered) if !*entered => *entered = true,
                    _ => continue,
                }
                stack.push((at, true));
                let parents = self.sent.get(at).map(|(_, node)| node.parents.as_slice()).unwrap_or_default();
                stack.extend(parents.iter().filter_map(|parent| self.places.get(parent)).map(|parent| (*parent, false)));
            }
        }
        order
    }
}

struct Seen {
    side: u8,
    /// Sides that its parents know of.
    told: u8,
    queued: bool,
    node: CommitNode,
}

impl Seen {
    fn is_sent(&self) -> bool {
        self.side == WANTED
    }
}

struct Walk<'a> {
    odb: &'a Odb,
    /// Commits that count as having no parents.
    cut: &'a HashSet<Oid>,
    seen: HashMap<Oid, Seen>,
    /// Parents of held commits, told or not: a wrong clock may keep a commit in the queue until it is too late for its parents.
    below: HashSet<Oid>,
    queue: DateQueue,
    /// Queued commits that would be sent as things stand.
    open: usize,
    /// Met wanted ones in the order of their dates.
    order: Vec<Oid>,
}

/// Walks from `wants` and `held` (commits) until no commit is queued that only a want reaches.
///
/// More than `most` commits to send are [`Error::TooLarge`].
pub(super) fn commits(odb: &Odb, wants: &[Oid], held: &[Oid], cut: &HashSet<Oid>, most: usize, budget: &mut Budget) -> Result<Commits> {
    let (seen, below, queue) = (HashMap::new(), HashSet::new(), DateQueue::default());
    let mut walk = Walk { odb, cut, seen, below, queue, open: 0, order: Vec::new() };
    held.iter().try_for_each(|id| walk.paint(*id, HELD))?;
    wants.iter().try_for_each(|id| walk.paint(*id, WANTED))?;
    let (mut oldest, mut slop, mut long) = (i64::MAX, SLOP, LONG_SLOP);
    loop {
        if walk.open == 0 {
            let Some(next) = walk.queue.next_time() else { break };
            let left = if next >= oldest { &mut long } else { &mut slop };
            if *left == 0 || walk.order.is_empty() {
                break;
            }
            *left -= 1;
        }
        let Some((sent, time)) = walk.step(budget)? else { break };
        if sent {
            (oldest, slop) = (oldest.min(time), SLOP);
        }
        if walk.order.len() > most {
            return Err(Error::TooLarge(format!("more than {most} commits to send")));
        }
    }
    Ok(walk.finish())
}

impl Walk<'_> {
    /// Puts a commit on a side; of a held one those below it, too, as far as they were met.
    fn paint(&mut self, id: Oid, side: u8) -> Result<()> {
        let mut todo = vec![(id, side)];
        while let Some((id, side)) = todo.pop() {
            let side = if self.below.contains(&id) { side | HELD } else { side };
            if !self.paint_one(id, side)? {
                continue;
            }
            let parents = self.seen.get(&id).map(|seen| seen.node.parents.as_slice()).unwrap_or_default();
            for parent in parents {
                if self.below.insert(*parent) && self.seen.contains_key(parent) {
                    todo.push((*parent, HELD));
                }
            }
        }
        Ok(())
    }

    /// Whether it is held and was not known to be.
    fn paint_one(&mut self, id: Oid, side: u8) -> Result<bool> {
        if !self.seen.contains_key(&id) {
            let mut node = commit_node(self.odb, &id).map_err(|error| match error {
                Error::NotFound(id) => Error::corrupt(id, "a commit in history is missing"),
                other => other,
            })?;
            if self.cut.contains(&id) {
                node.parents.clear();
            }
            self.seen.insert(id, Seen { side: 0, told: 0, queued: false, node });
        }
        let Some(seen) = self.seen.get_mut(&id) else { return Ok(false) };
        let was_open = seen.queued && seen.is_sent();
        let is_new = side & !seen.side & HELD != 0;
        seen.side |= side;
        if !seen.queued && seen.side != seen.told {
            seen.queued = true;
            self.queue.push(seen.node.time, id);
        }
        let is_open = seen.queued && seen.is_sent();
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
        Ok(is_new)
    }

    /// Tells one commit's parents who reaches them. Says whether the commit is to be sent as things stand, and its date.
    fn step(&mut self, budget: &mut Budget) -> Result<Option<(bool, i64)>> {
        let Some(id) = self.queue.pop() else { return Ok(None) };
        budget.step()?;
        let Some(seen) = self.seen.get_mut(&id) else { return Ok(None) };
        seen.queued = false;
        let (side, first) = (seen.side, seen.told == 0);
        seen.told = side;
        let (sent, time, parents) = (seen.is_sent(), seen.node.time, seen.node.parents.clone());
        if sent {
            self.open -= 1;
            if first {
                self.order.push(id);
            }
        }
        for parent in parents {
            self.paint(parent, side)?;
        }
        Ok(Some((sent, time)))
    }

    fn finish(mut self) -> Commits {
        let mut sent = Vec::new();
        for id in &self.order {
            if self.seen.get(id).is_some_and(Seen::is_sent)
                && let Some(seen) = self.seen.get_mut(id)
            {
                sent.push((*id, std::mem::replace(&mut seen.node, CommitNode { tree: Oid::ZERO, parents: Vec::new(), time: 0 })));
            }
        }
        let mut edge = Vec::new();
        let mut met = HashSet::new();
        for parent in sent.iter().flat_map(|(_, node)| &node.parents) {
            if self.seen.get(parent).is_some_and(|seen| seen.side & HELD != 0) && met.insert(*parent) {
                edge.push(*parent);
            }
        }
        let places = sent.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        Commits { sent, edge, places }
    }
}
