//! Deltas are applied, depth first from the objects that they are built on, so that few objects are held at once.

mod children;
mod walk;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use gix::odb::pack::data;
use hardie_domain::oid::Oid;

use super::super::scan::Form;
use super::facts::Facts;
use super::record::Entry;
use super::{Around, IngestError};
use crate::error::Error;
use crate::object::Kind;
use children::Children;
use walk::Walk;

/// A pack with fewer objects is not worth a second thread.
const WORTH_A_THREAD: usize = 10_000;
/// Objects of the repository that a thin pack may be against.
const MOST_BASES: usize = 100_000;
/// A larger one is left to git.
const LARGEST_BASE: u64 = 64 << 20;
/// And all of them together: they are written behind what was sent.
const LARGEST_BASES: u64 = 512 << 20;

/// The pack as it was sent.
pub(super) struct Stored<'a> {
    pub(super) data: &'a data::File,
    pub(super) entries: &'a [Entry],
    /// Of some, their inflated deltas.
    pub(super) deltas: &'a [u8],
    /// Where the last entry ends.
    pub(super) end: u64,
}

impl<'a> Stored<'a> {
    /// The bytes of an entry.
    pub(super) fn bytes(&self, at: usize) -> Option<&'a [u8]> {
        let end = self.entries.get(at + 1).map_or(self.end, |next| next.start);
        self.data.entry_slice(self.entries.get(at)?.start..end)
    }

    /// The entry's delta, if it was kept.
    fn delta(&self, at: usize) -> Option<&'a [u8]> {
        let kept = &self.entries.get(at)?.kept;
        self.deltas.get(kept.start as usize..kept.end as usize).filter(|delta| !delta.is_empty())
    }
}

/// Every object of the pack by the place of its entry, and what a thin pack needs beside.
pub(super) struct Resolved {
    pub(super) ids: Vec<Oid>,
    pub(super) kinds: Vec<Kind>,
    /// Objects of the repository, in the order of their ids.
    pub(super) bases: BTreeSet<Oid>,
    pub(super) facts: Facts,
}

/// What all threads share.
struct Shared<'a> {
    pack: &'a Stored<'a>,
    children: Children,
    around: &'a Around<'a>,
    /// Whole objects that deltas are built on, with their ids.
    roots: Vec<(u32, Oid)>,
    next: AtomicUsize,
    done: AtomicUsize,
    /// Bytes of objects that wait for deltas on them.
    held: AtomicUsize,
    given_up: AtomicBool,
    stopped: Mutex<Option<IngestError>>,
}

/// All objects, or `None` if one cannot be made here.
pub(super) fn resolve(
    pack: &Stored<'_>,
    whole: &[Oid],
    facts: Facts,
    around: &Around<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<Option<Resolved>, IngestError> {
    let Some(children) = Children::of(pack.entries) else { return Ok(None) };
    let mut ids = whole.to_vec();
    let mut kinds = vec![Kind::Blob; ids.len()];
    let (mut roots, mut deltas) = (Vec::new(), 0);
    for (at, (entry, id)) in (0u32..).zip(pack.entries.iter().zip(&ids)) {
        match entry.form {
            Form::Whole(_) if id.is_zero() => return Ok(None),
            Form::Whole(kind) => {
                if let Some(slot) = kinds.get_mut(at as usize) {
                    *slot = kind;
                }
                if children.has(at, id) {
                    roots.push((at, *id));
                }
            }
            Form::Near(_) | Form::Far(_) => deltas += 1,
        }
    }
    let shared = Shared {
        pack,
        children,
        around,
        roots,
        next: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        held: AtomicUsize::new(0),
        given_up: AtomicBool::new(facts.torn),
        stopped: Mutex::new(None),
    };
    let mut told = Told { progress, deltas, percent: 0 };
    let mut here = Walk::new(&shared);
    let mut walks = thread::scope(|scope| {
        let other = (deltas > WORTH_A_THREAD).then(|| {
            scope.spawn(|| {
                let mut walk = Walk::new(&shared);
                walk.roots(&mut |_| {});
                walk.finish()
            })
        });
        here.roots(&mut |done| told.tell(done));
        // A panic there was reported there.
        other.map(|other| other.join().map_err(|_| Error::Git("a thread that applies deltas broke down".to_owned()))).transpose()
    })?;
    let bases = match shared.failed() {
        Some(error) => return Err(error),
        None => thin(&shared, &mut here)?,
    };
    if let Some(error) = shared.failed() {
        return Err(error);
    }
    let Some(bases) = bases.filter(|_| !shared.given_up.load(Ordering::Relaxed)) else { return Ok(None) };
    let mut joined = facts;
    let mut found = 0;
    for (made, facts) in walks.take().into_iter().chain([here.finish()]) {
        joined.join(facts);
        for (at, id, kind) in made {
            if let (Some(slot), Some(of)) = (ids.get_mut(at as usize), kinds.get_mut(at as usize)) {
                (*slot, *of) = (id, kind);
                found += 1;
            }
        }
    }
    told.tell(found);
    Ok((found == deltas && !joined.torn).then_some(Resolved { ids, kinds, bases, facts: joined }))
}

/// Deltas against objects of the repository: those that wait for what did not come.
fn thin(shared: &Shared<'_>, walk: &mut Walk<'_, '_>) -> Result<Option<BTreeSet<Oid>>, IngestError> {
    let odb = shared.around.base.odb;
    let (mut bases, mut bytes) = (BTreeSet::new(), 0u64);
    loop {
        let waiting = shared.children.waiting();
        let before = bases.len();
        for id in &waiting {
            shared.around.go_on()?;
            // Another base may have brought it.
            if !shared.children.is_waited_for(id) {
                continue;
            }
            match odb.header(id) {
                Ok((_, size)) if size <= LARGEST_BASE && bases.len() < MOST_BASES && bytes + size <= LARGEST_BASES => bytes += size,
                Ok(_) => return Ok(None),
                Err(Error::NotFound(_)) => continue,
                Err(other) => return Err(other.into()),
            }
            let object = odb.find(id)?;
            bases.insert(*id);
            if !walk.from(None, *id, object.kind, object.data.to_vec()) {
                return Ok(None);
            }
        }
        if waiting.is_empty() {
            return Ok(Some(bases));
        }
        if bases.len() == before {
            return Ok(None);
        }
    }
}

impl Shared<'_> {
    fn failed(&self) -> Option<IngestError> {
        self.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

/// What the pusher sees meanwhile.
struct Told<'a> {
    progress: &'a mut dyn FnMut(&str),
    deltas: usize,
    percent: usize,
}

impl Told<'_> {
    fn tell(&mut self, done: usize) {
        let percent = done.saturating_mul(100).checked_div(self.deltas).unwrap_or_default();
        if percent > self.percent {
            self.percent = percent;
            let end = if done == self.deltas { ", done.\n" } else { "\r" };
            (self.progress)(&format!("Resolving deltas: {percent:3}% ({done}/{}){end}", self.deltas));
        }
    }
}
