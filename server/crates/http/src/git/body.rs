//! The request's body as a byte stream for `app`: inflated if need be, bounded, and dead after a long silence.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::io::StreamReader;

use super::inflate::Inflater;

/// How long a client may stay silent in the middle of a body.
const SILENCE: Duration = Duration::from_secs(120);

/// What is read and thrown away of an upload that is refused, so that its sender gets to read why.
pub const DRAIN_BYTES: u64 = 8 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// What the transport reads.
pub type Reader = StreamReader<Incoming, Bytes>;

/// Why reading failed, for the answer: the transport sees only an error of its input.
#[derive(Clone, Default)]
pub struct Fault(Arc<Mutex<Option<(io::ErrorKind, String)>>>);

impl Fault {
    /// The first fault, once.
    pub fn take(&self) -> Option<(io::ErrorKind, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: io::Error) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((error.kind(), error.to_string()));
        error
    }
}

/// See the module.
pub struct Incoming {
    chunks: BodyDataStream,
    pending: Bytes,
    inflater: Option<Inflater>,
    plain_left: u64,
    plain_most: u64,
    silence: Pin<Box<Sleep>>,
    fault: Fault,
    ended: bool,
}

/// Wraps a body. `most` bounds its bytes, inflated if it is gzip.
pub fn reader(body: Body, gzip: bool, most: u64) -> (Reader, Fault) {
    let fault = Fault::default();
    let incoming = Incoming {
        chunks: body.into_data_stream(),
        pending: Bytes::new(),
        inflater: gzip.then(|| Inflater::new(most)),
        plain_left: most,
        plain_most: most,
        silence: Box::pin(sleep(SILENCE)),
        fault: fault.clone(),
        ended: false,
    };
    (StreamReader::new(incoming), fault)
}

/// Reads on for the sender of an upload that was refused.
pub async fn drain(input: &mut (impl AsyncRead + Unpin)) {
    let mut rest = input.take(DRAIN_BYTES);
    // Whether it is heard does not matter.
    let _heard = timeout(DRAIN_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

impl Incoming {
    fn poll_plain(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Poll::Ready(next) = self.chunks.poll_next_unpin(cx) else {
            return match self.silence.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the client stopped sending")))),
                Poll::Pending => Poll::Pending,
            };
        };
        self.silence.as_mut().reset(tokio::time::Instant::now() + SILENCE);
        // A client that goes away in the middle of a body: nothing to answer.
        let gone = |e: axum::Error| io::Error::new(io::ErrorKind::ConnectionReset, e);
        Poll::Ready(next.map(|chunk| chunk.map_err(gone).and_then(|chunk| self.count(chunk))))
    }

    fn count(&mut self, chunk: Bytes) -> io::Result<Bytes> {
        let bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, format!("the request is larger than {} bytes", self.plain_most));
        self.plain_left = self.plain_left.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(chunk)
    }

    fn poll_inflated(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            while !self.pending.is_empty() {
                let Some(inflater) = &mut self.inflater else { break };
                match inflater.step(&mut self.pending) {
                    Ok(made) if made.is_empty() => {}
                    other => return Poll::Ready(Some(other)),
                }
            }
            match self.poll_plain(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(chunk))) => self.pending = chunk,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    let last = self.inflater.take().map(|mut inflater| inflater.finish());
                    return Poll::Ready(last.filter(|made| !made.as_ref().is_ok_and(Bytes::is_empty)));
                }
            }
        }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = if self.inflater.is_some() { self.poll_inflated(cx) } else { self.poll_plain(cx) };
        match polled {
            Poll::Ready(Some(Err(error))) => {
                self.ended = true;
                Poll::Ready(Some(Err(self.fault.note(error))))
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read(body: Vec<u8>, gzipped: bool, most: u64) -> (io::Result<Vec<u8>>, Option<io::ErrorKind>) {
        let (mut reader, fault) = reader(Body::from(body), gzipped, most);
        let mut out = Vec::new();
        let result = reader.read_to_end(&mut out).await.map(|_| out);
        (result, fault.take().map(|f| f.0))
    }

    #[tokio::test]
    async fn bodies_come_through_plain_and_inflated() {
        let text = b"0032want 0123\n".repeat(5000);
        assert_eq!(read(text.clone(), false, 1 << 20).await.0.unwrap(), text);
        assert_eq!(read(gzip(&text), true, 1 << 20).await.0.unwrap(), text);
        assert_eq!(read(gzip(b""), true, 1 << 20).await.0.unwrap(), b"");
    }

    #[tokio::test]
    async fn what_is_too_large_or_damaged_says_which() {
        let (result, fault) = read(vec![0; 100], false, 99).await;
        assert!(result.is_err());
        assert_eq!(fault, Some(io::ErrorKind::FileTooLarge));
        assert_eq!(read(gzip(&vec![0; 1 << 20]), true, 1000).await.1, Some(io::ErrorKind::FileTooLarge));
        assert_eq!(read(b"not gzip at all".to_vec(), true, 1000).await.1, Some(io::ErrorKind::InvalidData));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_falls_silent_is_given_up() {
        let body = Body::from_stream(futures_util::stream::pending::<io::Result<Bytes>>());
        let (mut reader, fault) = reader(body, false, 1000);
        assert!(reader.read_u8().await.is_err());
        assert_eq!(fault.take().map(|f| f.0), Some(io::ErrorKind::TimedOut));
    }
}
