//! What a fetch sends, found in process, or the decision to leave it to git.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hardie_domain::oid::Oid;

use super::commits::{Commits, commits};
use super::copied::Copied;
use super::forms::{Entry, entries};
use super::scope::Scope;
use super::trees::{Item, Other, Trees};
use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::objects::{commit_node, tag};
use crate::upload::PackRequest;
use crate::wire::Refs;

/// Objects of a fetch that has something in common with the client, or of a whole clone.
const MOST: usize = 4096;
/// Objects of one that is cut: nearly all of them are copied as they are, and git would search deltas in vain.
const MOST_CUT: usize = 50_000;
/// Commits and folders looked at for each object that may be sent.
const STEPS: u64 = 24;
/// What looking may take before git has to do it after all.
const TIME: Duration = Duration::from_secs(2);
/// Trees of the client's with which all that is new is compared.
const EDGES: usize = 16;
/// Tags that point at tags, followed at most so far.
const NESTED: usize = 8;

/// All that is needed to write the pack.
pub(super) struct Plan<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// What is copied of stored packs, in front of these.
    pub(super) copied: Vec<Copied>,
    /// Copied objects that entries are deltas against: of which pack, and the offset there.
    pub(super) bases: HashMap<Oid, (usize, u64)>,
}

/// Plans the pack; `None` leaves it to git: it is too large, of an unusual kind, or something stored is missing here.
///
/// An error is that the caller gave up, or damage.
pub(super) fn plan<'a>(odb: &'a Odb, refs: &Refs, request: &PackRequest, cancel: &Cancel) -> Result<Option<Plan<'a>>> {
    let cut = !request.new_shallow.is_empty();
    let most = if cut { MOST_CUT } else { MOST };
    let scope = Scope::of(request.filter.as_ref());
    if !cut && request.common.is_empty() && is_large(odb, most) && !request.wants.iter().all(|id| is_loose(odb, id)) {
        return Ok(None);
    }
    let mut budget = Budget::new(STEPS * most as u64, TIME, cancel);
    let mut gather = Gather { odb, scope, most, budget: &mut budget, request };
    match gather.items(refs).and_then(|(items, held)| entries(odb, items, &held, scope, request)) {
        Ok(entries) => Ok(entries.map(|entries| Plan { entries, copied: Vec::new(), bases: HashMap::new() })),
        Err(_) if cancel.is_cancelled() => Err(Error::Stopped("cancelled")),
        Err(Error::TooLarge(why)) => {
            tracing::debug!(why, "a pack is left to git");
            Ok(None)
        }
        // No other pack has it whole: git would send what it did not compare, or say the same in its own words.
        Err(error @ Error::Damaged { .. }) => Err(error),
        Err(error @ (Error::NotFound(_) | Error::Corrupt { .. })) if odb.is_damaged() => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a pack is left to git");
            Ok(None)
        }
    }
}

/// Whether a clone of everything is likely to be more than is built here.
fn is_large(odb: &Odb, most: usize) -> bool {
    odb.members().iter().map(|member| member.pack.objects() as usize).sum::<usize>() > 2 * most
}

/// A tree or blob: what a partial clone fetches later.
fn is_loose(odb: &Odb, id: &Oid) -> bool {
    matches!(odb.header(id), Ok((Kind::Tree | Kind::Blob, _)))
}

/// Ids by what is behind them, tags followed.
#[derive(Default)]
struct Tips {
    commits: Vec<Oid>,
    tags: Vec<Oid>,
    trees: Vec<Oid>,
    blobs: Vec<Oid>,
    /// Trees and blobs that a tag names.
    tagged: bool,
}

struct Gather<'a, 'b> {
    odb: &'a Odb,
    scope: Scope,
    most: usize,
    budget: &'b mut Budget,
    request: &'b PackRequest,
}

impl Gather<'_, '_> {
    /// All objects, commits first, newest first; and what the client is known to have.
    fn items(&mut self, refs: &Refs) -> Result<(Vec<Item>, HashSet<Oid>)> {
        let request = self.request;
        let mut wants = self.tips(&request.wants)?;
        let held = self.tips(&[request.common.as_slice(), &request.unshallow].concat())?;
        if request.filter.is_some() && (wants.tagged || self.scope.depends_on_depth() && !wants.trees.is_empty()) {
            return Err(Error::TooLarge("a filter over trees that are asked for by id".to_owned()));
        }
        for id in &request.unshallow {
            wants.commits.extend(commit_node(self.odb, id)?.parents);
        }
        let cut: HashSet<Oid> = request.client_shallow.iter().chain(&request.new_shallow).copied().collect();
        let asked: HashSet<Oid> = wants.commits.iter().copied().collect();
        let commits = commits(self.odb, &wants.commits, &held.commits, &cut, MOST, self.budget)?;
        let mut trees = Trees::new(self.odb, self.scope, self.most);
        for id in wants.trees.iter().filter(|id| !held.trees.contains(id)) {
            trees.asked_tree(*id, self.budget)?;
        }
        for id in wants.blobs.iter().filter(|id| !held.blobs.contains(id)) {
            trees.asked_blob(*id)?;
        }
        trees.asked_all();
        self.commit_trees(&commits, &held.commits, &mut trees)?;
        let (mut below, known) = trees.finish();
        // Newest first, as git does it.
        below.reverse();
        let mut met = HashSet::new();
        let tags = wants.tags.iter().filter(|id| !held.tags.contains(id) && met.insert(**id));
        let taken = commits.sent.iter().map(|(id, _)| id).filter(|id| self.scope.takes_commits() || asked.contains(*id));
        let tops = taken.chain(tags);
        let mut items: Vec<Item> = tops.map(|id| Item::alone(*id)).chain(below).collect();
        if request.include_tag {
            self.add_tags(refs, &mut items)?;
        }
        match items.len() > self.most {
            true => Err(Error::TooLarge(format!("more than {} objects to send", self.most))),
            false => Ok((items, known)),
        }
    }

    fn tips(&self, ids: &[Oid]) -> Result<Tips> {
        let mut tips = Tips::default();
        for id in ids {
            let mut at = *id;
            for depth in 0.. {
                match self.odb.header(&at)?.0 {
                    Kind::Commit => tips.commits.push(at),
                    Kind::Tree => tips.trees.push(at),
                    Kind::Blob => tips.blobs.push(at),
                    Kind::Tag if depth < NESTED => {
                        tips.tags.push(at);
                        at = tag(self.odb, &at)?.target;
                        continue;
                    }
                    Kind::Tag => return Err(Error::TooLarge(format!("tag {id} is nested more than {NESTED} times"))),
                }
                tips.tagged |= depth > 0 && tips.commits.last() != Some(&at);
                break;
            }
        }
        Ok(tips)
    }

    /// Plans the trees of all sent commits, parents first.
    fn commit_trees(&mut self, commits: &Commits, held: &[Oid], trees: &mut Trees<'_>) -> Result<()> {
        let mut edge: Vec<Oid> = Vec::new();
        let rootless = commits.sent.iter().any(|(_, node)| node.parents.is_empty());
        // At a cut there is no parent to compare with; the client's own commits are as good.
        let near = if rootless { held } else { &[] };
        for id in commits.edge.iter().take(EDGES).chain(near.iter().rev().take(EDGES)).chain(near.iter().take(EDGES)) {
            let tree = commits.tree(self.odb, id)?;
            if !edge.contains(&tree) {
                edge.push(tree);
            }
        }
        let mut last = None;
        for at in commits.parents_first() {
            let Some((_, node)) = commits.sent.get(at) else { continue };
            // Another end of the line is the next best thing to a parent.
            let mut others: Vec<Other> = last.take_if(|_| node.parents.is_empty()).into_iter().collect();
            last = Some(Other { tree: node.tree, held: false });
            for parent in &node.parents {
                let tree = commits.tree(self.odb, parent)?;
                others.push(Other { tree, held: !commits.is_sent(parent) });
            }
            others.extend(edge.iter().map(|tree| Other { tree: *tree, held: true }));
            let mut met = HashSet::new();
            others.retain(|other| met.insert(other.tree));
            trees.commit(node.tree, &others, self.budget)?;
        }
        Ok(())
    }

    /// Adds the annotated tags of what is sent.
    fn add_tags(&self, refs: &Refs, items: &mut Vec<Item>) -> Result<()> {
        let mut met: HashSet<Oid> = HashSet::new();
        let found: Vec<Oid> = items.iter().flat_map(|item| refs.tags_of(&item.id)).filter(|id| met.insert(*id)).collect();
        if found.is_empty() {
            return Ok(());
        }
        let mut planned: HashSet<Oid> = items.iter().map(|item| item.id).collect();
        for id in self.tips(&found)?.tags {
            if planned.insert(id) {
                items.push(Item::alone(id));
            }
        }
        Ok(())
    }
}
