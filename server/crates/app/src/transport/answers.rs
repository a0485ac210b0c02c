//! Packs while they are sent and a while after: whoever asks for the same meanwhile reads along, and it is built once.
//!
//! An answer is kept framed, so that sending it again is a copy. Its key is everything that decides its bytes; it is never
//! shared between repositories. Short answers stay in memory, long ones go to a file without a name.

mod answer;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hardie_domain::ids::RepoId;
use hardie_git::upload::PackRequest;
use hardie_git::wire::sideband::Sideband;

pub use answer::Writer;
use answer::{Answer, Totals};
pub use reader::{Part, Reader};

/// Bytes of short answers that are kept.
const IN_MEMORY: u64 = 32 << 20;
/// Bytes of long answers that are kept.
const IN_FILES: u64 = 2 << 30;
/// Answers that are kept.
const MOST: usize = 2048;

/// Ids in the key of an answer that is kept.
const LONGEST_KEY: usize = 1000;

/// What decides the bytes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose objects.
    pub repo: RepoId,
    /// Which refs and which packs.
    pub generation: i64,
    /// How the pack is framed.
    pub framing: Sideband,
    /// What was asked for; whether progress is shown changes nothing.
    pub request: PackRequest,
}

impl Key {
    /// Whether it is too long to be kept for those who may ask for the same later: the bounds on answers do not count it.
    fn is_long(&self) -> bool {
        let asked = &self.request;
        [&asked.wants, &asked.common, &asked.client_shallow, &asked.new_shallow, &asked.unshallow]
            .iter()
            .map(|ids| ids.len())
            .sum::<usize>()
            > LONGEST_KEY
    }
}

/// All answers under way or kept. Clones share them.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    tick: u64,
    by_key: HashMap<Key, Entry>,
    totals: Arc<Totals>,
}

struct Entry {
    answer: Arc<Answer>,
    readers: usize,
    used: u64,
}

impl Answers {
    /// Reads an answer from its beginning. With the first reader comes the writer that has to be served.
    pub fn join(&self, mut key: Key) -> (Reader, Option<Writer>) {
        key.request.progress = false;
        let mut kept = self.lock();
        kept.tick += 1;
        let used = kept.tick;
        if let Some(entry) = kept.by_key.get_mut(&key)
            && !entry.answer.has_failed()
        {
            (entry.readers, entry.used) = (entry.readers + 1, used);
            return (Reader::new(self.clone(), key, entry.answer.clone()), None);
        }
        kept.make_room(&key);
        let answer = Arc::new(Answer::new(kept.totals.clone()));
        kept.by_key.insert(key.clone(), Entry { answer: answer.clone(), readers: 1, used });
        let writer = Writer::new(answer.clone(), key.framing);
        (Reader::new(self.clone(), key, answer), Some(writer))
    }

    /// A reader has gone; with the last one of an unfinished answer goes the answer.
    fn leave(&self, key: &Key, answer: &Arc<Answer>) {
        let mut kept = self.lock();
        let Some(entry) = kept.by_key.get_mut(key).filter(|entry| Arc::ptr_eq(&entry.answer, answer)) else { return };
        entry.readers = entry.readers.saturating_sub(1);
        if entry.readers == 0 && (key.is_long() || !entry.answer.is_whole()) {
            entry.answer.give_up();
            kept.by_key.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Lets go what nobody reads: what an older state of the repository gave, then what was used least lately.
    fn make_room(&mut self, new: &Key) {
        self.by_key.retain(|key, entry| entry.readers > 0 || key.repo != new.repo || key.generation >= new.generation);
        while let Some(oldest) = self.too_much().then(|| self.oldest()).flatten() {
            self.by_key.remove(&oldest);
        }
    }

    fn too_much(&self) -> bool {
        let held = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        held(&self.totals.memory) > IN_MEMORY || held(&self.totals.files) > IN_FILES || self.by_key.len() >= MOST
    }

    fn oldest(&self) -> Option<Key> {
        let free = self.by_key.iter().filter(|(_, entry)| entry.readers == 0);
        free.min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
    }
}
