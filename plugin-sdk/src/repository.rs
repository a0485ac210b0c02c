//! The repository, read-only, with the push's objects on top.

use std::rc::Rc;

use crate::error::Error;
use crate::oid::Oid;
use crate::pages::Pages;
use crate::push::RefUpdate;

/// Where reads go: to the server, or to a mock.
pub(crate) trait RepositorySource {
    fn new_commits(&self, update: u32, start: u32, limit: u32) -> Result<Vec<Commit>, Error>;
    fn new_objects(&self, kind: &str, start: u32, limit: u32) -> Result<Vec<NewObject>, Error>;
    fn commit(&self, id: &Oid) -> Result<Commit, Error>;
    fn tree(&self, id: &Oid, start: u32, limit: u32) -> Result<Vec<TreeEntry>, Error>;
    fn blob_size(&self, id: &Oid) -> Result<u64, Error>;
    fn blob_range(&self, id: &Oid, offset: u64, length: u32) -> Result<Vec<u8>, Error>;
    fn changes(&self, old: Option<&Oid>, new: Option<&Oid>, start: u32, limit: u32) -> Result<Vec<Change>, Error>;
    fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool, Error>;
    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, Error>;
}

pub(crate) trait CommitSource {
    fn id(&self) -> Oid;
    fn tree(&self) -> Oid;
    fn parents(&self) -> Vec<Oid>;
    fn author(&self) -> Signature;
    fn committer(&self) -> Signature;
    fn message(&self) -> Vec<u8>;
}

/// The repository as it would be: what it has, and this push's objects. Every read is a call to the server.
pub struct Repository<'a>(pub(crate) &'a dyn RepositorySource);

impl<'a> Repository<'a> {
    /// Commits that the update brings: those that no existing ref reaches, newest first. None for a deletion.
    pub fn new_commits(&self, update: &RefUpdate) -> Pages<'a, Commit> {
        let (source, index) = (self.0, update.index);
        Pages::new(move |start, limit| source.new_commits(index, start, limit))
    }

    /// Blobs that the push brings, each once with the path and commit where it was found first; for the others see
    /// [`Places`](crate::Places).
    pub fn new_blobs(&self) -> Pages<'a, NewObject> {
        self.new_objects("blob")
    }

    /// Objects that the push brings: `blob`, `tree`, `commit`, `tag`, or all for an empty `kind`.
    pub fn new_objects(&self, kind: &str) -> Pages<'a, NewObject> {
        let (source, kind) = (self.0, kind.to_owned());
        Pages::new(move |start, limit| source.new_objects(&kind, start, limit))
    }

    /// One commit.
    ///
    /// # Errors
    /// If there is no such commit here.
    pub fn commit(&self, id: &Oid) -> Result<Commit, Error> {
        self.0.commit(id)
    }

    /// The entries of a tree.
    pub fn tree(&self, id: &Oid) -> Pages<'a, TreeEntry> {
        let (source, id) = (self.0, id.clone());
        Pages::new(move |start, limit| source.tree(&id, start, limit))
    }

    /// The size of a blob in bytes.
    ///
    /// # Errors
    /// If there is no such blob here.
    pub fn blob_size(&self, id: &Oid) -> Result<u64, Error> {
        self.0.blob_size(id)
    }

    /// Up to `length` bytes of a blob from `offset`, at most 1 MiB.
    ///
    /// # Errors
    /// If there is no such blob here.
    pub fn blob_range(&self, id: &Oid, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        self.0.blob_range(id, offset, length)
    }

    /// Paths that differ between two commits or trees; `None` is the empty tree.
    pub fn changes(&self, old: Option<&Oid>, new: Option<&Oid>) -> Pages<'a, Change> {
        let (source, old, new) = (self.0, old.cloned(), new.cloned());
        Pages::new(move |start, limit| source.changes(old.as_ref(), new.as_ref(), start, limit))
    }

    /// What a commit has at a path: a file or a folder. Asks for the commit and for each folder on the way.
    ///
    /// # Errors
    /// If there is no such commit here.
    pub fn entry(&self, commit: &Oid, path: &[u8]) -> Result<Option<TreeEntry>, Error> {
        let mut folder = self.commit(commit)?.tree();
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            let found = self.tree(&folder).find(|entry| entry.as_ref().map_or(true, |entry| entry.name == part));
            match found.transpose()? {
                Some(entry) if parts.peek().is_none() => return Ok(Some(entry)),
                Some(entry) if entry.mode == FileMode::TREE => folder = entry.id,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Whether the first commit is an ancestor of the second, or the same.
    ///
    /// # Errors
    /// If one of them is not here.
    pub fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool, Error> {
        self.0.is_ancestor(ancestor, descendant)
    }

    /// What a ref is before this push.
    ///
    /// # Errors
    /// If the name makes no sense.
    pub fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, Error> {
        self.0.read_ref(name)
    }
}

/// A commit. Its parts are fetched when asked for.
#[derive(Clone)]
pub struct Commit(pub(crate) Rc<dyn CommitSource>);

impl Commit {
    /// Its id.
    pub fn id(&self) -> Oid {
        self.0.id()
    }

    /// Its tree.
    pub fn tree(&self) -> Oid {
        self.0.tree()
    }

    /// Its parents, first parent first.
    pub fn parents(&self) -> Vec<Oid> {
        self.0.parents()
    }

    /// Who wrote it.
    pub fn author(&self) -> Signature {
        self.0.author()
    }

    /// Who committed it.
    pub fn committer(&self) -> Signature {
        self.0.committer()
    }

    /// The first 64 KiB of its message, as stored.
    pub fn message_bytes(&self) -> Vec<u8> {
        self.0.message()
    }

    /// The message, with U+FFFD for what is not UTF-8.
    pub fn message(&self) -> String {
        String::from_utf8_lossy(&self.0.message()).into_owned()
    }

    /// The message's first line.
    pub fn subject(&self) -> String {
        self.message().lines().next().unwrap_or_default().to_owned()
    }
}

impl std::fmt::Debug for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Commit({})", self.id())
    }
}

/// Name, address and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// As stored.
    pub name: Vec<u8>,
    /// As stored.
    pub email: Vec<u8>,
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Offset from UTC in minutes, east positive.
    pub offset_minutes: i32,
}

/// An object that the push brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its id.
    pub id: Oid,
    /// `blob`, `tree`, `commit` or `tag`.
    pub kind: String,
    /// Bytes, inflated.
    pub size: u64,
    /// Where it was found first; empty for commits and tags.
    pub path: Vec<u8>,
    /// As what it was found there.
    pub mode: FileMode,
    /// The first new commit that holds it; `None` for tags.
    pub commit: Option<Oid>,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// File name.
    pub name: Vec<u8>,
    /// What it is.
    pub mode: FileMode,
    /// The object.
    pub id: Oid,
}

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: Vec<u8>,
    /// Before; `None` if it is new.
    pub old: Option<ChangeSide>,
    /// After; `None` if it is gone.
    pub new: Option<ChangeSide>,
}

/// One side of a changed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSide {
    /// What it is.
    pub mode: FileMode,
    /// The object.
    pub id: Oid,
}

/// Git's mode of a tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMode(pub u32);

impl FileMode {
    /// A plain file.
    pub const FILE: FileMode = FileMode(0o100_644);
    /// An executable file.
    pub const EXECUTABLE: FileMode = FileMode(0o100_755);
    /// A symbolic link.
    pub const SYMLINK: FileMode = FileMode(0o120_000);
    /// A tree.
    pub const TREE: FileMode = FileMode(0o040_000);
    /// A submodule.
    pub const SUBMODULE: FileMode = FileMode(0o160_000);
}
