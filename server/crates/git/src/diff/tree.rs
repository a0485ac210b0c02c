//! Paths that differ between two trees, in path order, subtrees of the same id passed over unread.

use hardie_domain::oid::Oid;
use hardie_domain::policy::Change;

use crate::budget::Budget;
use crate::error::Result;
use crate::object::Kind;
use crate::odb::Odb;
use crate::read::parse::Entry;
use crate::read::tree::{Down, decode, mode};

/// Calls `each` for every file, link or submodule that differs, in path order (bytes of the full path, a folder as if its name
/// ended in `/`), until it returns `false`. `None` is the empty tree.
pub fn tree_changes(
    odb: &Odb,
    old: Option<Oid>,
    new: Option<Oid>,
    budget: &mut Budget,
    each: &mut dyn FnMut(Change) -> bool,
) -> Result<()> {
    let mut walk = Walk { odb, budget, each, path: Vec::new(), down: Down::default() };
    walk.trees(old, new, 0).map(drop)
}

struct Walk<'a> {
    odb: &'a Odb,
    budget: &'a mut Budget,
    each: &'a mut dyn FnMut(Change) -> bool,
    path: Vec<u8>,
    down: Down,
}

type Side<'a> = Option<Entry<'a>>;

impl Walk<'_> {
    /// `false` once the receiver has enough.
    fn trees(&mut self, old: Option<Oid>, new: Option<Oid>, depth: usize) -> Result<bool> {
        if old == new {
            return Ok(true);
        }
        self.budget.step()?;
        let read = |id: Option<Oid>| id.map(|id| self.odb.find_kind(&id, Kind::Tree)).transpose();
        let (old_data, new_data) = (read(old)?.unwrap_or_default(), read(new)?.unwrap_or_default());
        let bytes = old_data.len().saturating_add(new_data.len());
        self.down.open(bytes, &self.path, depth)?;
        let olds = decode(&old.unwrap_or(Oid::ZERO), &old_data)?;
        let news = decode(&new.unwrap_or(Oid::ZERO), &new_data)?;
        let (mut olds, mut news) = (olds.into_iter().peekable(), news.into_iter().peekable());
        loop {
            let (old, new) = match (olds.peek(), news.peek()) {
                (None, None) => {
                    self.down.close(bytes);
                    return Ok(true);
                }
                (Some(_), None) => (olds.next(), None),
                (None, Some(_)) => (None, news.next()),
                (Some(a), Some(b)) => match key(a).cmp(&key(b)) {
                    std::cmp::Ordering::Less => (olds.next(), None),
                    std::cmp::Ordering::Greater => (None, news.next()),
                    std::cmp::Ordering::Equal => (olds.next(), news.next()),
                },
            };
            if !self.entry(old, new, depth)? {
                return Ok(false);
            }
        }
    }

    fn entry(&mut self, old: Side<'_>, new: Side<'_>, depth: usize) -> Result<bool> {
        if let (Some(a), Some(b)) = (&old, &new)
            && a.id == b.id
            && mode(a) == mode(b)
        {
            return Ok(true);
        }
        let name = old.or(new).map(|e| e.name).unwrap_or_default();
        let length = self.path.len();
        if length > 0 {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(name);
        let folder = |side: Side<'_>| side.filter(Entry::is_tree).map(|e| e.id);
        let file = |side: Side<'_>| side.filter(|e| !e.is_tree()).map(|e| (mode(&e), e.id));
        let mut more = true;
        let change = (file(old), file(new));
        if change != (None, None) {
            self.budget.step()?;
            more = (self.each)(Change { path: self.path.clone(), old: change.0, new: change.1 });
        }
        if more {
            more = self.trees(folder(old), folder(new), depth + 1)?;
        }
        self.path.truncate(length);
        Ok(more)
    }
}

/// Git sorts a folder as if its name ended in a slash. A file and a folder of one name are two entries.
fn key<'a>(entry: &Entry<'a>) -> Key<'a> {
    Key { name: entry.name, folder: entry.is_tree() }
}

#[derive(PartialEq, Eq)]
struct Key<'a> {
    name: &'a [u8],
    folder: bool,
}

impl Key<'_> {
    fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.name.iter().copied().chain(self.folder.then_some(b'/'))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
