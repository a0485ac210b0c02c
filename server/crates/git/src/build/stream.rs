//! The pack on its way out: collected into pieces, counted, hashed, and stopped when nobody wants it any more.

use std::time::{Duration, Instant};

use sha1::{Digest as _, Sha1};

use crate::budget::Cancel;
use crate::error::{Error, Result};
use crate::sink::ByteSink;

/// Bytes handed on at once.
const PIECE: usize = 64 << 10;

/// Takes the bytes of one pack.
pub(super) struct Stream<'a> {
    sink: &'a mut dyn ByteSink,
    // Only a checksum of what we send: nobody gains by a collision here, so none is looked for.
    hasher: Sha1,
    piece: Vec<u8>,
    sent: u64,
    cancel: &'a Cancel,
    deadline: Option<Instant>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(sink: &'a mut dyn ByteSink, cancel: &'a Cancel, time: Duration) -> Stream<'a> {
        let deadline = Instant::now().checked_add(time);
        Stream { sink, hasher: Sha1::new(), piece: Vec::new(), sent: 0, cancel, deadline }
    }

    /// Bytes taken so far: the offset of what comes next.
    pub(super) fn offset(&self) -> u64 {
        self.sent + self.piece.len() as u64
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.hasher.update(&self.piece);
                self.send()?;
            }
        }
        Ok(())
    }

    /// Text for the client's terminal.
    pub(super) fn say(&mut self, text: &str) -> Result<()> {
        match self.sink.progress(text.as_bytes()) {
            std::ops::ControlFlow::Continue(()) => Ok(()),
            std::ops::ControlFlow::Break(()) => Err(Error::Stopped("the receiver has gone")),
        }
    }

    /// Sends what is left and the trailer.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.hasher.update(&self.piece);
        let trailer = std::mem::take(&mut self.hasher).finalize();
        self.piece.extend_from_slice(&trailer);
        self.send()
    }

    fn send(&mut self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Stopped("cancelled"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::Stopped("out of time"));
        }
        if self.sink.data(&self.piece).is_break() {
            return Err(Error::Stopped("the receiver has gone"));
        }
        self.sent += self.piece.len() as u64;
        self.piece.clear();
        Ok(())
    }
}
