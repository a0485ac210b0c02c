//! Whether negotiation has found enough common ground.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::objects::{commit_node, peel};

/// Whether every wanted commit reaches one of `common`. Wanted trees and blobs reach nothing and count as done.
///
/// Commits older than the oldest common one are not looked into, so an answer of `false` may be wrong where clocks were; it
/// costs one more round of negotiation.
pub(super) fn all_reach(odb: &Odb, wants: &[Oid], common: &[Oid], budget: &mut Budget) -> Result<bool> {
    let mut goals = HashSet::new();
    let mut oldest = i64::MAX;
    for id in common {
        let peeled = peel(odb, id)?;
        if peeled.target_kind == Kind::Commit {
            goals.insert(peeled.target);
            oldest = oldest.min(commit_node(odb, &peeled.target)?.time);
        }
    }
    if goals.is_empty() {
        return Ok(false);
    }
    // What is known of a commit: does it reach a goal?
    let mut known: HashMap<Oid, bool> = HashMap::new();
    for want in wants {
        let peeled = match peel(odb, want) {
            Ok(peeled) => peeled,
            Err(Error::NotFound(_)) => return Ok(false),
            Err(other) => return Err(other),
        };
        if peeled.target_kind == Kind::Commit && !reaches(odb, peeled.target, &goals, oldest, &mut known, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Depth first with an own stack; stops at the first way to a goal.
fn reaches(odb: &Odb, start: Oid, goals: &HashSet<Oid>, oldest: i64, known: &mut HashMap<Oid, bool>, budget: &mut Budget) -> Result<bool> {
    let mut stack: Vec<(Oid, Vec<Oid>)> = vec![(start, vec![start])];
    while let Some((id, left)) = stack.last_mut() {
        let Some(next) = left.pop() else {
            // Every way down from here was tried in vain.
            known.entry(*id).or_insert(false);
            stack.pop();
            continue;
        };
        match known.get(&next) {
            Some(false) => continue,
            Some(true) => return Ok(mark(&stack, known)),
            None if goals.contains(&next) => return Ok(mark(&stack, known)),
            None => {}
        }
        budget.step()?;
        let node = commit_node(odb, &next)?;
        // Seen from now on, so that a second way to it is not walked again.
        known.insert(next, false);
        if node.time >= oldest {
            stack.push((next, node.parents));
        }
    }
    Ok(false)
}

fn mark(stack: &[(Oid, Vec<Oid>)], known: &mut HashMap<Oid, bool>) -> bool {
    for (id, _) in stack {
        known.insert(*id, true);
    }
    true
}
