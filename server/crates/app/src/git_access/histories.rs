//! The history that repositories' refs reach, as it was last walked: a few repositories at a time, each of bounded length.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hardie_domain::ids::RepoId;
use hardie_git::reach::Known;

use super::RepoHandle;

/// Repositories; each costs some 3 MB at most.
const MOST: usize = 16;

/// See the module.
#[derive(Default)]
pub struct Histories(Mutex<Vec<Kept>>);

struct Kept {
    repo: RepoId,
    generation: i64,
    known: Arc<Known>,
}

impl Histories {
    /// What is known of this state of a repository. What an older state's refs reached is taken over where the newer ones still reach it.
    /// Blocks.
    pub fn of(&self, handle: &RepoHandle) -> Arc<Known> {
        let (repo, generation) = (handle.snapshot.repo.id, handle.snapshot.repo.generation);
        let older = {
            let mut kept = self.lock();
            if let Some(at) = kept.iter().position(|k| k.repo == repo && k.generation == generation) {
                // The one used last goes to the end.
                let same = kept.remove(at);
                let known = same.known.clone();
                kept.push(same);
                return known;
            }
            kept.iter().find(|k| k.repo == repo && k.generation < generation).map(|k| k.known.clone())
        };
        // The older one stays until then: another who asks now takes from it, too.
        let known = Arc::new(match older {
            Some(older) => older.newer(&handle.odb, handle.refs.clone()),
            None => Known::new(handle.refs.clone()),
        });
        let mut kept = self.lock();
        if let Some(other) = kept.iter().find(|k| k.repo == repo && k.generation >= generation) {
            return if other.generation == generation { other.known.clone() } else { known };
        }
        kept.retain(|k| k.repo != repo);
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(Kept { repo, generation, known: known.clone() });
        known
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
