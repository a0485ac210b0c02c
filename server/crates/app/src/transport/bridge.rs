//! Between async byte streams and blocking git work: bounded channels, so that a slow side throttles the other.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;

/// Bytes of one read from the client.
const CHUNK: usize = 64 << 10;
/// How long a refused client may pause before it is taken to have sent everything: over HTTP, where a body has an end;
pub const SILENCE: Duration = Duration::from_secs(10);
/// and over SSH, where some clients keep the line open and wait.
pub const SILENCE_SSH: Duration = Duration::from_secs(1);

/// The blocking end of a byte stream that an async task feeds.
pub struct ChannelReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl ChannelReader {
    /// Begins with bytes that were read already.
    pub fn new(first: Bytes, chunks: mpsc::Receiver<io::Result<Bytes>>) -> ChannelReader {
        ChannelReader { chunks, current: first }
    }
}

impl Read for ChannelReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let count = out.len().min(self.current.len());
        self.current.copy_to_slice(out.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Reads one chunk; empty at the end of the stream.
pub async fn read_chunk(input: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    let mut buffer = Vec::with_capacity(CHUNK);
    input.take(CHUNK as u64).read_buf(&mut buffer).await?;
    Ok(buffer.into())
}

/// Reads and drops what the client still sends, so that it gets to read why it was refused. Bounded in bytes, and by silence:
/// some clients keep the line open when they have sent everything.
pub async fn drain(input: &mut (impl AsyncRead + Unpin), most: u64, silence: Duration) {
    let mut left = most;
    while left > 0 {
        match tokio::time::timeout(silence, read_chunk(input)).await {
            Ok(Ok(chunk)) if !chunk.is_empty() => left = left.saturating_sub(chunk.len() as u64),
            _ => return,
        }
    }
}

/// Passes the client's bytes to a [`ChannelReader`] until it has what it needs or the client stops.
pub async fn pump(input: &mut (impl AsyncRead + Unpin), chunks: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let chunk = tokio::select! {
            chunk = read_chunk(input) => chunk,
            () = chunks.closed() => return,
        };
        let end = matches!(&chunk, Ok(bytes) if bytes.is_empty()) || chunk.is_err();
        let failed = chunk.is_err();
        if (!end || failed) && chunks.send(chunk).await.is_err() {
            return;
        }
        if end {
            return;
        }
    }
}
