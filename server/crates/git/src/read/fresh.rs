//! The entries of a commit's trees that none of its parents has at the same path.

use hardie_domain::oid::Oid;

use super::parse::Entry;
use super::tree::decode;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

use super::tree::MAX_DEPTH as DEPTH;

/// Takes one fresh entry and its path; for a folder, says whether to look into it.
pub(crate) type Visit<'a> = dyn FnMut(&Entry<'_>, &[u8]) -> Result<bool> + 'a;

/// Walks `tree` beside the same folders of `parents` and visits what none of them has with the same id and kind.
///
/// The tree itself is not visited. Only folders that the visitor accepts are read; of the parents only the folders at the
/// same paths.
pub(crate) fn fresh_entries(odb: &Odb, tree: &Oid, parents: &[Oid], budget: &mut Budget, visit: &mut Visit<'_>) -> Result<()> {
    if parents.contains(tree) {
        return Ok(());
    }
    Walk { odb, budget, visit, path: Vec::new() }.folder(tree, parents, 0)
}

struct Walk<'a, 'v> {
    odb: &'a Odb,
    budget: &'a mut Budget,
    visit: &'a mut Visit<'v>,
    path: Vec<u8>,
}

impl Walk<'_, '_> {
    fn folder(&mut self, tree: &Oid, parents: &[Oid], depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(Error::TooLarge(format!("folders are nested more than {DEPTH} deep")));
        }
        self.budget.step()?;
        let data = self.odb.find_kind(tree, Kind::Tree)?;
        let mut others = Vec::with_capacity(parents.len());
        for parent in parents {
            others.push((*parent, self.odb.find_kind(parent, Kind::Tree)?));
        }
        let mut others = others.iter().map(|(id, data)| Ok(Cursor::new(decode(id, data)?))).collect::<Result<Vec<_>>>()?;
        for entry in decode(tree, &data)? {
            let mut known = false;
            let mut below = Vec::new();
            for other in &mut others {
                let Some(theirs) = other.seek(&entry) else { continue };
                known = known || (theirs.id == entry.id && kind_bits(theirs) == kind_bits(&entry));
                if theirs.is_tree() {
                    below.push(theirs.id);
                }
            }
            if known {
                continue;
            }
            let length = self.path.len();
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(entry.name);
            let descend = (self.visit)(&entry, &self.path)?;
            if descend && entry.is_tree() {
                self.folder(&entry.id, &below, depth + 1)?;
            }
            self.path.truncate(length);
        }
        Ok(())
    }
}

fn kind_bits(entry: &Entry<'_>) -> u32 {
    entry.mode & 0o170_000
}

/// Finds names in a sorted tree by walking on. In a tree out of order names may be missed, which only makes more entries fresh.
pub(crate) struct Cursor<'a> {
    entries: Vec<Entry<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(entries: Vec<Entry<'a>>) -> Self {
        Cursor { entries, at: 0 }
    }

    pub(crate) fn seek(&mut self, wanted: &Entry<'_>) -> Option<&Entry<'a>> {
        while let Some(entry) = self.entries.get(self.at) {
            match order(entry, wanted) {
                std::cmp::Ordering::Less => self.at += 1,
                std::cmp::Ordering::Equal => return self.entries.get(self.at),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }
}

/// Git's order of entries: a folder sorts as if its name ended in a slash.
pub(crate) fn order(a: &Entry<'_>, b: &Entry<'_>) -> std::cmp::Ordering {
    let common = a.name.len().min(b.name.len());
    let head = a.name.get(..common).cmp(&b.name.get(..common));
    let next = |e: &Entry<'_>| e.name.get(common).copied().or(e.is_tree().then_some(b'/'));
    head.then_with(|| next(a).cmp(&next(b)))
}
