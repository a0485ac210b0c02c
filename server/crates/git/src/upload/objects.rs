//! What a fetch needs to know about objects, and what it finally asks for. The answers come from outside.

use hardie_domain::oid::Oid;

use super::filter::Filter;

/// Answers about one repository as one client may see it. Calls block and are made off the async runtime.
pub trait UploadObjects {
    /// Whether the object is stored and reachable from a ref that the client may see, so that it can serve as common ground.
    fn is_common(&self, oid: &Oid) -> Result<bool, ObjectsError>;
    /// Whether the client may have the object: a visible tip, or reachable from one.
    fn may_want(&self, oid: &Oid) -> Result<bool, ObjectsError>;
    /// The inflated sizes of objects, in their order; `None` for what the client may not have. Bounded as a whole.
    fn sizes(&self, oids: &[Oid]) -> Result<Vec<Option<u64>>, ObjectsError>;
    /// Whether every want reaches something in `common`: then more negotiation cannot make the pack much smaller.
    fn is_ready(&self, wants: &[Oid], common: &[Oid]) -> Result<bool, ObjectsError>;
    /// Where a shallow history ends.
    fn deepen(&self, deepen: &Deepen) -> Result<ShallowUpdate, ObjectsError>;
}

/// Why an answer is missing.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The question would cost more than allowed; the text goes to the client.
    #[error("{0}")]
    Limit(String),
    /// A stored object is damaged; the text goes to the client.
    #[error("{0}")]
    Damaged(String),
    /// Storage failed; the text goes to the log, the client sees only that the server failed.
    #[error(transparent)]
    Storage(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// A request to cut or to extend history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deepen {
    /// The tips that the client wants.
    pub wants: Vec<Oid>,
    /// Where to cut.
    pub cut: Cut,
    /// Commits that the client holds without their parents; only those that this repository knows.
    pub client_shallow: Vec<Oid>,
}

/// Where a shallow history is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At so many commits from the wants, or, if `relative`, from the client's present boundary. Never zero.
    /// ([`Cut::INFINITE`] is answered without asking.)
    Depth {
        /// Generations of commits; 1 is the tips alone.
        commits: u32,
        /// Counted from the client's boundary rather than from the tips.
        relative: bool,
    },
    /// Keep what is newer and not excluded; at least one of the two is given.
    Boundary {
        /// Commits whose committer date is at or after this many seconds since the epoch.
        since: Option<i64>,
        /// Commits not reachable from these.
        not: Vec<Oid>,
    },
}

impl Cut {
    /// The depth with which clients ask for everything (`--unshallow`).
    pub const INFINITE: u32 = 0x7fff_ffff;
}

/// How the client's boundary changes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ShallowUpdate {
    /// Commits that the client shall now hold without their parents, those that it already holds so left out. Only what the
    /// wants reach *under the new boundary*: where a merge is cut because one parent is excluded, the far end of its other
    /// parent's line is never sent, and a client that is told of it can never unshallow again.
    pub shallow: Vec<Oid>,
    /// Commits of the client's boundary whose parents it gets now. Always a subset of `client_shallow`.
    pub unshallow: Vec<Oid>,
}

/// Everything that decides which objects go into the pack, and in which form.
///
/// For `git pack-objects --revs --shallow`: one `--shallow ID` line for each of `client_shallow` and `new_shallow` (the
/// unshallowed ones too: the walk must stop where the client's history stops); then `wants` and the parents of each
/// `unshallow`; then `--not`, `common` and `unshallow` themselves.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct PackRequest {
    /// What the client asked for, each checked by [`UploadObjects::may_want`], without duplicates.
    pub wants: Vec<Oid>,
    /// What the client has and the server knows.
    pub common: Vec<Oid>,
    /// The client's boundary before this fetch; only commits that the server knows.
    pub client_shallow: Vec<Oid>,
    /// Commits added to the boundary by this fetch.
    pub new_shallow: Vec<Oid>,
    /// Commits taken out of the boundary by this fetch.
    pub unshallow: Vec<Oid>,
    /// Objects to leave out.
    pub filter: Option<Filter>,
    /// Whether deltas may refer to objects that the client has.
    pub thin: bool,
    /// Whether deltas may name their base by offset.
    pub ofs_delta: bool,
    /// Whether annotated tags of sent commits come along.
    pub include_tag: bool,
    /// Whether the client shows progress.
    pub progress: bool,
}
