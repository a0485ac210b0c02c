//! Objects as they come out of a pack, and the bridge to gix's own types.

use std::fmt;

use bytes::Bytes;
use hardie_domain::oid::Oid;

/// The four kinds of git objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file's content.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// git's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Tag => "tag",
        }
    }

    /// The reverse of [`Kind::as_str`].
    pub fn parse(word: &[u8]) -> Option<Kind> {
        [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag].into_iter().find(|k| k.as_str().as_bytes() == word)
    }

    pub(crate) fn from_gix(kind: gix::objs::Kind) -> Kind {
        match kind {
            gix::objs::Kind::Commit => Kind::Commit,
            gix::objs::Kind::Tree => Kind::Tree,
            gix::objs::Kind::Blob => Kind::Blob,
            gix::objs::Kind::Tag => Kind::Tag,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One object, inflated. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its content without git's `kind size\0` header.
    pub data: Bytes,
}

impl Object {
    /// Its id, computed from its bytes; `None` if they were made to collide.
    pub(crate) fn id(&self) -> Option<Oid> {
        id_of(self.kind, &self.data)
    }
}

/// The id of an object; `None` if it was made to collide.
pub(crate) fn id_of(kind: Kind, data: &[u8]) -> Option<Oid> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(format!("{kind} {}\0", data.len()).as_bytes());
    hasher.update(data);
    hasher.try_finalize().ok()?.as_bytes().try_into().ok().map(Oid)
}

pub(crate) fn to_gix(id: &Oid) -> gix::ObjectId {
    gix::ObjectId::Sha1(id.0)
}

pub(crate) fn from_gix(id: &gix::oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).unwrap_or(Oid::ZERO)
}
