//! How two commits lie to each other: ancestor, merge base, ahead and behind.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use super::history::{DateQueue, Slop};
use super::nodes::Nodes;
use crate::budget::Budget;
use crate::error::Result;
use crate::odb::Odb;

const LEFT: u8 = 1;
const RIGHT: u8 = 2;
const BOTH: u8 = LEFT | RIGHT;
/// Below a common commit: known to be no best merge base.
const STALE: u8 = 4;

/// Commits that only one of two tips reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AheadBehind {
    /// Reached by the head alone.
    pub ahead: u64,
    /// Reached by the base alone.
    pub behind: u64,
}

/// Paint that runs down from two tips, newest commits first, until all that is left to do is common to both.
#[derive(Default)]
struct Paint {
    flags: HashMap<Oid, u8>,
    queue: DateQueue,
    /// Queued commits that may still change an answer.
    live: HashSet<Oid>,
}

impl Paint {
    fn run(nodes: &Nodes<'_>, left: &Oid, right: &Oid, budget: &mut Budget) -> Result<Paint> {
        let mut paint = Paint::default();
        paint.add(nodes, *left, LEFT)?;
        paint.add(nodes, *right, RIGHT)?;
        let mut slop = Slop::default();
        while !paint.live.is_empty() || slop.go_on(&paint.queue) {
            let Some(id) = paint.queue.pop() else { break };
            budget.step()?;
            paint.live.remove(&id);
            let flags = paint.flags.get(&id).copied().unwrap_or_default();
            let down = if flags & BOTH == BOTH { flags | STALE } else { flags };
            let node = nodes.get(&id)?;
            if flags & BOTH != BOTH {
                slop.one_sided(node.time);
            }
            for parent in node.parents {
                paint.add(nodes, parent, down)?;
            }
        }
        Ok(paint)
    }

    fn add(&mut self, nodes: &Nodes<'_>, id: Oid, more: u8) -> Result<()> {
        let flags = self.flags.entry(id).or_default();
        if *flags | more == *flags {
            return Ok(());
        }
        *flags |= more;
        if *flags & STALE == 0 {
            self.live.insert(id);
        } else {
            self.live.remove(&id);
        }
        self.queue.push(nodes.get(&id)?.time, id);
        Ok(())
    }

    fn with(&self, wanted: u8) -> impl Iterator<Item = Oid> + '_ {
        self.flags.iter().filter(move |(_, flags)| **flags == wanted).map(|(id, _)| *id)
    }
}

/// Whether `ancestor` is `descendant` or is reached from it through parents. Both are commits.
pub fn is_ancestor(odb: &Odb, ancestor: &Oid, descendant: &Oid, budget: &mut Budget) -> Result<bool> {
    if ancestor == descendant {
        return Ok(true);
    }
    is_below(&Nodes::of(odb), ancestor, descendant, budget)
}

/// The same of two that are not one.
fn is_below(nodes: &Nodes<'_>, ancestor: &Oid, descendant: &Oid, budget: &mut Budget) -> Result<bool> {
    let paint = Paint::run(nodes, ancestor, descendant, budget)?;
    Ok(paint.flags.get(ancestor).is_some_and(|flags| flags & BOTH == BOTH))
}

/// A best common ancestor of two commits, the newest if there are several; `None` for unrelated histories.
pub fn merge_base(odb: &Odb, left: &Oid, right: &Oid, budget: &mut Budget) -> Result<Option<Oid>> {
    Ok(merge_bases(odb, left, right, 1, budget)?.first().copied())
}

/// Common ancestors of two commits that no other one reaches, the newest first, and no more than `most` of them; none for
/// unrelated histories.
pub fn merge_bases(odb: &Odb, left: &Oid, right: &Oid, most: usize, budget: &mut Budget) -> Result<Vec<Oid>> {
    if left == right {
        return Ok(vec![*left]);
    }
    let (mut found, nodes) = (Vec::new(), Nodes::of(odb));
    for id in Paint::run(&nodes, left, right, budget)?.with(BOTH) {
        found.push((nodes.get(&id)?.time, id));
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    let mut best = Vec::new();
    for (_, id) in &found {
        if best.len() >= most {
            break;
        }
        // Where clocks were wrong, one candidate may lie below another.
        let mut below = false;
        for (_, other) in found.iter().filter(|(_, other)| other != id) {
            below = below || is_below(&nodes, id, other, budget)?;
        }
        if !below {
            best.push(*id);
        }
    }
    Ok(best)
}

/// How many commits `head` has that `base` has not, and the other way round.
pub fn ahead_behind(odb: &Odb, base: &Oid, head: &Oid, budget: &mut Budget) -> Result<AheadBehind> {
    if base == head {
        return Ok(AheadBehind { ahead: 0, behind: 0 });
    }
    let paint = Paint::run(&Nodes::of(odb), head, base, budget)?;
    Ok(AheadBehind { ahead: paint.with(LEFT).count() as u64, behind: paint.with(RIGHT).count() as u64 })
}
