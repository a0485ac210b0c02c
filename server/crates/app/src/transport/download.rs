//! Stored bytes that go out as they are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::slots::Slot;
use crate::{App, Ctx, Result};

/// What one download holds: a slot of the asker's, and the time that one git request may last.
pub struct Turn {
    slot: Slot,
    deadline: Pin<Box<Sleep>>,
}

impl Turn {
    /// Takes a slot, or says that there are too many requests at once.
    pub fn take(app: &App, ctx: &Ctx) -> Result<Turn> {
        Ok(Turn { slot: app.git.slots.take(ctx)?, deadline: Box::pin(sleep(app.config.git_limits.wall)) })
    }

    /// These bytes. The slot is held until they are dropped.
    pub fn send<R>(self, bytes: R) -> Download<R> {
        Download { bytes, _slot: self.slot, deadline: self.deadline }
    }
}

/// Bytes on their way.
pub struct Download<R> {
    bytes: R,
    _slot: Slot,
    deadline: Pin<Box<Sleep>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Download<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the download took too long")));
        }
        Pin::new(&mut self.bytes).poll_read(cx, buffer)
    }
}
