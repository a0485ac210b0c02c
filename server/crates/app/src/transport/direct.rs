//! A pack built for one client at that client's pace: where an answer is too long, or the disk too full, to be kept.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardie_git::Cancel;
use hardie_git::build::PackSink;
use hardie_git::upload::{PackRequest, Upload};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::KEEPALIVE;
use super::bridge::CancelOnDrop;
use super::pack::{self, FAILED};
use crate::git_access::RepoHandle;
use crate::{App, Error, Result};

/// Pack pieces waiting for a slow client.
const PIECES: usize = 8;
/// How long a client may take for one piece: while it does, others wait for their turn.
const STALL: Duration = Duration::from_secs(60);

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

/// Builds and sends.
pub async fn send(
    app: &App,
    machine: &mut Upload,
    handle: &Arc<RepoHandle>,
    request: Box<PackRequest>,
    output: &mut (impl AsyncWrite + Unpin + Send),
) -> io::Result<()> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    // Dropped with this future when the client leaves: the child is killed and its memory is free.
    let gone = CancelOnDrop::default();
    let build = tokio::spawn(build(app.clone(), handle.clone(), request, ChannelSink(sender), gone.0.clone()).in_current_span());
    loop {
        match timeout(KEEPALIVE, pieces.recv()).await {
            Ok(Some(Piece::Pack(bytes))) => in_time(output.write_all(&machine.frame_pack(&bytes))).await?,
            Ok(Some(Piece::Progress(bytes))) => in_time(output.write_all(&machine.frame_progress(&bytes))).await?,
            Ok(None) => break,
            Err(_) => {
                in_time(output.write_all(&machine.keepalive())).await?;
                output.flush().await?;
            }
        }
    }
    match build.await.map_err(io::Error::other)? {
        Ok(()) => output.write_all(&machine.finish_pack()).await?,
        Err(error) => {
            tracing::error!(%error, "a pack could not be built");
            output.write_all(&machine.fail_pack(FAILED)).await?;
        }
    }
    output.flush().await
}

async fn build(app: App, handle: Arc<RepoHandle>, request: Box<PackRequest>, mut sink: ChannelSink, cancel: Cancel) -> Result<()> {
    let permit = app.git.build_permit().await;
    let work = move || {
        let _permit = permit;
        pack::build(&app, &handle, &request, &mut sink, &cancel)
    };
    spawn_blocking(work).await.map_err(Error::internal)?.map_err(Error::internal)
}

/// A client that takes nothing for so long has gone, as far as those who wait are concerned.
async fn in_time(write: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    timeout(STALL, write).await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset))?
}
