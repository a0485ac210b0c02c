//! Joins a conversation that `app` leads to the two halves of an HTTP exchange.
//!
//! The answer's status is not fixed before `app` writes its first byte or fails. The conversation runs only while the answer
//! is read: a slow client slows it down, and one that goes away drops it.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use hardie_app::Error;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

/// Pieces that wait for the client.
const PIECES: usize = 4;
/// Bytes of one piece.
const PIECE: usize = 64 << 10;

type Talk = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Runs `talk` until its first byte, its end or its failure. A failure before the first byte is the answer's status.
pub async fn run<F>(talk: impl FnOnce(Writer) -> F) -> Result<Body, Error>
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(PIECES);
    let mut stream = Outgoing { talk: Some(Box::pin(talk(Writer(PollSender::new(sender))))), pieces, failed: None, first: None };
    std::future::poll_fn(|cx| stream.poll_begin(cx)).await?;
    Ok(Body::from_stream(stream))
}

/// What the transport writes to.
pub struct Writer(PollSender<Bytes>);

impl AsyncWrite for Writer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buffer)])
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        ready!(self.0.poll_reserve(cx)).map_err(gone)?;
        let mut piece = BytesMut::with_capacity(buffers.iter().map(|buffer| buffer.len()).sum::<usize>().min(PIECE));
        for buffer in buffers {
            let room = PIECE - piece.len();
            piece.extend_from_slice(buffer.get(..room).unwrap_or(buffer));
        }
        let taken = piece.len();
        self.0.send_item(piece.freeze()).map_err(gone)?;
        Poll::Ready(Ok(taken))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.close();
        Poll::Ready(Ok(()))
    }
}

struct Outgoing {
    talk: Option<Talk>,
    pieces: mpsc::Receiver<Bytes>,
    failed: Option<Error>,
    first: Option<Bytes>,
}

impl Outgoing {
    fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.first = ready!(self.poll_piece(cx));
        match self.failed.take() {
            Some(error) if self.first.is_none() => Poll::Ready(Err(error)),
            failed => {
                self.failed = failed;
                Poll::Ready(Ok(()))
            }
        }
    }

    /// The next piece; `None` when the conversation has ended and everything it wrote was taken.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(talk) = &mut self.talk
            && let Poll::Ready(result) = talk.as_mut().poll(cx)
        {
            self.talk = None;
            self.failed = result.err();
        }
        match self.pieces.poll_recv(cx) {
            Poll::Ready(Some(piece)) => Poll::Ready(Some(piece)),
            // The writer may be closed while the conversation still has work to do, such as closing its files.
            Poll::Ready(None) | Poll::Pending if self.talk.is_some() => Poll::Pending,
            Poll::Ready(None) | Poll::Pending => Poll::Ready(None),
        }
    }
}

impl Stream for Outgoing {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let piece = ready!(self.poll_piece(cx));
        match (piece, self.failed.take()) {
            (Some(piece), failed) => {
                self.failed = failed;
                Poll::Ready(Some(Ok(piece)))
            }
            // Too late for a status: cutting the answer short is what tells the client.
            (None, Some(error)) => {
                tracing::error!(%error, "a git conversation failed after its first byte");
                Poll::Ready(Some(Err(io::Error::other("the conversation failed"))))
            }
            (None, None) => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;
    use tokio::io::AsyncWriteExt as _;

    async fn collect(body: Body) -> Result<Vec<u8>, axum::Error> {
        let mut stream = body.into_data_stream();
        let mut out = Vec::new();
        while let Some(piece) = stream.next().await {
            out.extend_from_slice(&piece?);
        }
        Ok(out)
    }

    #[tokio::test]
    async fn a_failure_before_the_first_byte_is_the_answer() {
        let result = run(|_writer| async { Err(Error::NotFound("repository")) }).await;
        assert!(matches!(result, Err(Error::NotFound("repository"))));
    }

    #[tokio::test]
    async fn an_empty_conversation_is_an_empty_answer() {
        assert_eq!(collect(run(|_writer| async { Ok(()) }).await.unwrap()).await.unwrap(), b"");
    }

    #[tokio::test]
    async fn many_pieces_arrive_in_order_and_whole() {
        let bytes: Vec<u8> = (0..1_000_003u32).map(|n| n.to_le_bytes()[0]).collect();
        let sent = bytes.clone();
        let body = run(|mut writer| async move {
            for chunk in sent.chunks(777) {
                writer.write_all(chunk).await.map_err(Error::internal)?;
                tokio::task::yield_now().await;
            }
            Ok(())
        });
        assert_eq!(collect(body.await.unwrap()).await.unwrap(), bytes);
    }

    #[tokio::test]
    async fn a_failure_after_the_first_byte_cuts_the_answer_short() {
        let body = run(|mut writer| async move {
            writer.write_all(b"0008NAK\n").await.map_err(Error::internal)?;
            Err(Error::internal("disk"))
        });
        assert!(collect(body.await.unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_holds_the_conversation_back_and_dropping_it_ends_it() {
        let written = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = written.clone();
        let body = run(|mut writer| async move {
            loop {
                writer.write_all(&[0u8; PIECE]).await.map_err(Error::internal)?;
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        });
        let body = body.await.unwrap();
        assert!(written.load(std::sync::atomic::Ordering::Relaxed) <= PIECES);
        drop(body);
        assert_eq!(std::sync::Arc::strong_count(&written), 1);
    }
}
