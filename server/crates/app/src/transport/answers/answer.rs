//! One answer, growing while it is built.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use hardie_git::Cancel;
use hardie_git::packs::PackStore;
use hardie_git::sink::ByteSink;
use hardie_git::wire::sideband::{Band, Sideband};
use tokio::sync::watch;

/// An answer longer than this goes to a file.
const SPILL: usize = 1 << 20;
/// Bytes that are gathered before readers are woken: a child writes a few KiB at a time.
const GATHERED: usize = 64 << 10;
/// Bytes of progress text that are kept for those who join later.
const NOTES: usize = 16 << 10;

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grown {
    /// Bytes that can be read.
    pub bytes: u64,
    /// Bytes of progress text.
    pub notes: usize,
    /// Whether more comes.
    pub state: State,
}

/// Whether more comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Yes.
    #[default]
    Building,
    /// No: this is all of it.
    Whole,
    /// No, and what there is must not be taken for all.
    Failed,
}

/// Bytes that all answers hold.
#[derive(Debug, Default)]
pub struct Totals {
    /// Of short answers.
    pub memory: AtomicU64,
    /// Of long ones.
    pub files: AtomicU64,
}

/// See the module. `grown` is never looked at while `content` is locked, nor the other way round.
pub struct Answer {
    content: Mutex<Content>,
    grown: watch::Sender<Grown>,
    gone: Cancel,
    totals: Arc<Totals>,
}

#[derive(Default)]
struct Content {
    frames: Frames,
    /// By where each begins, what is in stored packs and not in the file.
    shared: BTreeMap<u64, Shared>,
    /// What was written to a file last, and where, while it grows: whoever keeps up need not read it back.
    last: (u64, Bytes),
    notes: Vec<u8>,
    /// Why it will never be whole, for the client; nothing if that is the server's affair.
    why: Option<String>,
}

/// Bytes of a stored pack that are framed when they are sent.
#[derive(Clone)]
pub struct Shared {
    /// Which.
    pub bytes: Bytes,
    /// Where what comes behind them begins.
    pub end: u64,
    /// When they were read last, as far as is known: a while after, reading may wait for the disk.
    pub read: Instant,
}

enum Frames {
    Memory(Vec<u8>),
    File(Arc<File>),
}

impl Default for Frames {
    fn default() -> Self {
        Frames::Memory(Vec::new())
    }
}

/// Where bytes are read from.
pub enum Source {
    /// Here they are.
    Memory(Bytes),
    /// Reading so many bytes blocks.
    File(Arc<File>, usize),
    /// Here they are, to be framed.
    Shared(Shared),
}

impl Answer {
    /// An empty one.
    pub fn new(totals: Arc<Totals>) -> Answer {
        Answer { content: Mutex::default(), grown: watch::Sender::default(), gone: Cancel::new(), totals }
    }

    /// Tells how far it is, now and whenever that changes.
    pub fn watch(&self) -> watch::Receiver<Grown> {
        self.grown.subscribe()
    }

    /// Up to `most` bytes from `at`, which is not beyond what has grown.
    pub fn frames(&self, at: u64, most: usize) -> Source {
        let content = self.lock();
        if let Some(shared) = content.shared.get(&at) {
            return Source::Shared(shared.clone());
        }
        match &content.frames {
            Frames::File(_) if at == content.last.0 && (1..=most).contains(&content.last.1.len()) => Source::Memory(content.last.1.clone()),
            Frames::File(file) => {
                let before = content.shared.range(at..).next().map_or(u64::MAX, |(next, _)| next - at);
                Source::File(file.clone(), usize::try_from(before).map_or(most, |before| most.min(before)))
            }
            Frames::Memory(bytes) => {
                let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                Source::Memory(Bytes::copy_from_slice(rest.get(..most).unwrap_or(rest)))
            }
        }
    }

    /// The progress text from `at`.
    pub fn notes(&self, at: usize) -> Bytes {
        Bytes::copy_from_slice(self.lock().notes.get(at..).unwrap_or_default())
    }

    /// Whether all of it is there.
    pub fn is_whole(&self) -> bool {
        self.grown.borrow().state == State::Whole
    }

    /// Whether it will never be whole.
    pub fn has_failed(&self) -> bool {
        self.grown.borrow().state == State::Failed
    }

    /// Nobody reads it any more: whoever builds it may stop.
    pub fn give_up(&self) {
        self.gone.cancel();
    }

    /// Why it will never be whole, in words for the client.
    pub fn why(&self) -> Option<String> {
        self.lock().why.clone()
    }

    fn append(&self, frames: Bytes, store: &PackStore) -> io::Result<()> {
        // One writer, so the end does not move meanwhile; readers stay before it.
        let (end, more) = (self.grown.borrow().bytes, frames.len() as u64);
        if let Some(file) = self.place_for(&frames, end, store)? {
            file.write_all_at(&frames, end)?;
            self.totals.files.fetch_add(more, Ordering::Relaxed);
            self.lock().last = (end, frames);
        }
        self.grown.send_modify(|grown| grown.bytes += more);
        Ok(())
    }

    /// Appends what is in a stored pack.
    fn append_shared(&self, bytes: Bytes, framing: Sideband, store: &PackStore) -> io::Result<()> {
        let (at, more) = (self.grown.borrow().bytes, framing.framed(bytes.len()) as u64);
        self.to_file(&mut self.lock(), at, store)?;
        self.totals.files.fetch_add(more, Ordering::Relaxed);
        self.lock().shared.insert(at, Shared { bytes, end: at + more, read: Instant::now() });
        self.grown.send_modify(|grown| grown.bytes += more);
        Ok(())
    }

    /// The file to write to, begun with what was in memory if this is too much for it; `None` if memory took the frames.
    fn place_for(&self, frames: &[u8], end: u64, store: &PackStore) -> io::Result<Option<Arc<File>>> {
        let mut content = self.lock();
        if let Frames::Memory(bytes) = &mut content.frames
            && bytes.len() + frames.len() <= SPILL
        {
            bytes.extend_from_slice(frames);
            self.totals.memory.fetch_add(frames.len() as u64, Ordering::Relaxed);
            return Ok(None);
        }
        self.to_file(&mut content, end, store).map(Some)
    }

    /// The file, begun with what was in memory.
    fn to_file(&self, content: &mut Content, end: u64, store: &PackStore) -> io::Result<Arc<File>> {
        let bytes = match &content.frames {
            Frames::File(file) => return Ok(file.clone()),
            Frames::Memory(bytes) => bytes,
        };
        let file = Arc::new(store.answer_file().map_err(io::Error::other)?);
        file.write_all_at(bytes, 0)?;
        content.frames = Frames::File(file.clone());
        self.totals.memory.fetch_sub(end, Ordering::Relaxed);
        self.totals.files.fetch_add(end, Ordering::Relaxed);
        Ok(file)
    }

    fn note(&self, text: &[u8]) {
        let mut content = self.lock();
        let room = NOTES.saturating_sub(content.notes.len());
        content.notes.extend_from_slice(text.get(..room).unwrap_or(text));
        let notes = content.notes.len();
        drop(content);
        self.grown.send_modify(|grown| grown.notes = notes);
    }

    fn end(&self, state: State) {
        self.lock().last = (0, Bytes::new());
        self.grown.send_modify(|grown| grown.state = state);
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let bytes = self.grown.borrow().bytes;
        let in_file = matches!(self.lock().frames, Frames::File(_));
        (if in_file { &self.totals.files } else { &self.totals.memory }).fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Where the builder writes. Dropped without [`Writer::finish`] it leaves a failed answer.
pub struct Writer {
    answer: Arc<Answer>,
    framing: Sideband,
    store: Option<PackStore>,
    gathered: Vec<u8>,
    fault: Option<io::Error>,
    finished: bool,
}

impl Writer {
    pub(super) fn new(answer: Arc<Answer>, framing: Sideband) -> Writer {
        Writer { answer, framing, store: None, gathered: Vec::new(), fault: None, finished: false }
    }

    /// Where long answers go.
    pub fn spilling_to(mut self, store: &PackStore) -> Writer {
        self.store = Some(store.clone());
        self
    }

    /// Set when nobody reads the answer any more.
    pub fn gone(&self) -> Cancel {
        self.answer.gone.clone()
    }

    /// The builder has ended. What went wrong in writing, if something did, says more than how the builder took it.
    pub fn finish(mut self, built: hardie_git::Result<()>) -> hardie_git::Result<()> {
        let _ = self.pass_on();
        if let Some(fault) = self.fault.take() {
            return Err(hardie_git::Error::io("keeping an answer", fault));
        }
        if let Err(error) = &built {
            self.answer.lock().why = error.damage_told();
        }
        built?;
        self.finished = true;
        self.answer.end(State::Whole);
        Ok(())
    }

    /// Shows readers what was gathered.
    fn pass_on(&mut self) -> ControlFlow<()> {
        if self.gathered.is_empty() {
            return ControlFlow::Continue(());
        }
        let frames = self.framing.frame(Band::Data, &self.gathered);
        self.gathered.clear();
        self.show(|answer, store| answer.append(frames, store))
    }

    fn show(&mut self, append: impl FnOnce(&Answer, &PackStore) -> io::Result<()>) -> ControlFlow<()> {
        let written = match &self.store {
            Some(store) => append(&self.answer, store),
            None => Err(io::Error::other("the answer has no place to go")),
        };
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                self.fault = Some(fault);
                ControlFlow::Break(())
            }
        }
    }
}

impl ByteSink for Writer {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if self.gathered.is_empty() && bytes.len() >= GATHERED {
            let frames = self.framing.frame(Band::Data, bytes);
            return self.show(|answer, store| answer.append(frames, store));
        }
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < GATHERED { ControlFlow::Continue(()) } else { self.pass_on() }
    }

    fn shared(&mut self, bytes: Bytes) -> ControlFlow<()> {
        self.pass_on()?;
        let framing = self.framing;
        self.show(|answer, store| answer.append_shared(bytes, framing, store))
    }

    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.answer.note(bytes);
        ControlFlow::Continue(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            self.answer.end(State::Failed);
        }
    }
}
