//! Larger packs are taken in here too, on two threads and with little memory, and git is asked about what is doubtful in them alone.
//!
//! As with small packs little is refused here: what cannot be made is left to `git index-pack --strict`, from the first byte on.
//! Start reading at [`take_in`]: `record` has noted what streamed in, `resolve` applies the deltas, `complete` makes the pack
//! whole and writes its index, `settle` compares with what is stored, `doubt` asks git.

mod closure;
mod complete;
mod doubt;
mod facts;
mod grouped;
mod record;
mod resolve;
mod seeded;
mod settle;
mod sorted;

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gix::odb::pack::data;

use super::scan::Scan;
use super::{Base, IngestError, depth};
use crate::budget::{Cancel, Turn};
use crate::error::Error;
use crate::packs::{Pack, PackStore, Quarantine};
use record::Record;

pub(crate) use closure::Closure;
pub(super) use doubt::Doubtful;

/// Objects of a pack that is taken in here at most: some hundred bytes of memory for each.
const MOST_OBJECTS: u32 = 1_000_000;

/// A pack that streams in.
pub(super) struct Incoming<'a> {
    turn: Turn<'a>,
    path: PathBuf,
    file: BufWriter<File>,
    record: Record,
}

/// Whether what was seen of a pack lets it be taken in here.
pub(super) fn may_be(scan: &Scan) -> bool {
    scan.objects().is_none_or(|count| count <= MOST_OBJECTS)
}

impl<'a> Incoming<'a> {
    /// Makes the file. `None` if others are at it: each may take some hundred megabytes of memory.
    pub(super) fn create(around: &Around<'a>) -> Result<Option<Incoming<'a>>, IngestError> {
        let Some(turn) = around.packs.resolving().take() else { return Ok(None) };
        let path = around.quarantine.pack_dir().join("incoming");
        let file = File::create_new(&path).map_err(writing)?;
        Ok(Some(Incoming { turn, path, file: BufWriter::with_capacity(256 << 10, file), record: Record::default() }))
    }

    /// Takes some more bytes, and says how many belong to the pack.
    pub(super) fn feed(&mut self, scan: &mut Scan, bytes: &[u8]) -> Result<usize, IngestError> {
        let used = scan.feed_watched(bytes, &mut self.record)?;
        self.file.write_all(bytes.get(..used).unwrap_or_default()).map_err(writing)?;
        Ok(used)
    }

    /// No more comes.
    pub(super) fn end(self) -> Result<Arrived<'a>, IngestError> {
        let Incoming { turn, path, mut file, record } = self;
        file.flush().map_err(writing)?;
        Ok(Arrived { turn: Some(turn), path, record: Some(record) })
    }
}

/// A pack that is here.
pub(super) struct Arrived<'a> {
    turn: Option<Turn<'a>>,
    path: PathBuf,
    record: Option<Record>,
}

impl Arrived<'_> {
    /// Hands its bytes out again, for git, which needs no turn of ours; `false` from `take` ends it.
    pub(super) fn read(&mut self, mut take: impl FnMut(&[u8]) -> Result<bool, IngestError>) -> Result<(), IngestError> {
        self.turn = None;
        let mut file = File::open(&self.path).map_err(reading)?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            let got = file.read(&mut buffer).map_err(reading)?;
            if got == 0 || !take(buffer.get(..got).unwrap_or_default())? {
                return Ok(());
            }
        }
    }
}

/// What taking a pack in needs beside it.
pub(super) struct Around<'a> {
    pub(super) packs: &'a PackStore,
    pub(super) quarantine: &'a Quarantine,
    pub(super) base: &'a Base<'a>,
    pub(super) cancel: &'a Cancel,
    pub(super) until: Instant,
}

impl Around<'_> {
    fn go_on(&self) -> Result<(), IngestError> {
        match self.cancel.is_cancelled() {
            true => Err(IngestError::Stopped("cancelled")),
            false if Instant::now() >= self.until => Err(IngestError::Stopped("the push took longer than the time allowed")),
            false => Ok(()),
        }
    }
}

/// A pack that was taken in.
pub(super) struct Taken {
    pub(super) pack: Arc<Pack>,
    pub(super) closure: Option<Closure>,
}

/// Completes, checks and writes the pack. `None` leaves it to git, untouched.
///
/// `scan` has seen its end. `ask` puts doubtful objects before git.
pub(super) fn take_in(
    arrived: &mut Arrived<'_>,
    scan: &Scan,
    around: &Around<'_>,
    progress: &mut dyn FnMut(&str),
    ask: &mut dyn FnMut(&Doubtful) -> Result<(), IngestError>,
) -> Result<Option<Taken>, IngestError> {
    let Some(record) = arrived.record.take() else { return Ok(None) };
    let data = data::File::at(&arrived.path, gix::hash::Kind::Sha1).map_err(|e| Error::Git(format!("mapping a pack: {e}")))?;
    let pack = resolve::Stored { data: &data, entries: &record.entries, deltas: &record.deltas, end: scan.sent_end() };
    let Some(resolved) = resolve::resolve(&pack, &record.ids, record.facts, around, progress)? else { return Ok(None) };
    let sorted = sorted::Sorted::of(&resolved.ids);
    let Some(named) = settle::names_are_kept(&resolved, &sorted, around)? else { return Ok(None) };
    let Some((path, hash)) = complete::complete(&arrived.path, &pack, &resolved, &sorted, around)? else { return Ok(None) };
    let written = depth::open(around.packs, &path, hash)?;
    let questions = settle::settle(&written, &resolved, around)?;
    if !questions.is_empty() {
        ask(&Doubtful::new(&written, questions))?;
    }
    let resolve::Resolved { ids, bases, mut facts, .. } = resolved;
    let doubtful = std::mem::take(&mut facts.doubtful);
    let closure = if bases.is_empty() { Closure::of(&written, &ids, named, facts, &doubtful, &sorted)? } else { None };
    Ok(Some(Taken { pack: written, closure }))
}

fn writing(error: io::Error) -> IngestError {
    Error::io("writing a pack to quarantine", error).into()
}

fn reading(error: io::Error) -> IngestError {
    Error::io("reading a pack in quarantine", error).into()
}
