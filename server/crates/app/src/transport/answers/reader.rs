//! One client's place in an answer.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::answer::{Answer, Grown, Shared, Source, State};
use super::{Answers, Key};

/// Bytes of one read.
const CHUNK: usize = 256 << 10;
/// What was read from a pack no longer ago than this is taken to be in memory still.
const FRESH: Duration = Duration::from_secs(10);

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes for the client as they are. Packets may be cut between two parts.
    Frames(Bytes),
    /// Bytes of the pack that are still to be framed. No packet is cut before or behind them.
    Data(Bytes),
    /// Progress text, not framed; only where no packet is cut.
    Note(Bytes),
    /// That was all.
    End,
    /// It will never be whole; why, if that is for the client.
    Failed(Option<String>),
}

/// Reads an answer from its beginning, at its own pace.
pub struct Reader {
    answers: Answers,
    key: Key,
    answer: Arc<Answer>,
    grown: watch::Receiver<Grown>,
    at: u64,
    noted: usize,
}

impl Reader {
    pub(super) fn new(answers: Answers, key: Key, answer: Arc<Answer>) -> Reader {
        let grown = answer.watch();
        Reader { answers, key, answer, grown, at: 0, noted: 0 }
    }

    /// Whether everything that has grown so far was read: then no packet is cut, and a keepalive may be sent.
    pub fn is_level(&self) -> bool {
        self.at == self.grown.borrow().bytes
    }

    /// The next part; waits for it. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> io::Result<Part> {
        loop {
            let grown = *self.grown.borrow_and_update();
            let between_packets = self.at == 0 || self.at == grown.bytes;
            if self.noted < grown.notes && between_packets {
                let notes = self.answer.notes(self.noted);
                self.noted += notes.len();
                return Ok(Part::Note(notes));
            }
            if self.at < grown.bytes {
                let (part, end) = self.read(grown.bytes).await?;
                self.at = end;
                return Ok(part);
            }
            match grown.state {
                State::Whole => return Ok(Part::End),
                State::Failed => return Ok(Part::Failed(self.answer.why())),
                State::Building => self.grown.changed().await.map_err(io::Error::other)?,
            }
        }
    }

    /// What comes next, and where what is behind it begins.
    async fn read(&self, end: u64) -> io::Result<(Part, u64)> {
        let (at, most) = (self.at, usize::try_from(end - self.at).unwrap_or(CHUNK).min(CHUNK));
        let frames = match self.answer.frames(at, most) {
            Source::Memory(bytes) => bytes,
            Source::File(file, most) => {
                let read = move || {
                    let mut bytes = vec![0; most];
                    file.read_exact_at(&mut bytes, at).map(|()| Bytes::from(bytes))
                };
                spawn_blocking(read).await.map_err(io::Error::other)??
            }
            Source::Shared(Shared { bytes, end, read }) if read.elapsed() < FRESH => return Ok((Part::Data(bytes), end)),
            Source::Shared(Shared { bytes, end, .. }) => {
                let copy = spawn_blocking(move || Bytes::copy_from_slice(&bytes)).await.map_err(io::Error::other)?;
                return Ok((Part::Data(copy), end));
            }
        };
        let end = at + frames.len() as u64;
        Ok((Part::Frames(frames), end))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.answers.leave(&self.key, &self.answer);
    }
}
