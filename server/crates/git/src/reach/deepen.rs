//! Where a shallow history ends; the rules are those of git's upload-pack and shallow code.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::history::History;
use crate::read::nodes::Nodes;
use crate::read::objects::{commit_node, peel};
use crate::upload::{Cut, Deepen, ShallowUpdate};

/// Works out the new boundary.
pub(super) fn deepen(odb: &Odb, deepen: &Deepen, budget: &mut Budget) -> Result<ShallowUpdate> {
    let tips = commits(odb, &deepen.wants)?;
    let cut = match deepen.cut {
        Cut::Depth { commits, relative: false } => by_depth(odb, &tips, commits, budget)?,
        Cut::Depth { commits, relative: true } => {
            let from = reachable(odb, &tips, &deepen.client_shallow, budget)?;
            // Counted from the boundary itself, which the client has already.
            by_depth(odb, &from, commits.saturating_add(1), budget)?
        }
        Cut::Boundary { since, ref not } => by_boundary(odb, &tips, since, not, budget)?,
    };
    let held: HashSet<Oid> = deepen.client_shallow.iter().copied().collect();
    Ok(ShallowUpdate {
        shallow: cut.boundary.iter().filter(|id| !held.contains(id)).copied().collect(),
        unshallow: deepen.client_shallow.iter().filter(|id| cut.inside.contains(id)).copied().collect(),
    })
}

/// Commits that are sent with their parents, and those that are sent without.
struct CutAt {
    inside: HashSet<Oid>,
    boundary: BTreeSet<Oid>,
}

fn commits(odb: &Odb, ids: &[Oid]) -> Result<Vec<Oid>> {
    let mut found = Vec::new();
    for id in ids {
        let peeled = peel(odb, id)?;
        if peeled.target_kind == Kind::Commit {
            found.push(peeled.target);
        }
    }
    Ok(found)
}

/// Breadth first, so that each commit gets its least depth.
fn by_depth(odb: &Odb, tips: &[Oid], depth: u32, budget: &mut Budget) -> Result<CutAt> {
    let mut depths: HashMap<Oid, u32> = tips.iter().map(|id| (*id, 1)).collect();
    let mut queue: VecDeque<Oid> = tips.iter().copied().collect();
    let mut cut = CutAt { inside: HashSet::new(), boundary: BTreeSet::new() };
    while let Some(id) = queue.pop_front() {
        let at = depths.get(&id).copied().unwrap_or(1);
        if at >= depth {
            cut.boundary.insert(id);
            continue;
        }
        budget.step()?;
        if !cut.inside.insert(id) {
            continue;
        }
        for parent in commit_node(odb, &id)?.parents {
            depths.entry(parent).or_insert_with(|| {
                queue.push_back(parent);
                at + 1
            });
        }
    }
    Ok(cut)
}

/// Which of the client's boundary commits the wants reach.
fn reachable(odb: &Odb, tips: &[Oid], shallow: &[Oid], budget: &mut Budget) -> Result<Vec<Oid>> {
    let mut history = History::new(tips.iter().copied());
    let mut found = Vec::new();
    for id in shallow {
        if history.contains(odb, id, budget)? {
            found.push(*id);
        }
    }
    Ok(found)
}

/// Keeps commits that are new enough and not excluded; the boundary is what has a parent that is not kept.
fn by_boundary(odb: &Odb, tips: &[Oid], since: Option<i64>, not: &[Oid], budget: &mut Budget) -> Result<CutAt> {
    let mut excluded = HashSet::new();
    let mut history = History::new(commits(odb, not)?);
    let nodes = Nodes::of(odb);
    while let Some(id) = history.advance(&nodes, budget)? {
        excluded.insert(id);
    }
    let keeps = |id: &Oid, time: i64| !excluded.contains(id) && since.is_none_or(|since| time >= since);
    let mut kept: HashMap<Oid, Vec<Oid>> = HashMap::new();
    let mut todo: Vec<Oid> = tips.to_vec();
    while let Some(id) = todo.pop() {
        budget.step()?;
        let node = commit_node(odb, &id)?;
        if kept.contains_key(&id) || !keeps(&id, node.time) {
            continue;
        }
        todo.extend(&node.parents);
        kept.insert(id, node.parents);
    }
    if kept.is_empty() {
        return Err(Error::TooLarge("no commits selected for shallow requests".to_owned()));
    }
    let mut cut = CutAt { inside: HashSet::new(), boundary: BTreeSet::new() };
    for (id, parents) in &kept {
        if parents.iter().all(|parent| kept.contains_key(parent)) {
            cut.inside.insert(*id);
        } else {
            cut.boundary.insert(*id);
        }
    }
    Ok(cut)
}
