//! What a name in an address means: a branch, a tag, or a commit that a visible ref reaches.

use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;
use hardie_git::odb::Prefix;
use hardie_git::{Kind, read};

use super::reading::{Reading, explain, read_authorised};
use crate::access::RepoAccess;
use crate::{App, Error, Result, damage};

/// What kind of name it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevKind {
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// Another ref, by its full name.
    Ref,
    /// A commit id.
    Commit,
}

impl RevKind {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            RevKind::Branch => "branch",
            RevKind::Tag => "tag",
            RevKind::Ref => "ref",
            RevKind::Commit => "commit",
        }
    }
}

/// A name and the commit that it means in this snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Short name of a branch or tag, full name of another ref, or the commit's id.
    pub name: String,
    /// What kind of name it is.
    pub kind: RevKind,
    /// The commit, through tags.
    pub commit: Oid,
}

/// The commit that a name means, for other use cases.
pub(crate) async fn commit_named(app: &App, access: &RepoAccess, name: &str) -> Result<Oid> {
    let name = name.to_owned();
    read_authorised(app, access, move |r| Ok(resolve(r, Some(&name))?.commit)).await
}

/// Whether a visible ref reaches a commit of this id; else `NotFound`.
pub(crate) async fn require_commit(app: &App, access: &RepoAccess, id: Oid) -> Result<()> {
    let found = read_authorised(app, access, move |r| match by_id(r, &id.to_hex())? {
        Some(id) => Ok(r.handle.odb.header(&id).map_err(explain)?.0 == Kind::Commit),
        None => Ok(false),
    });
    if found.await? { Ok(()) } else { Err(Error::NotFound("commit")) }
}

/// Looks a name up: a full ref name, then a branch, a tag, an id or the unique beginning of one. `None` and `HEAD` mean the default
/// branch. A branch wins over a tag of the same name, as people mean it on a page.
pub(super) fn resolve(reading: &Reading, name: Option<&str>) -> Result<Revision> {
    let refs = &reading.handle.refs;
    let Some(name) = name.filter(|n| !n.is_empty() && *n != "HEAD") else {
        let head = refs.head();
        let commit = head.oid.ok_or(Error::NotFound("default branch"))?;
        return Ok(Revision { name: head.target.short(), kind: RevKind::Branch, commit });
    };
    let full_names = [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}")];
    let candidates = full_names.iter().filter(|full| full.starts_with("refs/"));
    if let Some(found) = candidates.filter_map(|full| refs.find(full.as_bytes())).next() {
        let (kind, short) = kind_of(&found.name);
        let commit = match (found.peeled, kind) {
            // The rows say what an annotated tag points at; only its kind is left to look at.
            (Some(target), _) => read::peel_to_commit(&reading.handle.odb, &target).map_err(no_commit)?,
            (None, RevKind::Branch) => found.oid,
            (None, _) => read::peel_to_commit(&reading.handle.odb, &found.oid).map_err(no_commit)?,
        };
        return Ok(Revision { name: short, kind, commit });
    }
    let id = by_id(reading, name)?.ok_or(Error::NotFound("branch, tag or commit"))?;
    let commit = read::peel_to_commit(&reading.handle.odb, &id).map_err(no_commit)?;
    Ok(Revision { name: id.to_hex(), kind: RevKind::Commit, commit })
}

/// An object by its id, if a visible ref reaches it. Commits and annotated tags, which people name, also by the unique beginning
/// of one: sixty-five thousand guesses of four digits would list the files and folders of a whole history.
pub(super) fn by_id(reading: &Reading, hex: &str) -> Result<Option<Oid>> {
    let id = match reading.handle.odb.find_prefix(&hex.to_ascii_lowercase()) {
        Prefix::One(id) => id,
        // The same word about every id that no pack has which can be opened.
        Prefix::None if hex.len() == 40 && !reading.handle.odb.lost().is_empty() => return Err(damage::may_be_lost()),
        // Whether two ids begin alike may hang on objects that this asker must not know of: no word about it.
        Prefix::None | Prefix::Ambiguous => return Ok(None),
    };
    let is_whole = hex.len() == id.to_hex().len();
    if !is_whole && matches!(reading.handle.odb.header(&id).map_err(explain)?.0, Kind::Tree | Kind::Blob) {
        return Ok(None);
    }
    Ok(reading.may_read(&id)?.then_some(id))
}

fn kind_of(name: &RefName) -> (RevKind, String) {
    match (name.is_branch(), name.is_tag()) {
        (true, _) => (RevKind::Branch, name.short()),
        (_, true) => (RevKind::Tag, name.short()),
        _ => (RevKind::Ref, name.to_string()),
    }
}

fn no_commit(error: hardie_git::Error) -> Error {
    match error {
        hardie_git::Error::WrongKind { .. } => Error::NotFound("commit"),
        other => explain(other),
    }
}
