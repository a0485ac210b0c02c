//! Three trees joined into one, entry by entry.

use std::collections::BTreeMap;

use bytes::Bytes;
use hardie_domain::oid::Oid;

use super::moves::Moves;
use super::text::joined;
use super::{Conflict, ConflictKind, Merge};
use crate::budget::Budget;
use crate::compose;
use crate::diff::lines::is_binary;
use crate::diff::tree_changes;
use crate::error::{Error, Result};
use crate::object::{Kind, Object};
use crate::odb::Odb;
use crate::read::tree::{Down, decode, mode};

/// Conflicts told at most; past them the merge is given up.
const MOST_CONFLICTS: usize = 100;
/// Removed paths that are looked at.
const MOST_QUESTIONS: usize = 5_000;
const TREE: u32 = 0o040_000;

/// Git's mode and the object.
type Entry = (u32, Oid);

/// The same name in the base, in ours and in theirs.
type Three = [Option<Entry>; 3];

pub(super) struct Trees<'a> {
    odb: &'a Odb,
    budget: &'a mut Budget,
    max: u64,
    path: Vec<u8>,
    conflicts: Vec<Conflict>,
    /// Paths that a side, 1 or 2, removed, where it matters whether they only moved.
    questions: Vec<(usize, Vec<u8>)>,
    new: Vec<Object>,
    down: Down,
}

impl Trees<'_> {
    /// Merges base, ours and theirs.
    pub(super) fn merge(odb: &Odb, roots: [Oid; 3], max: u64, budget: &mut Budget) -> Result<Merge> {
        let mut work = Trees {
            odb,
            budget,
            max,
            path: Vec::new(),
            conflicts: Vec::new(),
            questions: Vec::new(),
            new: Vec::new(),
            down: Down::default(),
        };
        let tree = match work.entry(roots.map(|id| Some((TREE, id))), 0) {
            Ok(Some((_, tree))) => tree,
            Ok(None) => work.keep(Kind::Tree, Bytes::new())?,
            Err(Error::TooLarge(_)) if work.questions.len() > MOST_QUESTIONS => {
                return Ok(Merge::Undecided("too many files were removed to tell whether they moved"));
            }
            Err(Error::TooLarge(_)) if work.conflicts.len() >= MOST_CONFLICTS => Oid::ZERO,
            Err(other) => return Err(other),
        };
        let Trees { budget, conflicts, questions, new, .. } = work;
        for side in [1, 2] {
            let mut asked = questions.iter().filter(|(of, _)| *of == side).map(|(_, path)| path).peekable();
            if asked.peek().is_some() {
                let [base, ..] = roots;
                let Some(root) = roots.get(side) else { continue };
                let moves = Moves::find(odb, base, *root, budget)?;
                if asked.any(|path| moves.from(path)) {
                    return Ok(Merge::Undecided("a file that one side moved was changed, removed or joined by others on the other side"));
                }
            }
        }
        Ok(if conflicts.is_empty() { Merge::Clean { tree, new } } else { Merge::Conflicts(conflicts) })
    }

    fn entry(&mut self, three: Three, depth: usize) -> Result<Option<Entry>> {
        let [base, ours, theirs] = three;
        self.budget.step()?;
        if self.questions.len() > MOST_QUESTIONS {
            return Err(Error::TooLarge(format!("more than {MOST_QUESTIONS} files were removed")));
        }
        if ours == theirs {
            self.both_removed(base, ours)?;
            return Ok(ours);
        }
        if base == ours || base == theirs {
            return Ok(if base == ours { theirs } else { ours });
        }
        let is_folder = |side: Option<Entry>| side.is_none_or(|(mode, _)| mode == TREE);
        if is_folder(ours) && is_folder(theirs) && (is_folder(base) || (ours.is_some() && theirs.is_some())) {
            for (side, entry) in [(1, ours), (2, theirs)] {
                if entry.is_none() {
                    // What the other side put into this folder may belong where the folder went.
                    self.questions.push((side, self.path.clone()));
                }
            }
            return self.folders([base.filter(|(mode, _)| *mode == TREE), ours, theirs], depth);
        }
        match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => self.files(base, ours, theirs),
            (None, Some(ours), Some(theirs)) => {
                let kinds = (ours.0 & 0o170_000) == (theirs.0 & 0o170_000);
                self.conflict(if kinds { ConflictKind::BothAdded } else { ConflictKind::Kind })
            }
            // Both removed what was there, and one of them put something of another kind in its place.
            (Some((was, _)), Some(now), None) | (Some((was, _)), None, Some(now)) if (was == TREE) != (now.0 == TREE) => {
                self.both_removed(base, None)?;
                Ok(Some(now))
            }
            (Some(_), None, _) => self.removed(1),
            _ => self.removed(2),
        }
    }

    fn removed(&mut self, side: usize) -> Result<Option<Entry>> {
        self.questions.push((side, self.path.clone()));
        self.conflict(ConflictKind::ChangedAndRemoved)
    }

    fn conflict(&mut self, kind: ConflictKind) -> Result<Option<Entry>> {
        self.conflicts.push(Conflict { path: self.path.clone(), kind });
        match self.conflicts.len() < MOST_CONFLICTS {
            true => Ok(None),
            false => Err(Error::TooLarge(format!("{MOST_CONFLICTS} paths conflict"))),
        }
    }

    /// Both sides are alike here. What both removed, one of them may have moved.
    fn both_removed(&mut self, base: Option<Entry>, now: Option<Entry>) -> Result<()> {
        let folder = |side: Option<Entry>| side.filter(|(mode, _)| *mode == TREE).map(|(_, id)| id);
        match (base, now) {
            (Some(_), None) => self.questions.extend([1, 2].map(|side| (side, self.path.clone()))),
            (Some(base), Some(now)) if base != now && base.0 == TREE => {
                let (questions, path) = (&mut self.questions, &self.path);
                tree_changes(self.odb, folder(Some(base)), folder(Some(now)), self.budget, &mut |change| {
                    if change.new.is_none() {
                        let whole = if path.is_empty() { change.path } else { [path, &b"/"[..], &change.path].concat() };
                        questions.extend([1, 2].map(|side| (side, whole.clone())));
                    }
                    questions.len() <= MOST_QUESTIONS
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn folders(&mut self, three: Three, depth: usize) -> Result<Option<Entry>> {
        let (mut names, mut bytes) = (BTreeMap::<Vec<u8>, Three>::new(), 0);
        for (side, folder) in three.iter().enumerate() {
            let Some((_, id)) = folder else { continue };
            self.budget.step()?;
            let data = self.odb.find_kind(id, Kind::Tree)?;
            self.down.open(data.len(), &self.path, depth)?;
            bytes += data.len();
            for entry in decode(id, &data)? {
                if let Some(slot) = names.entry(entry.name.to_vec()).or_default().get_mut(side) {
                    *slot = Some((mode(&entry), entry.id));
                }
            }
        }
        let mut merged = Vec::new();
        for (name, three) in names {
            let length = self.path.len();
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(&name);
            if let Some((mode, id)) = self.entry(three, depth + 1)? {
                merged.push((name, mode, id));
            }
            self.path.truncate(length);
        }
        self.down.close(bytes);
        if merged.is_empty() {
            return Ok(None);
        }
        Ok(Some((TREE, self.keep(Kind::Tree, compose::tree(merged).into())?)))
    }

    fn keep(&mut self, kind: Kind, data: Bytes) -> Result<Oid> {
        let object = Object { kind, data };
        let id = object.id().ok_or_else(|| Error::corrupt(Oid::ZERO, "the merged text was made to collide"))?;
        if !self.odb.contains(&id) {
            self.new.push(object);
        }
        Ok(id)
    }

    fn files(&mut self, base: Entry, ours: Entry, theirs: Entry) -> Result<Option<Entry>> {
        let regular = |(mode, _): Entry| mode & 0o170_000 == 0o100_000;
        if !(regular(base) && regular(ours) && regular(theirs)) {
            return self.conflict(ConflictKind::Kind);
        }
        let mode = if base.0 == ours.0 { theirs.0 } else { ours.0 };
        if ours.1 == theirs.1 || base.1 == theirs.1 {
            return Ok(Some((mode, ours.1)));
        }
        if base.1 == ours.1 {
            return Ok(Some((mode, theirs.1)));
        }
        let texts = [base, ours, theirs].map(|(_, id)| self.odb.blob(&id, self.max));
        let [base, ours, theirs] = texts;
        let (base, ours, theirs) = (base?, ours?, theirs?);
        self.budget.bytes(base.len().saturating_add(ours.len()).saturating_add(theirs.len()))?;
        if is_binary(&base) || is_binary(&ours) || is_binary(&theirs) {
            return self.conflict(ConflictKind::Content);
        }
        match joined(&base, &ours, &theirs) {
            Some(text) => Ok(Some((mode, self.keep(Kind::Blob, text.into())?))),
            None => self.conflict(ConflictKind::Content),
        }
    }
}
