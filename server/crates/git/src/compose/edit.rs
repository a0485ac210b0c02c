//! A tree with some of its files changed. Only the folders on the way to these are read and written anew.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use hardie_domain::filepath::FilePath;
use hardie_domain::oid::Oid;

use super::{ComposeError, NewPack};
use crate::error::Error;
use crate::object::Kind;
use crate::odb::Odb;
use crate::read;

/// Git's mode of a folder.
const TREE: u32 = 0o040_000;
/// Entries of all folders that one edit may read.
const MOST_ENTRIES: usize = 200_000;
/// Bytes of all folders that one edit may hold.
const MOST_BYTES: u64 = 32 << 20;
/// What holding a folder takes beside its entries.
const OF_FOLDER: u64 = 1 << 10;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// One of git's five modes.
    pub mode: u32,
    /// The blob, the submodule's commit, or the tree as it was before the edit.
    pub id: Oid,
}

/// An edit under way.
pub struct TreeEdit<'a> {
    source: Source<'a>,
    top: Folder,
}

/// Where folders are read from, and how much may be.
struct Source<'a> {
    odb: &'a Odb,
    /// Entries.
    left: usize,
    bytes: u64,
}

/// An opened folder.
#[derive(Default)]
struct Folder {
    entries: BTreeMap<Vec<u8>, Node>,
    /// Its id, as long as nothing in it changed.
    id: Option<Oid>,
}

enum Node {
    Stored(Found),
    Open(Folder),
}

impl Source<'_> {
    /// Counts a folder of so many bytes, before they are in memory.
    fn count(&mut self, bytes: u64) -> Result<(), ComposeError> {
        self.bytes = self.bytes.checked_sub(bytes.saturating_add(OF_FOLDER)).ok_or_else(|| {
            Error::TooLarge(format!("the folders of these files have more than {MOST_BYTES} bytes: push the change with git"))
        })?;
        Ok(())
    }

    fn open(&mut self, id: Oid) -> Result<Folder, ComposeError> {
        let (_, size) = self.odb.header(&id)?;
        self.count(size)?;
        let mut entries = BTreeMap::new();
        for entry in read::tree(self.odb, &id)? {
            self.left = self.left.checked_sub(1).ok_or_else(|| {
                Error::TooLarge(format!("the folders of these files have more than {MOST_ENTRIES} entries: push the change with git"))
            })?;
            if entries.insert(entry.name, Node::Stored(Found { mode: entry.mode, id: entry.id })).is_some() {
                return Err(Error::TooLarge(format!("the folder {id} names one file twice: mend it with git first")).into());
            }
        }
        Ok(Folder { entries, id: Some(id) })
    }

    /// The folder that a node stands for; `None` if that is none.
    fn opened<'n>(&mut self, node: &'n mut Node) -> Result<Option<&'n mut Folder>, ComposeError> {
        if let Node::Stored(Found { mode: TREE, id }) = *node {
            *node = Node::Open(self.open(id)?);
        }
        Ok(match node {
            Node::Open(folder) => Some(folder),
            Node::Stored(_) => None,
        })
    }
}

impl Folder {
    /// Whether nothing is left in it: git keeps no such folder.
    fn is_bare(&self) -> bool {
        self.entries.values().all(|node| matches!(node, Node::Open(folder) if folder.is_bare()))
    }

    /// Writes the folders that changed; the id.
    fn write(self, pack: &mut NewPack) -> Result<Oid, ComposeError> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let mut lines = Vec::new();
        for (name, node) in self.entries {
            let found = match node {
                Node::Stored(found) => found,
                Node::Open(folder) if folder.is_bare() => continue,
                Node::Open(folder) => Found { mode: TREE, id: folder.write(pack)? },
            };
            lines.push((name, found.mode, found.id));
        }
        pack.add(Kind::Tree, &super::tree(lines))
    }
}

impl<'a> TreeEdit<'a> {
    /// Begins with a tree, or with nothing.
    pub fn new(odb: &'a Odb, tree: Option<Oid>) -> Result<TreeEdit<'a>, ComposeError> {
        let mut source = Source { odb, left: MOST_ENTRIES, bytes: MOST_BYTES };
        let top = tree.map(|id| source.open(id)).transpose()?.unwrap_or_default();
        Ok(TreeEdit { source, top })
    }

    /// What lies at a path now; `None` if nothing does.
    pub fn find(&mut self, path: &FilePath) -> Result<Option<Found>, ComposeError> {
        let (folders, name) = split(path);
        let mut here = &mut self.top;
        for part in folders {
            let Some(node) = here.entries.get_mut(part) else { return Ok(None) };
            here = match self.source.opened(node)? {
                Some(folder) => folder,
                None => return Ok(None),
            };
        }
        Ok(match here.entries.get(name) {
            None => None,
            Some(Node::Stored(found)) => Some(*found),
            Some(Node::Open(folder)) if folder.is_bare() => None,
            Some(Node::Open(folder)) => Some(Found { mode: TREE, id: folder.id.unwrap_or(Oid::ZERO) }),
        })
    }

    /// Puts a file there, in place of the one that may be there.
    pub fn put(&mut self, path: &FilePath, mode: u32, id: Oid) -> Result<(), ComposeError> {
        if self.find(path)?.is_some_and(|found| found.mode == TREE) {
            return Err(ComposeError::IsFolder(path.as_bytes().to_vec()));
        }
        let (_, name) = split(path);
        self.folder_of(path)?.entries.insert(name.to_vec(), Node::Stored(Found { mode, id }));
        Ok(())
    }

    /// Takes the file away that lies there.
    pub fn remove(&mut self, path: &FilePath) -> Result<(), ComposeError> {
        let (_, name) = split(path);
        self.folder_of(path)?.entries.remove(name);
        Ok(())
    }

    /// Adds the trees that changed to a pack; the id of the topmost.
    pub fn write(self, pack: &mut NewPack) -> Result<Oid, ComposeError> {
        self.top.write(pack)
    }

    /// The folder of a path, made where it is not there, to be changed.
    fn folder_of(&mut self, path: &FilePath) -> Result<&mut Folder, ComposeError> {
        let (folders, _) = split(path);
        let (mut here, mut length) = (&mut self.top, 0);
        here.id = None;
        for part in folders {
            length += part.len() + 1;
            let node = match here.entries.entry(part.to_vec()) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    self.source.count(0)?;
                    entry.insert(Node::Open(Folder::default()))
                }
            };
            let below_file = || ComposeError::BelowFile(path.as_bytes().get(..length - 1).unwrap_or_default().to_vec());
            here = self.source.opened(node)?.ok_or_else(below_file)?;
            here.id = None;
        }
        Ok(here)
    }
}

/// The folders on the way, and the name in the last of them.
fn split(path: &FilePath) -> (Vec<&[u8]>, &[u8]) {
    let mut parts: Vec<&[u8]> = path.parts().collect();
    let name = parts.pop().unwrap_or_default();
    (parts, name)
}
