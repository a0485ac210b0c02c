//! An object goes out, whole or in part.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use hardie_domain::access::RepoAction;
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_domain::names::RepoPath;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _, ReadBuf, Take};
use tokio::task::spawn_blocking;
use tokio::time::{Sleep, sleep};

use super::{check_size, find};
use crate::access::repo_for;
use crate::transport::Slot;
use crate::{App, Ctx, Error, Result, browse};

/// An object that the asker may read, open.
pub struct LfsContent {
    /// What it is.
    pub object: LfsObject,
    file: File,
    slot: Slot,
    deadline: Pin<Box<Sleep>>,
}

/// Opens an object of a repository.
pub async fn open(app: &App, ctx: &Ctx, path: &RepoPath, oid: LfsOid) -> Result<LfsContent> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let object = find(app, &access, oid).await?;
    let slot = app.git.slots.take(ctx)?;
    let lfs = app.lfs.clone();
    let file = spawn_blocking(move || lfs.read(&oid)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(LfsContent { object, file, slot, deadline: Box::pin(sleep(app.config.git_limits.wall)) })
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
    /// Reads so many bytes from here on. The asker's slot is held until the reader is dropped.
    pub async fn read(self, start: u64, length: u64) -> Result<LfsReader> {
        let mut file = tokio::fs::File::from_std(self.file);
        file.seek(SeekFrom::Start(start)).await.map_err(Error::internal)?;
        Ok(LfsReader { file: file.take(length), _slot: self.slot, deadline: self.deadline })
    }
}

/// A part of an object, for as long as one git request may last.
pub struct LfsReader {
    file: Take<tokio::fs::File>,
    _slot: Slot,
    deadline: Pin<Box<Sleep>>,
}

impl AsyncRead for LfsReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the download took too long")));
        }
        Pin::new(&mut self.file).poll_read(cx, buffer)
    }
}
