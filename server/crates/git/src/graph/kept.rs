//! Open commit-graphs, bounded by the memory that they take.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Graph;
use super::write::place;
use crate::bitmaps::Cover;
use crate::chunked;
use crate::packs::{Pack, PackStore};

/// Bytes of a graph at most, and of all that are kept; walks under way may hold more. A million commits have about a hundred.
pub(super) const MOST: u64 = 192 << 20;

/// Graphs by the name of what they cover, for all repositories of a process.
#[derive(Debug, Default)]
pub(crate) struct Graphs {
    kept: Mutex<Kept>,
    /// Held while one is read: whoever asks for the same meanwhile gets that one.
    reading: Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<String, (Arc<Graph>, u64)>,
    tick: u64,
}

impl Graphs {
    fn get(&self, key: &str) -> Option<Arc<Graph>> {
        let mut kept = self.lock();
        kept.tick += 1;
        let tick = kept.tick;
        let (graph, used) = kept.by_key.get_mut(key)?;
        *used = tick;
        Some(Arc::clone(graph))
    }

    fn put(&self, key: &str, graph: &Arc<Graph>) {
        let mut kept = self.lock();
        kept.by_key.remove(key);
        let room = (MOST as usize).saturating_sub(graph.bytes());
        while kept.by_key.values().map(|(graph, _)| graph.bytes()).sum::<usize>() > room
            && let Some(oldest) = kept.by_key.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
        {
            kept.by_key.remove(&oldest);
        }
        let tick = kept.tick;
        kept.by_key.insert(key.to_owned(), (Arc::clone(graph), tick));
    }

    /// Lets go of all others.
    pub(crate) fn retain(&self, keys: &[String]) {
        self.lock().by_key.retain(|key, _| keys.contains(key));
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A cache: whatever is in it is true.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the graph of a repository's packs is to be had, once somebody asks for it.
#[derive(Debug)]
pub struct Source {
    store: PackStore,
    key: String,
    /// There was none. When one is made, the repository is opened anew.
    absent: AtomicBool,
}

impl Source {
    /// Of a repository's packs, newest first, none of them damaged; `None` if it is too small to have one.
    pub fn of(store: &PackStore, packs: &[Arc<Pack>]) -> Option<Source> {
        let key = Cover::of(packs)?.key().to_owned();
        Some(Source { store: store.clone(), key, absent: AtomicBool::new(false) })
    }

    /// The graph, read and checked if nobody has it open. One that is damaged is removed, and made again by whoever makes them.
    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        if self.absent.load(Ordering::Relaxed) {
            return None;
        }
        if let Some(graph) = self.store.graphs().get(&self.key) {
            return Some(graph);
        }
        let _reading = self.store.graphs().reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(graph) = self.store.graphs().get(&self.key) {
            return Some(graph);
        }
        let path = place(&self.store, &self.key);
        match load(&path) {
            Ok(Ok(graph)) => {
                let graph = Arc::new(graph);
                self.store.graphs().put(&self.key, &graph);
                return Some(graph);
            }
            Ok(Err(why)) => {
                let removed = self.store.files().remove_file(&path).err();
                tracing::warn!(path = %path.display(), why, ?removed, "a commit-graph is damaged");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a commit-graph cannot be read");
                return None;
            }
        }
        self.absent.store(true, Ordering::Relaxed);
        None
    }
}

/// Reads a file; the inner error says what is wrong with its bytes.
pub(super) fn load(path: &Path) -> io::Result<Result<Graph, &'static str>> {
    let bytes = chunked::load(path, MOST)?;
    Ok(bytes.ok_or("it is larger than what is made").and_then(Graph::parse))
}
