//! Files and blobs.

use std::time::Duration;

use bytes::Bytes;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_git::diff::lines::is_binary;
use hardie_git::read::{LogQuery, log, peel_to_tree};

use super::listing::{EntryKind, at};
use super::reading::{Reading, explain, read};
use super::revision::{self, Revision};
use crate::{App, Ctx, Error, Result};

/// Larger files are not shown on a page, only offered for download.
pub const MAX_SHOWN_BYTES: u64 = 1 << 20;
/// Larger blobs are for `git clone`: each is held in memory while it is sent.
pub const MAX_RAW_BYTES: u64 = 128 << 20;
/// The commit that last touched a file is looked for so long.
const LAST_COMMIT_TIME: Duration = Duration::from_secs(2);

/// A file at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileView {
    /// What was asked for.
    pub rev: Revision,
    /// The path. Bytes.
    pub path: Vec<u8>,
    /// File, executable or symbolic link.
    pub kind: EntryKind,
    /// Git's mode.
    pub mode: u32,
    /// The blob.
    pub oid: Oid,
    /// Its bytes.
    pub size: u64,
    /// The content; `None` above [`MAX_SHOWN_BYTES`].
    pub content: Option<Bytes>,
    /// Whether git would call it binary.
    pub is_binary: bool,
    /// The commit that last touched it, if it was found in time.
    pub last_commit: Option<CommitInfo>,
}

/// A file for a page. Fails with `NotFound` for a folder or a submodule.
pub async fn file(app: &App, ctx: &Ctx, path: &RepoPath, rev: Option<&str>, file: &[u8]) -> Result<FileView> {
    let (rev, file) = (rev.map(str::to_owned), file.to_vec());
    read(app, ctx, path, move |r| {
        let (rev, entry, kind) = find(r, rev.as_deref(), &file)?;
        let odb = &r.handle.odb;
        let size = odb.blob_size(&entry.id).map_err(explain)?;
        let content = match size <= MAX_SHOWN_BYTES {
            true => Some(odb.blob(&entry.id, MAX_SHOWN_BYTES).map_err(explain)?),
            false => None,
        };
        let head = match &content {
            Some(content) => content.clone(),
            None => odb.blob_range(&entry.id, 0, 8000).map_err(explain)?,
        };
        let query = LogQuery { tips: vec![rev.commit], path: file.clone(), limit: 1, ..LogQuery::default() };
        let last = log(odb, &query, &mut r.spare_budget(LAST_COMMIT_TIME)).map_err(explain)?;
        let last_commit = last.commits.into_iter().next();
        let is_binary = is_binary(&head);
        Ok(FileView { rev, path: file, kind, mode: entry.mode, oid: entry.id, size, content, is_binary, last_commit })
    })
    .await
}

/// A blob's bytes, as they are. Whoever sends them must keep them out of the UI's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// The blob.
    pub oid: Oid,
    /// The last part of the path. Bytes.
    pub name: Vec<u8>,
    /// The content.
    pub content: Bytes,
    /// Whether git would call it binary.
    pub is_binary: bool,
}

/// A file's bytes.
pub async fn raw(app: &App, ctx: &Ctx, path: &RepoPath, rev: Option<&str>, file: &[u8]) -> Result<Raw> {
    let (rev, file) = (rev.map(str::to_owned), file.to_vec());
    read(app, ctx, path, move |r| {
        let (_, entry, _) = find(r, rev.as_deref(), &file)?;
        let content = r.handle.odb.blob(&entry.id, MAX_RAW_BYTES).map_err(explain)?;
        Ok(Raw { oid: entry.id, name: entry.name, is_binary: is_binary(&content), content })
    })
    .await
}

/// A blob by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobView {
    /// Its id.
    pub oid: Oid,
    /// Its bytes.
    pub size: u64,
    /// The content; `None` above [`MAX_SHOWN_BYTES`].
    pub content: Option<Bytes>,
}

/// A blob by its id, if a visible ref reaches it.
pub async fn blob(app: &App, ctx: &Ctx, path: &RepoPath, id: &str) -> Result<BlobView> {
    let id = id.to_owned();
    read(app, ctx, path, move |r| {
        let oid = revision::by_id(r, &id)?.ok_or(Error::NotFound("blob"))?;
        let size = r.handle.odb.blob_size(&oid).map_err(explain)?;
        let content = match size <= MAX_SHOWN_BYTES {
            true => Some(r.handle.odb.blob(&oid, MAX_SHOWN_BYTES).map_err(explain)?),
            false => None,
        };
        Ok(BlobView { oid, size, content })
    })
    .await
}

/// The file at a path of a revision.
pub(super) fn find(r: &Reading, rev: Option<&str>, file: &[u8]) -> Result<(Revision, hardie_domain::policy::TreeEntry, EntryKind)> {
    let rev = r.resolve(rev)?;
    let tree = peel_to_tree(&r.handle.odb, &rev.commit).map_err(explain)?;
    let entry = at(r, &tree, file)?;
    let kind = EntryKind::of_mode(entry.mode);
    match kind.is_blob() {
        true => Ok((rev, entry, kind)),
        false => Err(Error::NotFound("file")),
    }
}
