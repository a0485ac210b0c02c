//! Bytes made for one client by blocking work, at that client's pace.

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use hardie_git::Cancel;
use hardie_git::sink::ByteSink;
use hardie_git::wire::sideband::{Band, Sideband};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::KEEPALIVE;
use crate::cancel::CancelOnDrop;
use crate::{Error, Result};

/// Pieces waiting for a slow client.
const PIECES: usize = 8;
/// How long a client may take for one piece: while it does, others wait for their turn.
const STALL: Duration = Duration::from_secs(60);

/// The blocking end.
pub struct ChannelSink(mpsc::Sender<(Band, Bytes)>);

impl ByteSink for ChannelSink {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.send(Band::Data, bytes)
    }

    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.send(Band::Progress, bytes)
    }
}

impl ChannelSink {
    fn send(&self, band: Band, bytes: &[u8]) -> ControlFlow<()> {
        match self.0.blocking_send((band, Bytes::copy_from_slice(bytes))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Waits for a turn, runs the work and sends what it makes, framed. The outer error is the client's connection, the inner one
/// the work's; the end of the stream is the caller's to send.
pub async fn relay<P, F>(turn: P, work: F, framing: Sideband, output: &mut (impl AsyncWrite + Unpin + Send)) -> io::Result<Result<()>>
where
    P: Future<Output = Option<OwnedSemaphorePermit>> + Send + 'static,
    F: FnOnce(&mut ChannelSink, &Cancel) -> hardie_git::Result<()> + Send + 'static,
{
    let (sender, mut pieces) = mpsc::channel(PIECES);
    // Dropped with this future when the client leaves: the child is killed and its memory is free.
    let gone = CancelOnDrop::default();
    let cancel = gone.0.clone();
    let making = async move {
        let permit = turn.await;
        let made = spawn_blocking(move || {
            let _permit = permit;
            work(&mut ChannelSink(sender), &cancel)
        });
        made.await.map_err(Error::internal)?.map_err(Error::internal)
    };
    let making = tokio::spawn(making.in_current_span());
    loop {
        match timeout(KEEPALIVE, pieces.recv()).await {
            Ok(Some((band, bytes))) => in_time(output.write_all(&framing.frame(band, &bytes))).await?,
            Ok(None) => break,
            Err(_) => {
                in_time(output.write_all(framing.keepalive())).await?;
                output.flush().await?;
            }
        }
    }
    making.await.map_err(io::Error::other)
}

/// A client that takes nothing for so long has gone, as far as those who wait are concerned.
async fn in_time(write: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    timeout(STALL, write).await.map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset))?
}
