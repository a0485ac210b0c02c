//! Takes a pushed pack in: scanned while it streams; indexed, completed and checked, here if that can be done without doubt, else by
//! `git index-pack --strict`; named by its sha256, and left in quarantine.
//!
//! What comes out is well formed. Whether it may be built upon is for [`crate::connectivity`].

mod clean;
mod delta;
mod depth;
mod error;
mod idx;
pub(crate) mod index;
mod large;
pub mod scan;
pub(crate) mod small;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;

use crate::budget::Cancel;
use crate::error::Result as Outcome;
use crate::object::to_gix;
use crate::odb::Odb;
use crate::packs::store::hash_file;
use crate::packs::{Pack, PackHash, PackStore, Quarantine};
use crate::view::View;
pub use error::{IngestError, Limit};
use index::Indexer;
use large::{Around, Closure, Doubtful, Incoming, Taken};
use scan::Scan;

/// A pack in quarantine. Dropping it removes the files, unless they were published.
#[derive(Debug)]
pub struct Ingested {
    pack: Option<Arc<Pack>>,
    /// Where the objects that the client sent end and those that completed a thin pack begin.
    sent_end: u64,
    appended: Vec<Oid>,
    carried: u32,
    received: u64,
    closure: Option<Closure>,
    _quarantine: Quarantine,
}

impl Ingested {
    /// The pack; `None` if the client sent an empty one, in which case there is nothing to publish.
    pub fn pack(&self) -> Option<&Arc<Pack>> {
        self.pack.as_ref()
    }

    /// The pack's name.
    pub fn hash(&self) -> Option<PackHash> {
        self.pack.as_ref().map(|pack| pack.hash())
    }

    /// Bytes received from the client.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Objects that the client sent.
    pub fn carried_objects(&self) -> u32 {
        self.carried
    }

    /// Whether the client itself sent the object.
    pub fn carries(&self, id: &Oid) -> bool {
        self.carried_position(id).is_some()
    }

    /// Objects of the repository that were copied in because the client sent deltas against them.
    pub fn appended_bases(&self) -> &[Oid] {
        &self.appended
    }

    /// Whether `tips` reach every object of the pack, if that is known without a walk: the tips are in it and it is complete in itself.
    pub(crate) fn is_reached_from(&self, tips: &[Oid]) -> Option<bool> {
        let closure = self.closure.as_ref()?;
        tips.iter().all(|tip| self.carries(tip)).then(|| closure.is_reached_from(tips))
    }

    /// The place in the index of an object that the client sent.
    pub(crate) fn carried_position(&self, id: &Oid) -> Option<u32> {
        let pack = self.pack.as_ref()?;
        let at = pack.index.lookup(to_gix(id))?;
        (pack.index.pack_offset_at_index(at) < self.sent_end).then_some(at)
    }
}

/// The repository as the push found it. Thin packs are completed from it, and names that collide with its objects are compared.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// Its packs.
    pub odb: &'a Odb,
    /// Makes the folder for a child. Called only if one is needed: it costs a link for every pack.
    pub view: &'a (dyn Fn() -> Outcome<Arc<View>> + Sync),
}

/// Reads one pack from `reader`, exactly to its end, into the quarantine `id`.
///
/// `progress` gets texts for the pusher's terminal. Blocks; reading must fail when the client is gone or `cancel` is set.
pub fn ingest(
    reader: &mut dyn Read,
    packs: &PackStore,
    id: &str,
    base: &Base<'_>,
    limits: &GitLimits,
    progress: &mut dyn FnMut(&str),
    cancel: &Cancel,
) -> Result<Ingested, IngestError> {
    let until = Instant::now() + limits.wall.min(Duration::from_secs(7 * 86_400));
    let quarantine = packs.quarantine(id)?;
    let mut scan = Scan::new(limits);
    let mut source = Source { reader, cancel, until };
    let mut head = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    while !scan.is_done() && small::may_be(&scan) {
        let got = source.read(&mut buffer)?;
        let used = scan.feed(got)?;
        head.extend_from_slice(got.get(..used).unwrap_or_default());
    }
    if scan.is_done() && scan.objects() == Some(0) {
        // Sent when every object is already here.
        let received = scan.offset();
        return Ok(Ingested {
            pack: None,
            sent_end: 0,
            appended: Vec::new(),
            carried: 0,
            received,
            closure: None,
            _quarantine: quarantine,
        });
    }
    let around = Around { packs, quarantine: &quarantine, base, cancel, until };
    let git = Git { id, limits, around: &around };
    let Taken { pack, closure } = if scan.is_done() {
        match small::take_in(&head, &scan, base.odb, &quarantine, packs.files().as_ref(), cancel)? {
            Some((path, hash)) => Taken { pack: depth::open(packs, &path, hash)?, closure: None },
            None => git.index(progress, |take| take(&head).map(drop))?,
        }
    } else if let Some(mut incoming) = if large::may_be(&scan) { Incoming::create(&around)? } else { None } {
        // Once more from the first byte, now with notes.
        scan = Scan::new(limits);
        incoming.feed(&mut scan, &head)?;
        drop(head);
        while !scan.is_done() {
            let got = source.read(&mut buffer)?;
            incoming.feed(&mut scan, got)?;
        }
        let mut arrived = incoming.end()?;
        match large::take_in(&mut arrived, &scan, &around, progress, &mut |doubtful| git.judge(doubtful))? {
            Some(taken) => taken,
            None => git.index(progress, |take| arrived.read(take))?,
        }
    } else {
        git.index(progress, |take| {
            let mut reads = take(&head)?;
            while reads && !scan.is_done() {
                let got = source.read(&mut buffer)?;
                let used = scan.feed(got)?;
                reads = take(got.get(..used).unwrap_or_default())?;
            }
            Ok(())
        })?
    };
    let sent_end = scan.sent_end();
    let appended: Vec<Oid> = match scan.objects() {
        Some(sent) if sent == pack.objects() => Vec::new(),
        _ => pack.entries().filter(|(_, offset)| *offset >= sent_end).map(|(id, _)| id).collect(),
    };
    let carried = pack.objects() - u32::try_from(appended.len()).unwrap_or(u32::MAX).min(pack.objects());
    Ok(Ingested { pack: Some(pack), sent_end, appended, carried, received: scan.offset(), closure, _quarantine: quarantine })
}

/// The child that has the last word.
struct Git<'a> {
    id: &'a str,
    limits: &'a GitLimits,
    around: &'a Around<'a>,
}

/// Gets bytes; `false` says that no more are wanted.
type Take<'a> = dyn FnMut(&[u8]) -> Result<bool, IngestError> + 'a;

impl Git<'_> {
    /// The pack that `feed` writes, taken in.
    fn index(
        &self,
        progress: &mut dyn FnMut(&str),
        feed: impl FnOnce(&mut Take<'_>) -> Result<(), IngestError>,
    ) -> Result<Taken, IngestError> {
        let Around { packs, quarantine, base, cancel, .. } = self.around;
        let view = (base.view)()?;
        let mut indexer = Indexer::start(quarantine, &view, None, self.limits, progress, cancel)?;
        feed(&mut |bytes| indexer.write(bytes))?;
        let path = indexer.finish()?;
        let hash = hash_file(&path)?;
        Ok(Taken { pack: depth::open(packs, &path, hash)?, closure: None })
    }

    /// Its verdict on some objects of the pack in quarantine, which it may lean on.
    fn judge(&self, doubtful: &Doubtful) -> Result<(), IngestError> {
        let Around { packs, quarantine, base, cancel, .. } = self.around;
        let view = (base.view)()?;
        let apart = packs.quarantine(&format!("{}-doubt", self.id))?;
        let mut silent = |_: &str| {};
        let mut indexer = Indexer::start(&apart, &view, Some(quarantine), self.limits, &mut silent, cancel)?;
        doubtful.write(|bytes| indexer.write(bytes))?;
        indexer.finish().map(drop)
    }
}

/// The client's bytes, with the caller's wish to stop and the time looked at before each read.
struct Source<'a> {
    reader: &'a mut dyn Read,
    cancel: &'a Cancel,
    until: Instant,
}

impl Source<'_> {
    fn read<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], IngestError> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(IngestError::Stopped("cancelled"));
            }
            if Instant::now() >= self.until {
                return Err(IngestError::Stopped("the push took longer than the time allowed"));
            }
            match self.reader.read(buffer) {
                Ok(0) => return Err(IngestError::Malformed("the pack ends early".to_owned())),
                Ok(n) => return Ok(buffer.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(IngestError::Client(e)),
            }
        }
    }
}
