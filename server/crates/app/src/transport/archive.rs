//! Archives: for `git archive --remote` (git-upload-archive(1)), and as files to download.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use hardie_domain::names::RepoPath;
use hardie_git::Cancel;
use hardie_git::archive::{self, ArchiveOptions, Arguments, Asked, Content, Format};
use hardie_git::wire::error::WireError;
use hardie_git::wire::pktline;
use hardie_git::wire::sideband::{Band, Sideband};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::Service;
use super::bridge::read_chunk;
use super::relay::{ChannelSink, relay};
use super::slots::Slot;
use super::upload::is_disconnect;
use crate::browse::archive_content;
use crate::git_access::{RepoHandle, open_repo};
use crate::{App, Ctx, Error, Result, access};

/// What a client is told; the log says more.
const FAILED: &str = "the server could not make the archive; try again";

/// Sends an archive as a file. An error after the first byte can only cut it short.
pub async fn send_archive(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    content: Content,
    options: ArchiveOptions,
    mut output: impl AsyncWrite + Unpin + Send,
) -> Result<()> {
    let (handle, _slots) = begin(app, ctx, path).await?;
    match make(app, &handle, content, options, Sideband::None, &mut output).await {
        Ok(made) => made,
        Err(error) if is_disconnect(&error) => Ok(()),
        Err(error) => Err(Error::internal(error)),
    }
}

/// The repository, and what the asker holds until the archive is sent.
async fn begin(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<(Arc<RepoHandle>, [Slot; 2])> {
    let found = access::repo_for(app, ctx, path, Service::UploadArchive.action()).await?;
    let slot = app.git.slots.take(ctx)?;
    let turn = app.git.archive_slots.take(ctx)?;
    let handle = open_repo(app, found.repo.id).await?;
    // Made by git, which compares what it reads with no id.
    if handle.odb.is_damaged() {
        return Err(Error::Unavailable("a part of this repository is damaged: no archives are made until it is repaired".to_owned()));
    }
    Ok((handle, [slot, turn]))
}

/// Serves one `git archive --remote`.
pub async fn git_upload_archive(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    mut input: impl AsyncRead + Unpin + Send,
    mut output: impl AsyncWrite + Unpin + Send,
) -> Result<()> {
    let (handle, _slots) = begin(app, ctx, path).await?;
    let talk = converse(app, ctx, path, &handle, &mut input, &mut output);
    match timeout(app.config.git_limits.wall, talk).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if is_disconnect(&error) => Ok(()),
        Ok(Err(error)) => Err(Error::internal(error)),
        Err(_) => {
            tracing::warn!(repo.id = %handle.snapshot.repo.id, "an archive stopped at its time limit");
            Ok(())
        }
    }
}

async fn converse(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    handle: &Arc<RepoHandle>,
    input: &mut (impl AsyncRead + Unpin + Send),
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let framing = Sideband::Large;
    let mut accepted = BytesMut::new();
    pktline::write_str(&mut accepted, "ACK\n");
    accepted.extend_from_slice(pktline::FLUSH);
    let (tree, options) = match read_arguments(input).await? {
        Ok(Asked::Archive { tree, options }) => (tree, options),
        Ok(Asked::List) => {
            framing.write(&mut accepted, Band::Data, Format::LIST.as_bytes());
            accepted.extend_from_slice(framing.end());
            return output.write_all(&accepted).await;
        }
        Err(error) => return refuse(output, &error.to_string()).await,
    };
    let content = match archive_content(app, ctx, path, &tree).await {
        Ok(content) => content,
        Err(Error::Internal(error)) => {
            tracing::error!(%error, "an archive could not be made");
            return refuse(output, FAILED).await;
        }
        Err(error) => return refuse(output, &error.to_string()).await,
    };
    output.write_all(&accepted).await?;
    match make(app, handle, content, options, framing, output).await? {
        Ok(()) => output.write_all(framing.end()).await?,
        Err(error) => {
            tracing::error!(%error, "an archive could not be made");
            output.write_all(&framing.fatal(FAILED)).await?;
        }
    }
    output.flush().await
}

async fn read_arguments(input: &mut (impl AsyncRead + Unpin)) -> io::Result<std::result::Result<Asked, WireError>> {
    let mut arguments = Arguments::default();
    loop {
        let chunk = read_chunk(input).await?;
        if chunk.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match arguments.feed(&chunk) {
            Ok(Some(asked)) => return Ok(Ok(asked)),
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

async fn refuse(output: &mut (impl AsyncWrite + Unpin), text: &str) -> io::Result<()> {
    let mut packet = BytesMut::new();
    pktline::write_str(&mut packet, &format!("NACK {text}\n"));
    packet.extend_from_slice(pktline::FLUSH);
    output.write_all(&packet).await?;
    output.flush().await
}

async fn make(
    app: &App,
    handle: &Arc<RepoHandle>,
    content: Content,
    options: ArchiveOptions,
    framing: Sideband,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<Result<()>> {
    let (turn, app, handle) = (app.clone(), app.clone(), handle.clone());
    let turn = async move { turn.git.archive_permit().await };
    let work = move |sink: &mut ChannelSink, gone: &Cancel| {
        let view = handle.view(&app.packs)?;
        archive::write(&view, &content, &options, sink, gone, app.config.git_limits.wall)
    };
    let made = relay(turn, work, framing, output).await?;
    output.flush().await?;
    Ok(made)
}
