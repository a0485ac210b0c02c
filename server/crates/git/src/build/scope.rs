//! A partial clone's filter, as far as it is judged here.

use hardie_domain::oid::Oid;

use crate::error::Result;
use crate::object::Kind;
use crate::odb::Odb;
use crate::upload::Filter;

/// What is sent of the trees of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Levels below a root, which is level 0; what lies deeper is not sent.
    levels: u64,
    /// Blobs of so many bytes or more are not sent.
    bytes: u64,
}

impl Scope {
    /// `None` if git has to judge this filter.
    pub(super) fn of(filter: Option<&Filter>) -> Option<Scope> {
        let everything = Scope { levels: u64::MAX, bytes: u64::MAX };
        match filter {
            None => Some(everything),
            Some(Filter::BlobNone) => Some(Scope { bytes: 0, ..everything }),
            Some(Filter::BlobLimit(bytes)) => Some(Scope { bytes: *bytes, ..everything }),
            Some(Filter::Tree(levels)) => Some(Scope { levels: *levels, ..everything }),
            Some(Filter::Kind(_) | Filter::Combine(_)) => None,
        }
    }

    /// Whether what lies at this level is sent.
    pub(super) fn takes_depth(&self, depth: u64) -> bool {
        depth < self.levels
    }

    /// Whether the same object is sent in one place and not in another.
    pub(super) fn depends_on_depth(&self) -> bool {
        self.levels != u64::MAX
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
        !self.depends_on_depth()
    }

    /// The same of blobs.
    pub(super) fn keeps_blobs(&self) -> bool {
        self.keeps_trees() && self.bytes == u64::MAX
    }

    /// Whether a delta's base of this kind can be taken for granted.
    pub(super) fn keeps(&self, kind: Kind) -> bool {
        match kind {
            Kind::Commit | Kind::Tag => true,
            Kind::Tree => self.keeps_trees(),
            Kind::Blob => self.keeps_blobs(),
        }
    }
}
