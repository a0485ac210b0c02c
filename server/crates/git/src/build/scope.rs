//! A partial clone's filter, as far as it is judged here.

use hardie_domain::oid::Oid;

use crate::error::Result;
use crate::object::Kind;
use crate::odb::Odb;
use crate::upload::Filter;

/// What is sent beside what was asked for by id, which is always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Commits are sent.
    commits: bool,
    /// Trees are sent. If not, they are gone through all the same, for what is in them.
    trees: bool,
    /// Levels below a root, which is level 0; what lies deeper is not sent, nor gone through.
    levels: u64,
    /// Blobs of so many bytes or more are not sent.
    bytes: u64,
}

impl Scope {
    const ALL: Scope = Scope { commits: true, trees: true, levels: u64::MAX, bytes: u64::MAX };

    /// What a filter lets through.
    pub(super) fn of(filter: Option<&Filter>) -> Scope {
        match filter {
            None => Scope::ALL,
            Some(Filter::BlobNone) => Scope { bytes: 0, ..Scope::ALL },
            Some(Filter::BlobLimit(bytes)) => Scope { bytes: *bytes, ..Scope::ALL },
            Some(Filter::Tree(levels)) => Scope { levels: *levels, ..Scope::ALL },
            Some(Filter::Kind(Kind::Commit)) => Scope { levels: 0, ..Scope::ALL },
            Some(Filter::Kind(Kind::Tree)) => Scope { commits: false, bytes: 0, ..Scope::ALL },
            Some(Filter::Kind(Kind::Blob)) => Scope { commits: false, trees: false, ..Scope::ALL },
            // A tag is sent if it was asked for, or comes along with what it names.
            Some(Filter::Kind(Kind::Tag)) => Scope { commits: false, levels: 0, ..Scope::ALL },
            Some(Filter::Combine(parts)) => parts.iter().map(|part| Scope::of(Some(part))).fold(Scope::ALL, Scope::and),
        }
    }

    /// What passes both.
    fn and(self, other: Scope) -> Scope {
        Scope {
            commits: self.commits && other.commits,
            trees: self.trees && other.trees,
            levels: self.levels.min(other.levels),
            bytes: self.bytes.min(other.bytes),
        }
    }

    /// Whether a commit is sent that nobody asked for by id.
    pub(super) fn takes_commits(&self) -> bool {
        self.commits
    }

    /// Whether a tree is sent that nobody asked for by id.
    pub(super) fn takes_trees(&self) -> bool {
        self.trees
    }

    /// Whether what lies at this level is sent.
    pub(super) fn takes_depth(&self, depth: u64) -> bool {
        depth < self.levels
    }

    /// Whether the same object is sent in one place and not in another.
    pub(super) fn depends_on_depth(&self) -> bool {
        self.levels != u64::MAX
    }

    /// Whether kind and size of an object tell whether it is sent, wherever it lies; commits are.
    pub(super) fn is_flat(&self) -> bool {
        self.commits && self.trees && matches!(self.levels, 0 | u64::MAX)
    }

    /// Whether all blobs of sent trees are sent.
    pub(super) fn takes_every_blob(&self) -> bool {
        self.bytes == u64::MAX
    }

    /// Whether none of them is.
    pub(super) fn takes_no_blob(&self) -> bool {
        self.bytes == 0
    }

    /// Whether a blob of a sent tree is sent.
    pub(super) fn takes_blob(&self, odb: &Odb, id: &Oid) -> Result<bool> {
        match self.bytes {
            0 => Ok(false),
            u64::MAX => Ok(true),
            bytes => Ok(odb.header(id)?.1 < bytes),
        }
    }

    /// Whether a client that fetched under this filter before has every tree, and may be sent deltas against them.
    pub(super) fn keeps_trees(&self) -> bool {
        !self.depends_on_depth() && self.commits && self.trees
    }

    /// The same of blobs.
    pub(super) fn keeps_blobs(&self) -> bool {
        self.keeps_trees() && self.bytes == u64::MAX
    }

    /// Whether a delta's base of this kind can be taken for granted.
    pub(super) fn keeps(&self, kind: Kind) -> bool {
        match kind {
            Kind::Commit | Kind::Tag => self.commits,
            Kind::Tree => self.keeps_trees(),
            Kind::Blob => self.keeps_blobs(),
        }
    }
}
