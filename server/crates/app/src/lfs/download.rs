//! An object goes out, whole or in part.

use std::fs::File;
use std::io::SeekFrom;

use hardie_domain::access::RepoAction;
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_domain::names::RepoPath;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Take};
use tokio::task::spawn_blocking;

use super::{check_size, find};
use crate::access::repo_for;
use crate::transport::{Download, Turn};
use crate::{App, Ctx, Error, Result, browse};

/// An object that the asker may read, open.
pub struct LfsContent {
    /// What it is.
    pub object: LfsObject,
    file: File,
    turn: Turn,
}

/// A part of an object.
pub type LfsReader = Download<Take<tokio::fs::File>>;

/// Opens an object of a repository.
pub async fn open(app: &App, ctx: &Ctx, path: &RepoPath, oid: LfsOid) -> Result<LfsContent> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let object = find(app, &access, oid).await?;
    read_object(app, ctx, object).await
}

/// Opens stored bytes for somebody who may have them.
pub(crate) async fn read_object(app: &App, ctx: &Ctx, object: LfsObject) -> Result<LfsContent> {
    let turn = Turn::take(app, ctx)?;
    let (lfs, oid) = (app.lfs.clone(), object.oid);
    let file = spawn_blocking(move || lfs.read(&oid)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(LfsContent { object, file, turn })
}

/// Opens the object that a pointer file stands for; `None` if the file is no pointer, or points at what the repository does not
/// have.
pub async fn open_pointed(app: &App, ctx: &Ctx, path: &RepoPath, rev: &str, file: &[u8]) -> Result<Option<LfsContent>> {
    let raw = browse::raw(app, ctx, path, Some(rev), file).await?;
    let Some(pointed) = LfsObject::parse_pointer(&raw.content) else { return Ok(None) };
    match open(app, ctx, path, pointed.oid).await {
        Ok(content) => Ok(check_size(&content.object, pointed.size).is_ok().then_some(content)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl LfsContent {
    /// Reads so many bytes from here on.
    pub async fn read(self, start: u64, length: u64) -> Result<LfsReader> {
        let mut file = tokio::fs::File::from_std(self.file);
        file.seek(SeekFrom::Start(start)).await.map_err(Error::internal)?;
        Ok(self.turn.send(file.take(length)))
    }
}
