//! For each entry of a folder, the commit that last changed it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::fresh::order;
use super::history::DateQueue;
use super::nodes::Nodes;
use super::parse::{self, Entry};
use super::tree::{decode, entry_at, mode};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::graph::filter::Key;
use crate::object::Kind;
use crate::odb::Odb;

/// Entries that are looked for by their bytes: of many, one is likely to be missing, and then nothing is won.
const FEW: usize = 4;

/// What was found of a folder earlier: by commit, for the name of each entry.
pub type Earlier = HashMap<Oid, Arc<HashMap<Vec<u8>, Oid>>>;

/// The entries of the folder at `path` as of `commit`, each with the commit that last changed it, in git's order.
///
/// What was found `earlier` as of other commits, of the same folder and for all of its entries, is not looked for again. When the budget
/// is used up, the rest come with `None`. The empty path is the root.
pub fn last_commits(odb: &Odb, commit: &Oid, path: &[u8], earlier: &Earlier, budget: &mut Budget) -> Result<Vec<(Vec<u8>, Option<Oid>)>> {
    let nodes = Nodes::of(odb);
    let tree = folder(odb, &nodes.get(commit)?.tree, path)?.ok_or(Error::NotFound(*commit))?;
    let data = odb.find_kind(&tree, Kind::Tree)?;
    let entries = decode(&tree, &data)?;
    let prefix = if path.is_empty() { Vec::new() } else { [path, b"/"].concat() };
    let mut blame = Blame {
        odb,
        path,
        entries: &entries,
        folder: nodes.keys(path),
        keys: entries.iter().map(|entry| nodes.key(&[&prefix, entry.name].concat())).collect(),
        nodes,
        earlier,
        trusting: true,
        doubted: BTreeSet::new(),
        found: vec![None; entries.len()],
        pending: HashMap::new(),
        queue: DateQueue::default(),
    };
    match blame.run(commit, budget) {
        Ok(()) | Err(Error::TooLarge(_) | Error::Stopped(_)) => {}
        Err(other) => return Err(other),
    }
    let found = blame.found;
    Ok(entries.iter().map(|entry| entry.name.to_vec()).zip(found).collect())
}

fn folder(odb: &Odb, tree: &Oid, path: &[u8]) -> Result<Option<Oid>> {
    Ok(entry_at(odb, tree, path)?.filter(|e| e.mode == 0o040_000).map(|e| e.id))
}

struct Blame<'a> {
    odb: &'a Odb,
    nodes: Nodes<'a>,
    earlier: &'a Earlier,
    path: &'a [u8],
    /// The folder as it is at the start.
    entries: &'a [Entry<'a>],
    /// By what filters are asked for the folder and those above it.
    folder: Vec<Key>,
    /// And for each entry.
    keys: Vec<Option<Key>>,
    /// Whether filters are asked.
    trusting: bool,
    /// Folders that a filter passed down to a commit that has them otherwise: filters know nothing of empty folders. They are looked for
    /// again without filters, and without what was found earlier.
    doubted: BTreeSet<usize>,
    found: Vec<Option<Oid>>,
    pending: HashMap<Oid, Pending>,
    queue: DateQueue,
}

/// What a filter says of the entries of a folder.
enum Perhaps {
    /// Neither they nor the folder were changed.
    Nothing,
    /// No others were changed.
    Some(BTreeSet<usize>),
    /// Any may have been changed.
    All,
}

/// Of a queued commit.
#[derive(Default)]
struct Pending {
    /// The positions of entries that are in it as they are at the start.
    entries: BTreeSet<usize>,
    /// Its folder, where that is known unread.
    folder: Option<Oid>,
}

impl Blame<'_> {
    fn run(&mut self, start: &Oid, budget: &mut Budget) -> Result<()> {
        self.walk(start, (0..self.entries.len()).collect(), budget)?;
        let again = std::mem::take(&mut self.doubted);
        self.trusting = false;
        self.walk(start, again, budget)
    }

    fn walk(&mut self, start: &Oid, entries: BTreeSet<usize>, budget: &mut Budget) -> Result<()> {
        self.pass(*start, Pending { entries, folder: None })?;
        while let Some(id) = self.queue.pop() {
            let Some(Pending { entries: mut left, folder: mut mine }) = self.pending.remove(&id) else { continue };
            budget.step()?;
            let node = self.nodes.get(&id)?;
            if let Some(known) = self.earlier.get(&id).filter(|_| self.trusting) {
                let entries = self.entries;
                self.settle(&node.tree, left, |at| entries.get(at).and_then(|entry| known.get(entry.name)).copied())?;
                continue;
            }
            for (nth, parent) in node.parents.iter().enumerate() {
                if left.is_empty() {
                    break;
                }
                budget.step()?;
                let asked = if nth == 0 { self.perhaps_changed(&id, &left) } else { Perhaps::All };
                let (changed, folder) = match asked {
                    Perhaps::Nothing => (BTreeSet::new(), mine),
                    Perhaps::Some(some) if some.is_empty() => (some, None),
                    asked => {
                        let theirs = self.nodes.get(parent)?.tree;
                        match asked {
                            // A filter has said already that the folder may be another.
                            Perhaps::Some(asked) => self.changed_since(&theirs, mine, &asked)?,
                            _ => self.changed([&node.tree, &theirs], &mut mine, &left)?,
                        }
                    }
                };
                let mut same = std::mem::replace(&mut left, changed);
                for at in &left {
                    same.remove(at);
                }
                self.pass(*parent, Pending { entries: same, folder })?;
            }
            self.settle(&node.tree, left, |_| Some(id))?;
        }
        Ok(())
    }

    fn pass(&mut self, id: Oid, more: Pending) -> Result<()> {
        if more.entries.is_empty() {
            return Ok(());
        }
        if let Some(known) = self.pending.get_mut(&id) {
            known.entries.extend(more.entries);
            known.folder = known.folder.filter(|folder| more.folder == Some(*folder));
            return Ok(());
        }
        self.pending.insert(id, more);
        self.queue.push(self.nodes.get(&id)?.time, id);
        Ok(())
    }

    /// Which of `wanted` a commit may have changed against its first parent.
    fn perhaps_changed(&self, id: &Oid, wanted: &BTreeSet<usize>) -> Perhaps {
        let Some(filter) = self.nodes.filter(id).filter(|_| self.trusting) else { return Perhaps::All };
        if self.folder.iter().any(|key| !filter.may_hold(key)) {
            return Perhaps::Nothing;
        }
        let perhaps = |at: &usize| self.keys.get(*at).and_then(Option::as_ref).is_none_or(|key| filter.may_hold(key));
        Perhaps::Some(wanted.iter().copied().filter(perhaps).collect())
    }

    /// Which of `wanted`, all of which one commit has as they are at the start, its parent has otherwise, and the parent's folder.
    /// Given are both trees, and the commit's folder if it is known; it is after this.
    fn changed(&self, trees: [&Oid; 2], mine: &mut Option<Oid>, wanted: &BTreeSet<usize>) -> Result<(BTreeSet<usize>, Option<Oid>)> {
        let [tree, parent] = trees;
        if tree == parent {
            return Ok((BTreeSet::new(), *mine));
        }
        if mine.is_none() {
            *mine = folder(self.odb, tree, self.path)?;
        }
        self.changed_since(parent, *mine, wanted)
    }

    /// The same, where the commit's folder need not be known.
    fn changed_since(&self, parent: &Oid, mine: Option<Oid>, wanted: &BTreeSet<usize>) -> Result<(BTreeSet<usize>, Option<Oid>)> {
        let Some(theirs) = folder(self.odb, parent, self.path)? else { return Ok((wanted.clone(), None)) };
        let changed = if mine == Some(theirs) { BTreeSet::new() } else { self.unlike(&theirs, wanted)? };
        Ok((changed, Some(theirs)))
    }

    /// Which of `wanted` are otherwise in this tree than they are at the start.
    fn unlike(&self, tree: &Oid, wanted: &BTreeSet<usize>) -> Result<BTreeSet<usize>> {
        let data = self.odb.find_kind(tree, Kind::Tree)?;
        if let Some(unlike) = self.unlike_by_bytes(&data, wanted) {
            return Ok(unlike);
        }
        // No further than to the last that is wanted: folders may have thousands of entries.
        let mut theirs = parse::entries(&data).peekable();
        let mut unlike = BTreeSet::new();
        for at in wanted {
            let Some(entry) = self.entries.get(*at) else { continue };
            while theirs.next_if(|theirs| theirs.as_ref().is_ok_and(|theirs| order(theirs, entry) == Ordering::Less)).is_some() {}
            let is_alike = match theirs.peek() {
                Some(Err(why)) => return Err(Error::corrupt(*tree, *why)),
                Some(Ok(theirs)) => order(theirs, entry) == Ordering::Equal && theirs.id == entry.id && mode(theirs) == mode(entry),
                None => false,
            };
            if !is_alike {
                unlike.insert(*at);
            }
        }
        Ok(unlike)
    }

    /// The same of a few, if the tree has all of them and in the same mode: by far the most often, and quickly told.
    fn unlike_by_bytes(&self, mut tree: &[u8], wanted: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        if wanted.len() > FEW {
            return None;
        }
        let mut unlike = BTreeSet::new();
        for at in wanted {
            let entry = self.entries.get(*at)?;
            let head = [format!("{:o} ", entry.mode).as_bytes(), entry.name].concat();
            if parse::id_behind(&mut tree, &head)? != entry.id.0 {
                unlike.insert(*at);
            }
        }
        Some(unlike)
    }

    /// Notes by which commit each of these was changed, unless a filter led to a commit of this tree and it has them otherwise.
    fn settle(&mut self, tree: &Oid, entries: BTreeSet<usize>, changed_by: impl Fn(usize) -> Option<Oid>) -> Result<()> {
        let folders = |at: &usize| self.entries.get(*at).is_some_and(Entry::is_tree);
        let folders: BTreeSet<usize> = entries.iter().copied().filter(folders).collect();
        let unlike = if !self.trusting || folders.is_empty() {
            BTreeSet::new()
        } else if let Some(mine) = folder(self.odb, tree, self.path)? {
            self.unlike(&mine, &folders)?
        } else {
            folders
        };
        for at in entries.difference(&unlike) {
            match (self.found.get_mut(*at), changed_by(*at)) {
                (Some(slot), Some(id)) => *slot = Some(id),
                _ => drop(self.doubted.insert(*at)),
            }
        }
        self.doubted.extend(unlike);
        Ok(())
    }
}
