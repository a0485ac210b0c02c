//! A connection that ends by itself when its client does nothing: says nothing at its beginning, or takes nothing of what it
//! asked for. What comes in between, from head to head and within a body, is bounded by hyper and by whoever reads the body.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a client of HTTP/2 says first (RFC 9113, section 3.4). Until it is said, or something else, it is not known which
/// protocol is spoken, and none of hyper's own timers runs.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads and writes with a limit on waiting.
pub struct Patient<S> {
    stream: S,
    opening: Option<Opening>,
    stall: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

struct Opening {
    /// Bytes of the preface seen.
    seen: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    /// `opening`: until it is clear which protocol is spoken. `stall`: without a byte taken.
    pub fn new(stream: S, opening: Duration, stall: Duration) -> Patient<S> {
        let opening = Some(Opening { seen: 0, deadline: Box::pin(sleep(opening)) });
        Patient { stream, opening, stall, stalled: None }
    }

    fn wrote<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall = self.stall;
        match self.stalled.get_or_insert_with(|| Box::pin(sleep(stall))).as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Opening {
    /// Whether it is over with these bytes.
    fn ends(&mut self, bytes: &[u8]) -> bool {
        let expected = PREFACE.get(self.seen..).unwrap_or_default();
        let common = bytes.iter().zip(expected).take_while(|(a, b)| a == b).count();
        self.seen += common;
        common < bytes.len() || self.seen == PREFACE.len()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some(opening) = &mut self.opening else { return read };
        match read {
            Poll::Pending if opening.deadline.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client says nothing")))
            }
            Poll::Ready(Ok(())) => {
                if opening.ends(buf.filled().get(before..).unwrap_or_default()) {
                    self.opening = None;
                }
                read
            }
            _ => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(written, cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, timeout};

    use super::*;

    const OPENING: Duration = Duration::from_secs(30);
    const STALL: Duration = Duration::from_secs(60);

    /// Time does not pass in these tests but by waiting, and then at once.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_say_which_protocol_it_speaks_is_left() {
        for said in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM"] {
            let (mut client, server) = duplex(1024);
            let mut server = Patient::new(server, OPENING, STALL);
            client.write_all(said).await.unwrap();
            let began = Instant::now();
            let mut all = Vec::new();
            assert_eq!(server.read_to_end(&mut all).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            assert_eq!((all.as_slice(), began.elapsed()), (said, OPENING));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_said_it_has_the_time_that_others_give_it() {
        for said in [&b"G"[..], b"PRI * HTTP/1", PREFACE] {
            let (mut client, server) = duplex(1024);
            let mut server = Patient::new(server, OPENING, STALL);
            for byte in said {
                client.write_all(&[*byte]).await.unwrap();
                assert_eq!(server.read_u8().await.unwrap(), *byte);
            }
            assert!(timeout(OPENING * 10, server.read_u8()).await.is_err(), "waits on");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_left_and_a_slow_one_is_served() {
        let (mut client, server) = duplex(10);
        let mut server = Patient::new(server, OPENING, STALL);
        let slow = tokio::spawn(async move {
            for _ in 0..90 {
                tokio::time::sleep(STALL / 2).await;
                client.read_u8().await.unwrap();
            }
            client
        });
        server.write_all(&[7; 100]).await.unwrap();
        let _client = slow.await.unwrap();
        let began = Instant::now();
        assert_eq!(server.write_all(&[7; 1]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), STALL);
    }
}
