//! Opened repositories, the least recently used ones let go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hardie_domain::ids::RepoId;

use super::RepoHandle;

/// Holds up to a number of repositories, each at one generation.
pub struct Cache {
    most: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    tick: u64,
    by_repo: HashMap<RepoId, Entry>,
}

struct Entry {
    used: u64,
    generation: i64,
    handle: Arc<RepoHandle>,
}

impl Cache {
    pub fn new(most: usize) -> Cache {
        Cache { most, entries: Mutex::default() }
    }

    /// The repository at exactly this generation.
    pub fn get(&self, repo: RepoId, generation: i64) -> Option<Arc<RepoHandle>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.tick += 1;
        let tick = entries.tick;
        let entry = entries.by_repo.get_mut(&repo).filter(|e| e.generation == generation)?;
        entry.used = tick;
        Some(entry.handle.clone())
    }

    /// Keeps the newest generation that anybody has read.
    pub fn put(&self, repo: RepoId, generation: i64, handle: Arc<RepoHandle>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_repo.get(&repo).is_some_and(|e| e.generation > generation) {
            return;
        }
        entries.tick += 1;
        let used = entries.tick;
        entries.by_repo.insert(repo, Entry { used, generation, handle });
        if entries.by_repo.len() > self.most {
            let oldest = entries.by_repo.iter().min_by_key(|(_, e)| e.used).map(|(repo, _)| *repo);
            if let Some(oldest) = oldest {
                entries.by_repo.remove(&oldest);
            }
        }
    }

    /// Keeps those of which this is true.
    pub fn retain(&self, keep: impl Fn(&RepoHandle) -> bool) {
        // The files are asked for outside the lock.
        let all: Vec<(RepoId, Arc<RepoHandle>)> = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.by_repo.iter().map(|(repo, entry)| (*repo, entry.handle.clone())).collect()
        };
        for (repo, handle) in all.into_iter().filter(|(_, handle)| !keep(handle)) {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            if entries.by_repo.get(&repo).is_some_and(|entry| Arc::ptr_eq(&entry.handle, &handle)) {
                entries.by_repo.remove(&repo);
            }
        }
    }
}
