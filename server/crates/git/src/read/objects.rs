//! Single commits and tags, and what a name finally points at.

use std::sync::Arc;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::{CommitInfo, Signature, Signed};

use super::{parse, signed};
use crate::error::{Error, Result};
use crate::object::Kind;
use crate::odb::Odb;

/// Tags that point at tags, followed at most so far.
const NESTED_TAGS: usize = 32;

/// An annotated tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagInfo {
    /// Its id.
    pub id: Oid,
    /// What it points at.
    pub target: Oid,
    /// The kind that it says the target has.
    pub target_kind: Kind,
    /// The name in the tag itself, which may differ from the ref's.
    pub name: Vec<u8>,
    /// Who tagged; old tags have none.
    pub tagger: Option<Signature>,
    /// The message as stored, signature included.
    pub message: Vec<u8>,
    /// What signs it, if anything does.
    pub signed: Option<Arc<Signed>>,
}

/// What an id is, and what is behind it if it is a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peeled {
    /// The object itself.
    pub kind: Kind,
    /// The first object behind it that is no tag; the object itself if it is none.
    pub target: Oid,
    /// That object's kind.
    pub target_kind: Kind,
}

/// One commit.
pub fn commit(odb: &Odb, id: &Oid) -> Result<CommitInfo> {
    let data = odb.find_kind(id, Kind::Commit)?;
    parse::commit(*id, &data).ok_or_else(|| Error::corrupt(*id, "the commit names no tree"))
}

/// The part of a commit that walks need.
pub fn commit_node(odb: &Odb, id: &Oid) -> Result<parse::CommitNode> {
    let data = odb.find_kind(id, Kind::Commit)?;
    parse::commit_node(&data).ok_or_else(|| Error::corrupt(*id, "the commit names no tree"))
}

/// One annotated tag.
pub fn tag(odb: &Odb, id: &Oid) -> Result<TagInfo> {
    let data = odb.find_kind(id, Kind::Tag)?;
    let target = parse::header(&data, b"object").and_then(Oid::from_hex);
    let target_kind = parse::header(&data, b"type").and_then(Kind::parse);
    let (Some(target), Some(target_kind)) = (target, target_kind) else {
        return Err(Error::corrupt(*id, "the tag names no object"));
    };
    Ok(TagInfo {
        id: *id,
        target,
        target_kind,
        name: parse::header(&data, b"tag").unwrap_or_default().to_vec(),
        tagger: parse::header(&data, b"tagger").map(parse::signature),
        message: parse::body(&data).to_vec(),
        signed: signed::tag(&data).map(Arc::new),
    })
}

/// Follows tags to what they tag. The kinds are those of the stored objects, not what a tag says.
pub fn peel(odb: &Odb, id: &Oid) -> Result<Peeled> {
    let kind = odb.header(id)?.0;
    let (mut target, mut target_kind) = (*id, kind);
    for _ in 0..NESTED_TAGS {
        if target_kind != Kind::Tag {
            return Ok(Peeled { kind, target, target_kind });
        }
        target = tag(odb, &target)?.target;
        target_kind = odb.header(&target)?.0;
    }
    Err(Error::TooLarge(format!("tag {id} is nested more than {NESTED_TAGS} times")))
}

/// The commit that an id names, through tags.
pub fn peel_to_commit(odb: &Odb, id: &Oid) -> Result<Oid> {
    let peeled = peel(odb, id)?;
    match peeled.target_kind {
        Kind::Commit => Ok(peeled.target),
        found => Err(Error::WrongKind { id: *id, found, expected: Kind::Commit }),
    }
}

/// The tree that an id names, through tags and commits.
pub fn peel_to_tree(odb: &Odb, id: &Oid) -> Result<Oid> {
    let peeled = peel(odb, id)?;
    match peeled.target_kind {
        Kind::Commit => Ok(commit_node(odb, &peeled.target)?.tree),
        Kind::Tree => Ok(peeled.target),
        found => Err(Error::WrongKind { id: *id, found, expected: Kind::Tree }),
    }
}
