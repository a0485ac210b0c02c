//! Lists of commits, newest first.

use std::collections::{HashMap, HashSet};

use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;

use super::history::{DateQueue, Slop};
use super::nodes::Nodes;
use super::objects::commit;
use super::tree::entry_at;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::graph::filter::Key;
use crate::odb::Odb;

/// Which commits to list.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Commits to start at.
    pub tips: Vec<Oid>,
    /// Commits to leave out, with everything that they reach.
    pub hide: Vec<Oid>,
    /// Only commits that change this file or folder; empty for all.
    pub path: Vec<u8>,
    /// Commits to pass over.
    pub skip: usize,
    /// Commits to return at most.
    pub limit: usize,
}

/// A part of a list of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The commits.
    pub commits: Vec<CommitInfo>,
    /// Whether more follow.
    pub more: bool,
    /// Whether the budget ended the walk: what is there is right, what follows is unknown.
    pub cut_short: bool,
}

/// The ids of commits that `tip` reaches and none of `hide` does, at most so many, and whether there are more. Where clocks went wrong,
/// one that is hidden may be among them; one that is not is never left out.
pub fn log_ids(odb: &Odb, tip: Oid, hide: &[Oid], most: usize, budget: &mut Budget) -> Result<(Vec<Oid>, bool)> {
    let query = LogQuery { tips: vec![tip], hide: hide.to_vec(), ..LogQuery::default() };
    let mut walk = Walk::start(odb, &query, budget)?;
    let mut found = Vec::new();
    while let Some(id) = walk.next(&[], budget)? {
        if found.len() == most {
            return Ok((found, true));
        }
        found.push(id);
    }
    Ok((found, false))
}

/// Lists commits by committer time, as `git log` does. With a path, side branches that leave it alone are not followed.
pub fn log(odb: &Odb, query: &LogQuery, budget: &mut Budget) -> Result<Log> {
    let mut walk = Walk::start(odb, query, budget)?;
    let mut log = Log::default();
    let mut passed = 0;
    loop {
        let next = match walk.next(&query.path, budget) {
            Ok(next) => next,
            Err(Error::TooLarge(_) | Error::Stopped(_)) => {
                log.cut_short = true;
                return Ok(log);
            }
            Err(other) => return Err(other),
        };
        let Some(id) = next else { return Ok(log) };
        passed += 1;
        if passed <= query.skip {
            continue;
        }
        if log.commits.len() == query.limit {
            log.more = true;
            return Ok(log);
        }
        log.commits.push(commit(odb, &id)?);
    }
}

/// The number of commits that a tip reaches.
pub fn count_commits(odb: &Odb, tip: &Oid, budget: &mut Budget) -> Result<u64> {
    let (mut history, nodes) = (super::history::History::new([*tip]), Nodes::of(odb));
    let mut count = 0;
    while history.advance(&nodes, budget)?.is_some() {
        count += 1;
    }
    Ok(count)
}

const SHOWN: u8 = 1;
const HIDDEN: u8 = 2;

struct Walk<'a> {
    nodes: Nodes<'a>,
    /// By what filters are asked for the path.
    keys: Vec<Key>,
    queue: DateQueue,
    seen: HashSet<Oid>,
    /// With hidden tips: the commits that may be shown.
    allowed: Option<HashSet<Oid>>,
}

impl<'a> Walk<'a> {
    fn start(odb: &'a Odb, query: &LogQuery, budget: &mut Budget) -> Result<Walk<'a>> {
        let nodes = Nodes::of(odb);
        let allowed = if query.hide.is_empty() { None } else { Some(shown(&nodes, query, budget)?) };
        let mut walk = Walk { keys: nodes.keys(&query.path), nodes, queue: DateQueue::default(), seen: HashSet::new(), allowed };
        for tip in &query.tips {
            walk.add(*tip)?;
        }
        Ok(walk)
    }

    fn add(&mut self, id: Oid) -> Result<()> {
        if self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&id)) && self.seen.insert(id) {
            self.queue.push(self.nodes.get(&id)?.time, id);
        }
        Ok(())
    }

    fn next(&mut self, path: &[u8], budget: &mut Budget) -> Result<Option<Oid>> {
        let odb = self.nodes.odb();
        while let Some(id) = self.queue.pop() {
            budget.step()?;
            let node = self.nodes.get(&id)?;
            if path.is_empty() {
                for parent in node.parents {
                    self.add(parent)?;
                }
                return Ok(Some(id));
            }
            if let Some(parent) = node.parents.first()
                && self.nodes.leaves_alone(&id, &self.keys)
            {
                self.add(*parent)?;
                continue;
            }
            let mine = entry_at(odb, &node.tree, path)?.map(|e| (e.mode, e.id));
            let mut same = None;
            for parent in &node.parents {
                budget.step()?;
                let tree = self.nodes.get(parent)?.tree;
                if tree == node.tree || entry_at(odb, &tree, path)?.map(|e| (e.mode, e.id)) == mine {
                    same = Some(*parent);
                    break;
                }
            }
            match same {
                Some(parent) => self.add(parent)?,
                None => {
                    let first = node.parents.is_empty();
                    for parent in node.parents {
                        self.add(parent)?;
                    }
                    if mine.is_some() || !first {
                        return Ok(Some(id));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The commits that the tips reach and the hidden ones do not.
fn shown(nodes: &Nodes<'_>, query: &LogQuery, budget: &mut Budget) -> Result<HashSet<Oid>> {
    let mut flags: HashMap<Oid, u8> = HashMap::new();
    let mut queue = DateQueue::default();
    // Queued and not known to be hidden: while there is one, the walk may still find something to show.
    let mut open = HashSet::new();
    let mut todo: Vec<(Oid, u8)> = query.hide.iter().map(|id| (*id, HIDDEN)).chain(query.tips.iter().map(|id| (*id, SHOWN))).collect();
    let mut slop = Slop::default();
    loop {
        for (id, more) in todo.drain(..) {
            let known = flags.entry(id).or_default();
            if *known | more == *known {
                continue;
            }
            *known |= more;
            if *known & HIDDEN == 0 {
                open.insert(id);
            } else {
                open.remove(&id);
            }
            queue.push(nodes.get(&id)?.time, id);
        }
        if open.is_empty() && !slop.go_on(&queue) {
            break;
        }
        let Some(id) = queue.pop() else { break };
        budget.step()?;
        open.remove(&id);
        let down = flags.get(&id).copied().unwrap_or_default();
        let node = nodes.get(&id)?;
        if down & HIDDEN == 0 {
            slop.one_sided(node.time);
        }
        todo.extend(node.parents.into_iter().map(|parent| (parent, down)));
    }
    Ok(flags.into_iter().filter(|(_, flags)| *flags == SHOWN).map(|(id, _)| id).collect())
}
