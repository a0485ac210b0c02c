//! What roots reach, as bits beside the packs: an object costs two or three bits, not an entry in a table.

use std::collections::HashSet;
use std::sync::Arc;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::{Kind, to_gix};
use crate::odb::{Member, Odb};
use crate::packs::Pack;
use crate::read::objects::{commit_node, tag};
use crate::read::tree::decode;

/// Where a walk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// All that they reach must be there.
    Refs,
    /// Parts may have been collected at once before.
    Reflog,
}

/// An object's place: the first pack that holds it, the largest being the first, and its position in that pack's index.
pub(super) type Place = (usize, u32);

/// One bit for each object of each pack.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<Vec<u64>>);

impl Bits {
    fn of(&self, (pack, at): Place) -> bool {
        self.0.get(pack).and_then(|words| words.get(at as usize / 64)).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// `true` the first time.
    pub(super) fn set(&mut self, (pack, at): Place) -> bool {
        let Some(word) = self.0.get_mut(pack).and_then(|words| words.get_mut(at as usize / 64)) else { return false };
        let first = *word & (1 << (at % 64)) == 0;
        *word |= 1 << (at % 64);
        first
    }
}

/// What was reached by refs, and by what they were lately.
#[derive(Debug)]
pub struct Marks {
    odb: Odb,
    by_refs: Bits,
    by_reflog: Bits,
}

impl Marks {
    pub(super) fn new(packs: impl Iterator<Item = Arc<Pack>>) -> Marks {
        let mut members: Vec<_> = packs.map(|pack| Member { pack, closed: false }).collect();
        // Most objects are in the largest: one look each.
        members.sort_by_key(|member| std::cmp::Reverse(member.pack.objects()));
        let odb = Odb::new(members);
        let none = Bits(odb.members().iter().map(|m| vec![0; m.pack.objects() as usize / 64 + 1]).collect());
        Marks { odb, by_refs: none.clone(), by_reflog: none }
    }

    /// No object marked.
    pub(super) fn no_bits(&self) -> Bits {
        Bits(self.by_refs.0.iter().map(|words| vec![0; words.len()]).collect())
    }

    pub(super) fn place(&self, id: &Oid) -> Option<Place> {
        let id = to_gix(id);
        self.odb.members().iter().enumerate().find_map(|(pack, member)| Some((pack, member.pack.index.lookup(id)?)))
    }

    /// By which roots it is reached; refs first.
    pub(super) fn reached_by(&self, place: Place) -> Option<Roots> {
        match (self.by_refs.of(place), self.by_reflog.of(place)) {
            (true, _) => Some(Roots::Refs),
            (false, true) => Some(Roots::Reflog),
            (false, false) => None,
        }
    }

    /// Whether refs that came meanwhile reach nothing that is to be dropped. `odb` has the packs as they will be.
    pub fn leaves_whole(&self, odb: &Odb, tips: &[Oid], budget: &mut Budget) -> Result<bool> {
        let (mut seen, mut open) = (HashSet::new(), tips.to_vec());
        while let Some(id) = open.pop() {
            // What refs reached is kept, with all behind it.
            let is_kept = self.place(&id).and_then(|place| self.reached_by(place)) == Some(Roots::Refs);
            if is_kept || !seen.insert(id) {
                continue;
            }
            budget.step()?;
            if !odb.contains(&id) {
                return Ok(false);
            }
            named_by(odb, &id, &mut |next, _| open.push(next))?;
        }
        Ok(true)
    }

    /// Marks all that these reach and that is not marked yet.
    pub(super) fn walk(&mut self, roots: Roots, tips: &[Oid], budget: &mut Budget) -> Result<()> {
        let mut open: Vec<Oid> = Vec::new();
        let mut names = Vec::new();
        for tip in tips {
            if self.mark(roots, tip, None)? {
                open.push(*tip);
            }
            while let Some(id) = open.pop() {
                budget.step()?;
                names.clear();
                named_by(&self.odb, &id, &mut |next, is_blob| names.push((next, is_blob)))?;
                for (next, is_blob) in &names {
                    // A blob names nothing; reading what it is would cost as much as all the rest.
                    if self.mark(roots, next, Some(&id))? && !is_blob {
                        open.push(*next);
                    }
                }
            }
        }
        Ok(())
    }

    /// `true` the first time.
    fn mark(&mut self, roots: Roots, id: &Oid, by: Option<&Oid>) -> Result<bool> {
        match (self.place(id), roots) {
            (Some(place), _) if self.reached_by(place).is_some() => Ok(false),
            (Some(place), Roots::Refs) => Ok(self.by_refs.set(place)),
            (Some(place), Roots::Reflog) => Ok(self.by_reflog.set(place)),
            (None, Roots::Reflog) => Ok(false),
            (None, Roots::Refs) => {
                let by = by.map_or_else(|| "a ref points at it".to_owned(), |by| format!("{by} names it"));
                Err(Error::corrupt(*id, format!("it is not stored, and {by}: nothing is collected before that is repaired")))
            }
        }
    }
}

/// Hands on all that an object names, and whether it names it as a blob.
pub(crate) fn named_by(odb: &Odb, id: &Oid, tell: &mut dyn FnMut(Oid, bool)) -> Result<()> {
    match odb.header(id)?.0 {
        Kind::Commit => {
            let node = commit_node(odb, id)?;
            tell(node.tree, false);
            node.parents.into_iter().for_each(|parent| tell(parent, false));
        }
        Kind::Tag => tell(tag(odb, id)?.target, false),
        Kind::Tree => {
            let data = odb.find_kind(id, Kind::Tree)?;
            for entry in decode(id, &data)?.into_iter().filter(|entry| !entry.is_gitlink()) {
                tell(entry.id, entry.mode & 0o170_000 != 0o040_000);
            }
        }
        Kind::Blob => {}
    }
    Ok(())
}
