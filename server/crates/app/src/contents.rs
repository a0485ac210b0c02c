//! Files changed without git: a commit is made here, and goes through the same door as a push.
//!
//! Start reading at [`change_files`], then `operations` (what happens to the tree).

mod operations;
mod shown;

use std::sync::Arc;

use hardie_domain::error::Invalid;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::RefUpdate;
use hardie_domain::refname::RefName;
use hardie_git::compose::{self, ComposeError, Found, NewPack, TreeEdit};
use hardie_git::{Kind, read};

use crate::authorship::{Doer, message, signed_off};
pub use crate::authorship::{Moment, Person};
use crate::branches::new_branch;
use crate::browse::{CommitInfo, CommitView, FileView, Reading, RevKind, Revision, read_authorised, with_person};
pub use crate::push::RefMover;
use crate::{App, Ctx, Error, Result};
pub use operations::{Action, Operation};

/// The most files of one commit.
pub const MOST_FILES: usize = 1000;
/// The most bytes of their contents together.
pub const MOST_BYTES: usize = 16 << 20;
/// How often a commit is made anew because its branch moved meanwhile.
const TRIES: usize = 3;

/// A commit that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The short name of the branch that it builds on; the default branch if absent.
    pub branch: Option<String>,
    /// The short name of a branch that is made for it, in place of moving the other.
    pub new_branch: Option<String>,
    /// One is made up if it is empty.
    pub message: String,
    /// Who wrote it; the committer if absent.
    pub author: Option<Person>,
    /// Who committed it; the author if absent. If both are, whoever asks.
    pub committer: Option<Person>,
    /// When it was written; now if absent.
    pub authored_at: Option<Moment>,
    /// When it was committed; now if absent.
    pub committed_at: Option<Moment>,
    /// Whether the committer vouches for it in a last line.
    pub signoff: bool,
    /// What happens, one after the other.
    pub operations: Vec<Operation>,
}

/// A commit that was made.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The commit.
    pub commit: CommitView,
    /// The files that it wrote, in the order of the operations, as they are in it. Contents up to
    /// [`crate::browse::MAX_SHOWN_BYTES`] in all.
    pub files: Vec<FileView>,
}

/// Lets somebody in who wants to change files, before their files are read.
pub async fn begin(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<RefMover> {
    RefMover::new(app, ctx, path).await
}

/// Makes the commit. If its branch moves meanwhile, it is made anew upon that, as long as the files are what the operations say.
///
/// Fails with `Conflict` where a file or the branch is not any more what somebody saw, `NotFound` where a branch or file is not there,
/// `Forbidden` where rules or policies refuse.
pub async fn change_files(mover: &RefMover, change: Change) -> Result<Changed> {
    check_size(&change)?;
    let (app, ctx) = (mover.app(), mover.ctx());
    let (change, doer) = (Arc::new(change), Doer::find(app, ctx).await?);
    let (mut tries, mut seen) = (0, Vec::new());
    loop {
        let (change, doer) = (Arc::clone(&change), doer.clone());
        // The work goes on for a while when the asker leaves, and their turn is taken as long.
        let kept = mover.clone();
        let made = read_authorised(app, mover.access(), move |reading| {
            let _turn = kept;
            make(reading, &change, &doer, &seen)
        })
        .await?;
        seen = made.seen;
        tries += 1;
        match mover.push(vec![made.update], Some(made.pack)).await {
            Ok(()) => return Ok(Changed { commit: with_person(app, ctx, made.commit).await?, files: made.files }),
            Err(Error::Conflict(_)) if tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

fn check_size(change: &Change) -> Result<()> {
    let bytes: usize = change.operations.iter().filter_map(|operation| operation.content.as_ref()).map(Vec::len).sum();
    match change.operations.len() {
        0 => Err(Invalid::new("files", "names no file to change").into()),
        count if count > MOST_FILES => Err(Error::Quota(format!("one commit may change {MOST_FILES} files here: push it with git"))),
        _ if bytes > MOST_BYTES => {
            Err(Error::Quota(format!("the files of one commit may have {MOST_BYTES} bytes together here: push it with git")))
        }
        _ => Ok(()),
    }
}

/// A commit that no ref names yet.
struct Made {
    update: RefUpdate,
    pack: Vec<u8>,
    commit: CommitInfo,
    files: Vec<FileView>,
    /// What each operation found.
    seen: Vec<Option<Found>>,
}

fn make(reading: &Reading, change: &Change, doer: &Doer, before: &[Option<Found>]) -> Result<Made> {
    let odb = &reading.handle.odb;
    let (name, old, parent) = place(reading, change)?;
    let tree = parent.map(|id| read::commit(odb, &id)).transpose().map_err(|error| explain(error.into()))?.map(|commit| commit.tree);
    let mut edit = TreeEdit::new(odb, tree).map_err(explain)?;
    let mut pack = NewPack::default();
    let (written, seen) = operations::apply(&mut edit, &mut pack, &change.operations, before)?;
    let tree = edit.write(&mut pack).map_err(explain)?;
    let parents: Vec<Oid> = parent.into_iter().collect();
    let (author, committer) = (change.author.as_ref(), change.committer.as_ref());
    let [of_author, of_committer] = [["author.name", "author.email"], ["committer.name", "committer.email"]];
    let author_fields = if author.is_some() { of_author } else { of_committer };
    let committer_fields = if committer.is_some() { of_committer } else { of_author };
    let author_of = doer.signature(author.or(committer), change.authored_at, author_fields)?;
    let committer = doer.signature(committer.or(author), change.committed_at, committer_fields)?;
    let mut text = message(&change.message, || operations::subject(&change.operations))?;
    if change.signoff {
        text = signed_off(&text, &committer);
    }
    let object = compose::commit(&tree, &parents, &author_of, &committer, text.as_bytes());
    let id = pack.add(Kind::Commit, &object).map_err(explain)?;
    let commit = CommitInfo { id, tree, parents, author: author_of, committer, message: text.into_bytes(), signed: None };
    let rev = Revision { name: name.short(), kind: RevKind::Branch, commit: id };
    let files = shown::files(reading, &rev, &commit, &written)?;
    Ok(Made { update: RefUpdate { name, old, new: id }, pack: pack.finish(), commit, files, seen })
}

/// The branch that moves, what it is now, and the commit to build on, which the first of a repository has not.
fn place(reading: &Reading, change: &Change) -> Result<(RefName, Oid, Option<Oid>)> {
    let (refs, snapshot) = (&reading.handle.refs, &reading.handle.snapshot);
    let base = match change.branch.as_deref().filter(|name| !name.is_empty()) {
        Some(short) => new_branch("branch", short)?,
        None => refs.head().target.clone(),
    };
    let tip = |name: &RefName| refs.find(name.as_bytes()).map(|found| found.oid);
    let parent = tip(&base);
    if parent.is_none() && !snapshot.refs.is_empty() {
        return Err(Error::NotFound("branch"));
    }
    let target = match change.new_branch.as_deref().filter(|name| !name.is_empty()) {
        Some(short) => new_branch("new_branch", short)?,
        None => base.clone(),
    };
    if target == base {
        return Ok((base, parent.unwrap_or(Oid::ZERO), parent));
    }
    match tip(&target) {
        Some(_) => Err(Error::Conflict(format!("the branch {} exists already", target.short()))),
        None => Ok((target, Oid::ZERO, parent)),
    }
}

/// What composing something means to whoever asked for it.
pub(crate) fn explain(error: ComposeError) -> Error {
    let text = error.to_string();
    match error {
        ComposeError::BelowFile(_) | ComposeError::IsFolder(_) => Invalid::new("path", text).into(),
        ComposeError::Collision => Invalid::new("content", text).into(),
        ComposeError::Git(error) => crate::browse::explain(error),
    }
}
