//! The pack on its way out: collected into pieces, counted, hashed, and stopped when nobody wants it any more.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha1::{Digest as _, Sha1};

use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::sink::ByteSink;

/// Bytes handed on at once.
const PIECE: usize = 64 << 10;
/// Bytes for which it pays to keep where they are instead of what they are.
const WORTH: usize = 32 << 10;

/// Takes the bytes of one pack.
pub(super) struct Stream<'a> {
    sink: &'a mut dyn ByteSink,
    // Only a checksum of what we send: nobody gains by a collision here, so none is looked for.
    hasher: Option<Sha1>,
    piece: Vec<u8>,
    sent: u64,
    cancel: &'a Cancel,
    deadline: Option<Instant>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(sink: &'a mut dyn ByteSink, cancel: &'a Cancel, time: Duration) -> Stream<'a> {
        let deadline = Instant::now().checked_add(time);
        Stream { sink, hasher: Some(Sha1::new()), piece: Vec::new(), sent: 0, cancel, deadline }
    }

    /// Bytes taken so far: the offset of what comes next.
    pub(super) fn offset(&self) -> u64 {
        self.sent + self.piece.len() as u64
    }

    /// The checksum of all that comes is known: it is not computed.
    pub(super) fn trust(&mut self) {
        self.hasher = None;
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            // Many at once go out from where they are.
            if let Some((now, later)) = bytes.split_at_checked(PIECE).filter(|_| self.piece.is_empty()) {
                self.send(now)?;
                bytes = later;
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.send_piece()?;
            }
        }
        Ok(())
    }

    /// The same of bytes that stay where they are, as long as they are worth it.
    pub(super) fn put_shared(&mut self, bytes: Bytes) -> Result<()> {
        if bytes.len() < WORTH {
            return self.put(&bytes);
        }
        self.send_piece()?;
        self.pass(&bytes.clone(), |sink| sink.shared(bytes))
    }

    /// Text for the client's terminal.
    pub(super) fn say(&mut self, text: &str) -> Result<()> {
        match self.sink.progress(text.as_bytes()) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped("the receiver has gone")),
        }
    }

    /// Sends what is left and the trailer, which is `known` if nothing was computed.
    pub(super) fn finish(&mut self, known: &[u8]) -> Result<()> {
        let trailer = self.hasher.take().map(|mut hasher| {
            hasher.update(&self.piece);
            hasher.finalize()
        });
        self.piece.extend_from_slice(trailer.as_deref().unwrap_or(known));
        self.send_piece()
    }

    fn send_piece(&mut self) -> Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let mut piece = std::mem::take(&mut self.piece);
        self.send(&piece)?;
        piece.clear();
        self.piece = piece;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.pass(bytes, |sink| sink.data(bytes))
    }

    fn pass(&mut self, bytes: &[u8], on: impl FnOnce(&mut dyn ByteSink) -> ControlFlow<()>) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Stopped("cancelled"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::Stopped("out of time"));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        if on(self.sink).is_break() {
            return Err(Error::Stopped("the receiver has gone"));
        }
        self.sent += bytes.len() as u64;
        Ok(())
    }
}
