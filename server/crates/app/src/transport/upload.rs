//! upload-pack: drives the state machine of `hardie_git::upload` over a client's bytes.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::names::RepoPath;
use hardie_git::build::{self, PackSink, Source};
use hardie_git::reach::Reach;
use hardie_git::upload::{PackRequest, Upload, UploadAction, UploadConfig, UploadError};
use hardie_git::wire::Version;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::Service;
use super::bridge::{CancelOnDrop, read_chunk};
use crate::git_access::{self, RepoHandle};
use crate::{App, Ctx, Error, Result, access};

/// How often a byte is sent while the client waits for a pack to begin.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// Pack pieces waiting for a slow client.
const PIECES: usize = 8;

/// Serves one upload-pack conversation. `stateless` is true over HTTP, where the client sends everything anew each time.
pub async fn git_upload_pack(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    version: Version,
    stateless: bool,
    mut input: impl AsyncRead + Unpin + Send,
    mut output: impl AsyncWrite + Unpin + Send,
) -> Result<()> {
    let found = access::repo_for(app, ctx, path, Service::UploadPack.action()).await?;
    let _slot = app.git.slots.take(ctx, app.config.git_limits.per_actor)?;
    let handle = git_access::open_repo(app, found.repo.id).await?;
    let limits = app.config.git_limits;
    let config = UploadConfig { version, stateless, advertise: !stateless, limits };
    let machine = Upload::new(config, handle.refs.clone());
    let talk = converse(app, machine, &handle, &mut input, &mut output);
    match tokio::time::timeout(limits.wall, talk).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if is_disconnect(&error) => Ok(()),
        Ok(Err(error)) => Err(Error::internal(error)),
        Err(_) => {
            tracing::warn!(repo.id = %found.repo.id, "fetch stopped at its time limit");
            Ok(())
        }
    }
}

/// A client that leaves is no fault of the server.
pub(super) fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

async fn converse(
    app: &App,
    mut machine: Upload,
    handle: &Arc<RepoHandle>,
    input: &mut (impl AsyncRead + Unpin + Send),
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let mut reach = None;
    loop {
        match machine.poll() {
            UploadAction::NeedInput => {
                output.flush().await?;
                match read_chunk(input).await? {
                    chunk if chunk.is_empty() => told(machine.feed_eof()),
                    chunk => told(machine.feed(&chunk)),
                }
            }
            UploadAction::Send(bytes) => output.write_all(&bytes).await?,
            UploadAction::Compute => {
                let objects = reach.take().unwrap_or_else(|| Reach::new(handle.odb.clone(), handle.refs.clone()));
                let permit = app.git.work_permit().await;
                (machine, reach) = spawn_blocking(move || {
                    told(machine.compute(&objects));
                    drop(permit);
                    (machine, Some(objects))
                })
                .await
                .map_err(io::Error::other)?;
            }
            UploadAction::Pack(request) => send_pack(app, &mut machine, handle, request, output).await?,
            UploadAction::Done => {
                output.flush().await?;
                return Ok(());
            }
        }
    }
}

enum Piece {
    Pack(Bytes),
    Progress(Bytes),
}

struct ChannelSink(mpsc::Sender<Piece>);

impl PackSink for ChannelSink {
    fn pack(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        sent(self.0.blocking_send(Piece::Pack(Bytes::copy_from_slice(bytes))))
    }

    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        sent(self.0.blocking_send(Piece::Progress(Bytes::copy_from_slice(bytes))))
    }
}

fn sent<E>(result: std::result::Result<(), E>) -> ControlFlow<()> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

async fn send_pack(
    app: &App,
    machine: &mut Upload,
    handle: &Arc<RepoHandle>,
    request: Box<PackRequest>,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    // Dropped with this future when the client leaves: the child is killed and its memory is free.
    let gone = CancelOnDrop::default();
    let permit = app.git.pack_permit().await;
    let (store, handle, wall) = (app.packs.clone(), handle.clone(), app.config.git_limits.wall);
    let cancel = gone.0.clone();
    let build = spawn_blocking(move || {
        let _permit = permit;
        // Made only for a pack that is left to git.
        let view = || handle.view(&store);
        let source = Source { odb: &handle.odb, refs: &handle.refs, view: &view };
        build::build_pack(&source, &request, &mut ChannelSink(sender), &cancel, wall)
    });
    loop {
        match tokio::time::timeout(KEEPALIVE, pieces.recv()).await {
            Ok(Some(Piece::Pack(bytes))) => output.write_all(&machine.frame_pack(&bytes)).await?,
            Ok(Some(Piece::Progress(bytes))) => output.write_all(&machine.frame_progress(&bytes)).await?,
            Ok(None) => break,
            Err(_) => {
                output.write_all(&machine.keepalive()).await?;
                output.flush().await?;
            }
        }
    }
    match build.await.map_err(io::Error::other)? {
        Ok(()) => output.write_all(&machine.finish_pack()).await?,
        Err(error) => {
            tracing::error!(%error, "a pack could not be built");
            output.write_all(&machine.fail_pack("the server could not build the pack; try again")).await?;
        }
    }
    output.flush().await
}

/// The machine has queued an explanation for the client and goes on to the end by itself; the cause goes to the log.
fn told(result: std::result::Result<(), UploadError>) {
    if let Err(error) = result {
        tracing::debug!(error = &error as &dyn std::error::Error, "a fetch was refused");
    }
}
