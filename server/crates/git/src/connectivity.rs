//! Whether a push is whole: present means reachable.
//!
//! An object counts as present only if this push carries it, or if a ref that the pusher may see reaches it. Merely being stored
//! (a refused ref's objects, a deleted branch's) counts for nothing: otherwise whoever knows an id could name it in a new tree
//! and read what it names. For the same reason the bases that completing a thin pack copied in do not count as carried.

mod carried;

use std::collections::HashSet;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::Error;
use crate::ingest::Ingested;
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::fresh::fresh_entries;
use crate::read::history::History;
use crate::read::objects::{commit_node, tag};
use crate::read::old::OldObjects;
use crate::wire::Refs;
use carried::Carried;

/// The push is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Whether the tips reach every object that the push carries, so that the pack may be published as closed.
    pub closed: bool,
}

/// Why a push is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    /// An object is neither in the push nor reachable from a visible ref.
    #[error("missing object {missing}, needed by {by}")]
    Missing {
        /// The object.
        missing: Oid,
        /// What names it: a commit, tag or tree, or the null id for a tip.
        by: Oid,
    },
    /// The pack holds deltas against an object that no visible ref reaches.
    #[error("the pack has a delta against {0}, which no ref here reaches; push again with --no-thin")]
    Base(Oid),
    /// Reading failed or a bound was reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Checks what all `tips` (not null) need together.
///
/// `odb` has the repository's packs and, on top, the pack of `push`; `visible` are the refs as the pusher sees them now.
pub fn check(odb: &Odb, push: Option<&Ingested>, tips: &[Oid], visible: &Refs, budget: &mut Budget) -> Result<Connected, NotConnected> {
    if let Some(closed) = push.and_then(|push| push.is_reached_from(tips)) {
        return Ok(Connected { closed });
    }
    let mut check = Check::new(odb, push, visible);
    check.bases(push, budget)?;
    check.sound(tips, budget)?;
    Ok(Connected { closed: check.carried.all_visited() })
}

/// Checks each tip on its own, for a push that is not atomic and of which some refs are sound: `None` is sound.
///
/// An error is one that concerns the whole push.
pub fn check_each(
    odb: &Odb,
    push: Option<&Ingested>,
    tips: &[Oid],
    visible: &Refs,
    budget: &mut Budget,
) -> Result<Vec<Option<NotConnected>>, NotConnected> {
    match check(odb, push, tips, visible, budget) {
        Ok(_) => return Ok(tips.iter().map(|_| None).collect()),
        Err(NotConnected::Missing { .. }) => {}
        Err(whole) => return Err(whole),
    }
    let mut verdicts = Vec::with_capacity(tips.len());
    // The history walked so far serves every tip.
    let mut shared = Check::new(odb, push, visible);
    for tip in tips {
        shared.forget();
        verdicts.push(match shared.sound(&[*tip], budget) {
            Ok(()) => None,
            Err(missing @ NotConnected::Missing { .. }) => Some(missing),
            Err(whole) => return Err(whole),
        });
    }
    Ok(verdicts)
}

/// What is to be done next for a commit.
enum Turn {
    Parents { id: Oid, by: Oid },
    Trees(Oid),
}

struct Check<'a> {
    odb: &'a Odb,
    carried: Carried<'a>,
    /// What visible refs name, tags with what they tag.
    heads: HashSet<Oid>,
    history: History,
    old: OldObjects,
    /// Objects that the push names and does not carry, with who names them; to be proven. Commits and tags first.
    commits: Vec<(Oid, Oid)>,
    others: Vec<(Oid, Oid)>,
    /// Those that are too damaged to tell their kind.
    unclear: Vec<(Oid, Oid)>,
    asked: HashSet<Oid>,
}

impl<'a> Check<'a> {
    fn new(odb: &'a Odb, push: Option<&'a Ingested>, visible: &Refs) -> Self {
        let tips = || visible.all().iter().map(|r| r.oid);
        Check {
            odb,
            carried: Carried::new(push),
            heads: visible.all().iter().flat_map(|r| [Some(r.oid), r.peeled]).flatten().collect(),
            history: History::new(tips()),
            old: OldObjects::new(tips()),
            commits: Vec::new(),
            others: Vec::new(),
            unclear: Vec::new(),
            asked: HashSet::new(),
        }
    }

    fn forget(&mut self) {
        self.carried.forget();
        self.commits.clear();
        self.others.clear();
        self.unclear.clear();
        self.asked.clear();
    }

    /// Bases of a thin pack are proven like everything else that is not carried.
    fn bases(&mut self, push: Option<&Ingested>, budget: &mut Budget) -> Result<(), NotConnected> {
        for base in push.map(Ingested::appended_bases).unwrap_or_default().iter().copied() {
            let reached = match self.odb.header(&base)?.0 {
                Kind::Commit | Kind::Tag => self.history.contains(self.odb, &base, budget)?,
                Kind::Tree | Kind::Blob => self.old.contains(self.odb, &base, budget)?,
            };
            if !reached {
                return Err(NotConnected::Base(base));
            }
        }
        Ok(())
    }

    /// Whether all that the tips need is carried or reached.
    fn sound(&mut self, tips: &[Oid], budget: &mut Budget) -> Result<(), NotConnected> {
        let walked = self.tips(tips, budget);
        match &walked {
            // Of damage is told only when all is proven that was named so far: whoever may not have an object does not learn of it.
            Err(NotConnected::Error(error)) if error.damage_told().is_some() => self.prove(budget)?,
            _ => {}
        }
        walked?;
        self.prove(budget)
    }

    /// Walks everything carried that the tips reach and notes what it names beyond that.
    fn tips(&mut self, tips: &[Oid], budget: &mut Budget) -> Result<(), NotConnected> {
        for tip in tips {
            let (mut id, mut by) = (*tip, Oid::ZERO);
            loop {
                if self.carried.contains(&id) && self.odb.header(&id)?.0 == Kind::Commit {
                    self.commits_from(id, by, budget)?;
                    break;
                }
                if !self.enter(&id, &by)? {
                    break;
                }
                budget.step()?;
                match self.odb.header(&id)?.0 {
                    Kind::Tag => (id, by) = (tag(self.odb, &id)?.target, id),
                    Kind::Tree => {
                        self.trees(&id, &id, &[], budget)?;
                        break;
                    }
                    Kind::Commit | Kind::Blob => break,
                }
            }
        }
        Ok(())
    }

    /// Whether to look into an object: carried, not met before, and not what a visible ref names.
    fn enter(&mut self, id: &Oid, by: &Oid) -> Result<bool, NotConnected> {
        if self.heads.contains(id) {
            // The push may carry it once more, which changes nothing.
            self.is_readable(id)?;
            return Ok(false);
        }
        if !self.carried.contains(id) {
            self.ask(*id, *by)?;
            return Ok(false);
        }
        Ok(self.carried.visit(id))
    }

    /// Looks into the trees of carried commits, parents before children.
    ///
    /// The order is what makes comparing with parents sound: everything below a parent has been looked into by then. The other
    /// way round, a folder changed and changed back would vouch for itself: its newer copy passes over an entry that the commit
    /// between has too, and its older copy counts as seen.
    fn commits_from(&mut self, start: Oid, by: Oid, budget: &mut Budget) -> Result<(), NotConnected> {
        let mut todo = vec![Turn::Parents { id: start, by }];
        while let Some(turn) = todo.pop() {
            match turn {
                // Entered only now and not when it was put on the stack: another way down may have come here first.
                Turn::Parents { id, by } => {
                    if !self.enter(&id, &by)? {
                        continue;
                    }
                    budget.step()?;
                    todo.push(Turn::Trees(id));
                    todo.extend(commit_node(self.odb, &id)?.parents.into_iter().map(|parent| Turn::Parents { id: parent, by: id }));
                }
                Turn::Trees(id) => {
                    let node = commit_node(self.odb, &id)?;
                    self.commit_trees(&id, &node.tree, &node.parents, budget)?;
                }
            }
        }
        Ok(())
    }

    fn commit_trees(&mut self, commit: &Oid, tree: &Oid, parents: &[Oid], budget: &mut Budget) -> Result<(), NotConnected> {
        let mut beside = Vec::new();
        for parent in parents {
            // A parent that is not stored at all is found missing when its turn comes.
            match commit_node(self.odb, parent) {
                Ok(node) if self.odb.contains(&node.tree) => beside.push(node.tree),
                Ok(_) | Err(Error::NotFound(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        if beside.contains(tree) {
            return Ok(());
        }
        if !self.carried.contains(tree) {
            return self.ask(*tree, *commit);
        }
        if !self.carried.visit(tree) {
            return Ok(());
        }
        self.trees(tree, commit, &beside, budget)
    }

    /// Looks into carried trees only. What a parent has at the same path is as sound as that parent, which is checked too.
    fn trees(&mut self, tree: &Oid, by: &Oid, beside: &[Oid], budget: &mut Budget) -> Result<(), NotConnected> {
        let (odb, mut unknown) = (self.odb, Vec::new());
        let carried = &mut self.carried;
        fresh_entries(odb, tree, beside, budget, &mut |entry, _| {
            if entry.is_gitlink() {
                return Ok(false);
            }
            if carried.contains(&entry.id) {
                return Ok(carried.visit(&entry.id));
            }
            unknown.push(entry.id);
            Ok(false)
        })
        .map_err(|error| missing_tree(error, by))?;
        for id in unknown {
            self.ask(id, *by)?;
        }
        Ok(())
    }

    /// Notes something to be proven; what is not even stored is missing at once.
    fn ask(&mut self, id: Oid, by: Oid) -> Result<(), NotConnected> {
        if !self.asked.insert(id) {
            return Ok(());
        }
        if self.heads.contains(&id) {
            self.is_readable(&id)?;
        }
        match self.odb.header(&id) {
            Ok((Kind::Commit | Kind::Tag, _)) => self.commits.push((id, by)),
            Ok((Kind::Tree | Kind::Blob, _)) => self.others.push((id, by)),
            Err(Error::NotFound(_)) => return Err(NotConnected::Missing { missing: id, by }),
            Err(error) if error.damage_told().is_some() => self.unclear.push((id, by)),
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }

    /// Nothing is built on what is damaged. Only of a repository that has damage each object named is read: it costs time. Asked of what
    /// is proven alone, since the answer says what is stored.
    fn is_readable(&self, id: &Oid) -> Result<(), NotConnected> {
        match self.odb.is_damaged().then(|| self.odb.find(id)) {
            None | Some(Ok(_)) => Ok(()),
            // The pack of a ref's object that is nowhere is one of those that cannot be opened.
            Some(Err(Error::NotFound(id))) if self.heads.contains(&id) => Err(Error::corrupt(id, "its pack cannot be opened").into()),
            Some(Err(Error::NotFound(_))) => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    fn prove(&mut self, budget: &mut Budget) -> Result<(), NotConnected> {
        for (id, by) in std::mem::take(&mut self.commits) {
            if !self.history.contains(self.odb, &id, budget)? {
                return Err(NotConnected::Missing { missing: id, by });
            }
            self.is_readable(&id)?;
        }
        for (id, by) in std::mem::take(&mut self.others) {
            if !self.old.contains(self.odb, &id, budget)? {
                return Err(NotConnected::Missing { missing: id, by });
            }
            self.is_readable(&id)?;
        }
        for (id, by) in std::mem::take(&mut self.unclear) {
            if !self.history.contains(self.odb, &id, budget)? && !self.old.contains(self.odb, &id, budget)? {
                return Err(NotConnected::Missing { missing: id, by });
            }
            self.odb.header(&id)?;
        }
        Ok(())
    }
}

/// A tree that should be there and is not.
fn missing_tree(error: Error, by: &Oid) -> NotConnected {
    match error {
        Error::NotFound(missing) => NotConnected::Missing { missing, by: *by },
        other => other.into(),
    }
}
