//! A closer look at a repository in which something failed without a name: an object that a ref reaches is nowhere, or a `git` child
//! complained. All its packs are examined, one repository at a time, and none often.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hardie_domain::ids::RepoId;
use hardie_domain::time::Timestamp;
use hardie_git::packs::PackHash;

use super::{examine, mark};
use crate::{App, Result};

/// Seconds between two looks at one repository: each reads all of it.
const PAUSE: i64 = 3600;
/// Repositories remembered.
const MOST: usize = 1000;

/// Which repositories to look at, and when one was.
#[derive(Debug, Default)]
pub struct Looks(Mutex<HashMap<RepoId, State>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Looked(Timestamp),
}

impl Looks {
    /// Asks for a look.
    pub(crate) fn ask(&self, repo: RepoId, now: Timestamp) {
        let mut all = self.lock();
        all.retain(|_, state| !matches!(state, State::Looked(at) if at.plus_seconds(PAUSE) <= now));
        if all.len() < MOST {
            all.entry(repo).or_insert(State::Waiting);
        }
    }

    fn next(&self, now: Timestamp) -> Option<RepoId> {
        let mut all = self.lock();
        let (repo, state) = all.iter_mut().find(|(_, state)| **state == State::Waiting)?;
        *state = State::Looked(now);
        Some(*repo)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RepoId, State>> {
        // Each change is one call: the map is valid after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Examines the packs of one repository that waits for it; whether one did.
pub async fn look_closer(app: &App) -> Result<bool> {
    let Some(repo) = app.git.looks.next(app.clock.now()) else { return Ok(false) };
    let mut first = Ok(true);
    for pack in app.store.list_repo_packs(repo).await? {
        // One that cannot be looked at or marked keeps nobody from the others.
        if let Err(error) = look_at(app, PackHash(pack.hash)).await {
            first = first.and(Err(error));
        }
    }
    first
}

async fn look_at(app: &App, pack: PackHash) -> Result<()> {
    let permit = app.git.build_permit().await;
    let damages = examine(app, pack).await;
    drop(permit);
    match damages?.first() {
        Some(damage) => mark(app, pack, damage).await.map(drop),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_looked_at_once_in_a_while() {
        let (looks, now) = (Looks::default(), Timestamp(1_000_000_000_000_000));
        looks.ask(RepoId(1), now);
        looks.ask(RepoId(1), now);
        assert_eq!((looks.next(now), looks.next(now)), (Some(RepoId(1)), None));
        looks.ask(RepoId(1), now.plus_seconds(PAUSE - 1));
        assert_eq!(looks.next(now), None);
        looks.ask(RepoId(1), now.plus_seconds(PAUSE));
        assert_eq!(looks.next(now), Some(RepoId(1)));
    }
}
