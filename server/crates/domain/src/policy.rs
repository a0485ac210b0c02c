//! The call of a policy, as `app` asks for it and `plugin-host` answers it: plain data and one trait without IO of its own.

use std::sync::Arc;

use crate::access::Role;
use crate::delivery::Services;
use crate::ids::{AccountId, InstallationId, PushId, RepoId};
use crate::oid::Oid;
use crate::plugin::{CommitInfo, Digest, PolicyOutcome, Source, Usage};
use crate::push::{Door, RefUpdate};

/// One call of one installed policy over one push.
#[derive(Clone)]
pub struct PolicyCall {
    /// For which installation: those that ask others have a share of the places each. Zero where none is installed.
    pub installation: InstallationId,
    /// Which component.
    pub digest: Digest,
    /// Its configuration, JSON, already accepted by the component at install.
    pub config: Arc<str>,
    /// What is pushed, and by whom.
    pub push: Arc<PushFacts>,
    /// The repository with this push's quarantine on top.
    pub repository: Arc<dyn PushRepository>,
    /// Names all that `repository` can show: two calls over the same basis and equal facts read the same. `None` where that cannot be told;
    /// then no answer is kept and none that was kept is given.
    pub basis: Option<Basis>,
    /// Whom a component of the world `policy-online` asks; it is not run without. The others ask nobody.
    pub services: Option<Arc<dyn Services>>,
    /// Whether nobody waits with a push for the answer: such calls run one at a time and take no place of a push.
    pub background: bool,
    /// Whether whoever asks has nothing else to do: then it may run where it is asked for, which spares two ways between threads. What
    /// runs there cannot be given up before it ends.
    pub here: bool,
}

/// A repository at one moment, with what one push brought to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Basis {
    /// The repository.
    pub repo: RepoId,
    /// Moves with each change of its refs, packs and settings.
    pub generation: i64,
    /// The pack that the push brought, by the hash of its bytes; `None` if it brought none.
    pub pack: Option<[u8; 32]>,
    /// How many of the pack's objects the pusher sent; those behind them were copied in from the repository.
    pub carried: u32,
    /// The new ids that its window shows, in the order of the push; null where an update goes away or was refused before.
    pub tips: Vec<Oid>,
}

/// The facts of a push that a policy may know.
#[derive(Clone, Debug)]
pub struct PushFacts {
    /// The push.
    pub id: PushId,
    /// The repository.
    pub repo: RepoId,
    /// `owner/name`.
    pub repo_path: String,
    /// The branch that HEAD names.
    pub default_branch: String,
    /// Who pushes.
    pub actor: AccountId,
    /// The pusher's name.
    pub actor_name: String,
    /// The pusher's effective role.
    pub role: Role,
    /// SSH, HTTP or API.
    pub door: Door,
    /// Push options as sent (`git push -o`).
    pub options: Vec<String>,
    /// The updates, in the order of the push.
    pub updates: Vec<UpdateFacts>,
}

/// One update and what the history says about it.
#[derive(Clone, Debug)]
pub struct UpdateFacts {
    /// The update itself.
    pub update: RefUpdate,
    /// Whether it drops commits that the ref had.
    pub forced: bool,
}

/// How a call ended, what it used and what it logged.
#[derive(Clone, Debug)]
pub struct PolicyReport {
    /// Verdicts or a fault.
    pub outcome: PolicyOutcome,
    /// Where the answer came from.
    pub source: Source,
    /// What it cost; nothing if it did not run.
    pub usage: Usage,
    /// Its log, cut at the limits, control characters escaped.
    pub log: Vec<String>,
}

/// Read access to one repository and one push's quarantine. Bounded: every list is paged.
///
/// Calls block (they read packs from disk) and must be made off the async runtime.
pub trait PushRepository: Send + Sync {
    /// Commits that update `update` reaches and no existing ref did, newest first.
    fn new_commits(&self, update: usize, start: usize, limit: usize) -> Result<Vec<CommitInfo>, ReadError>;
    /// Objects of `kind` (`blob`, `tree`, `commit`, `tag`, or `` for all) that the updates reach and no existing ref did.
    fn new_objects(&self, kind: &str, start: usize, limit: usize) -> Result<Vec<NewObject>, ReadError>;
    /// One commit.
    fn commit(&self, id: Oid) -> Result<CommitInfo, ReadError>;
    /// Entries of a tree, in git's order.
    fn tree(&self, id: Oid, start: usize, limit: usize) -> Result<Vec<TreeEntry>, ReadError>;
    /// The size of a blob in bytes.
    fn blob_size(&self, id: Oid) -> Result<u64, ReadError>;
    /// Up to `length` bytes of a blob from `offset`.
    fn blob_range(&self, id: Oid, offset: u64, length: u64) -> Result<Vec<u8>, ReadError>;
    /// Paths that differ between two commits or trees (null id: the empty tree), in path order.
    fn changes(&self, old: Oid, new: Oid, start: usize, limit: usize) -> Result<Vec<Change>, ReadError>;
    /// Whether the first commit is an ancestor of the second (or the same).
    fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, ReadError>;
    /// What a ref is before this push.
    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, ReadError>;
}

/// Why a read failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No such object here, or none that this push may see.
    #[error("no such object")]
    NotFound,
    /// It is another kind of object.
    #[error("the object is not a {0}")]
    WrongKind(&'static str),
    /// The read would pass a bound; the text names it.
    #[error("{0}")]
    TooLarge(String),
    /// Storage failed.
    #[error("{0}")]
    Storage(String),
}

/// A new object, with the path under which it was found first (empty for commits and tags).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// Its id.
    pub id: Oid,
    /// `blob`, `tree`, `commit` or `tag`.
    pub kind: &'static str,
    /// Inflated bytes.
    pub size: u64,
    /// Path in the first tree that holds it.
    pub path: Vec<u8>,
    /// The mode under which that tree holds it; 0 for commits and tags.
    pub mode: u32,
    /// The new commit that brings it, parents looked at before children; null for tags.
    pub commit: Oid,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// File name, bytes.
    pub name: Vec<u8>,
    /// Git's mode: 0o100644, 0o100755, 0o120000, 0o040000, 0o160000.
    pub mode: u32,
    /// The object.
    pub id: Oid,
}

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path, bytes.
    pub path: Vec<u8>,
    /// Mode and id before; `None` if it is new.
    pub old: Option<(u32, Oid)>,
    /// Mode and id after; `None` if it is gone.
    pub new: Option<(u32, Oid)>,
}
