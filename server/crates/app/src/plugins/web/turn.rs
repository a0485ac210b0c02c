//! Who may touch an installation's data of one repository: web requests that may write it one after the other, and tries of deliveries.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, Semaphore};
use tokio::time::timeout;

use crate::{Error, Result};

/// Requests that wait to be the next.
const WAITING: usize = 32;
/// How long a request waits to be the next, and then for a try that is under way.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long a try waits. The one request that it waits for runs for ten seconds at most; this leaves it time to be kept.
const LONGEST_TRY_WAIT: Duration = Duration::from_secs(15);

/// One for each installation and repository. Only the first in the line of requests comes to the data, and only when it can run at once: a
/// try holds room that others want, and must not wait behind all of them.
pub struct Turn {
    waiting: Semaphore,
    line: Arc<Mutex<()>>,
    data: Arc<RwLock<()>>,
}

/// The first in the line; the next comes when it is dropped.
pub(crate) struct First {
    _line: OwnedMutexGuard<()>,
    data: Arc<RwLock<()>>,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn { waiting: Semaphore::new(WAITING), line: Arc::default(), data: Arc::default() }
    }
}

impl Turn {
    /// Waits to be the first in the line of requests.
    pub(crate) async fn first(&self) -> Result<First> {
        let full = || Error::Unavailable("too many requests that may write the same data wait for each other".to_owned());
        let late = |_| Error::Unavailable("requests that may write the same data took too long".to_owned());
        let _waiting = self.waiting.try_acquire().map_err(|_| full())?;
        let line = timeout(LONGEST_WAIT, Arc::clone(&self.line).lock_owned()).await.map_err(late)?;
        Ok(First { _line: line, data: Arc::clone(&self.data) })
    }

    /// A try's turn: no request writes meanwhile. Tries keep each other off by their leases.
    pub(crate) async fn read(&self) -> Result<OwnedRwLockReadGuard<()>> {
        let late = |_| Error::Unavailable("a web request to the same plugin took too long".to_owned());
        timeout(LONGEST_TRY_WAIT, Arc::clone(&self.data).read_owned()).await.map_err(late)
    }
}

impl First {
    /// The data, unless a try is under way.
    pub(crate) fn try_write(&self) -> Option<OwnedRwLockWriteGuard<()>> {
        Arc::clone(&self.data).try_write_owned().ok()
    }

    /// Waits for a try that is under way.
    pub(crate) async fn write(&self) -> Result<OwnedRwLockWriteGuard<()>> {
        let late = |_| Error::Unavailable("the plugin handles an event that takes long".to_owned());
        timeout(LONGEST_WAIT, Arc::clone(&self.data).write_owned()).await.map_err(late)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Time does not pass here but by waiting, and then at once.
    #[tokio::test(start_paused = true)]
    async fn a_try_waits_for_one_request_and_not_for_the_line_behind_it() {
        let turn = Turn::default();
        let first = turn.first().await.unwrap();
        let writing = first.write().await.unwrap();
        let mut second = Box::pin(turn.first());
        assert!(second.as_mut().now_or_never().is_none());
        let mut handled = Box::pin(turn.read());
        assert!(handled.as_mut().now_or_never().is_none(), "not while it is written");
        drop((writing, first));
        let second = second.await.unwrap();
        let handling = handled.now_or_never().expect("the line does not stand before it").unwrap();
        assert!(second.write().await.is_err(), "and what is written waits for it, but not for ever");
        drop(handling);
        assert!(second.write().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_does_not_wait_for_ever() {
        let turn = Turn::default();
        let first = turn.first().await.unwrap();
        let _writing = first.write().await.unwrap();
        assert!(turn.read().await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_line_is_bounded_in_length_and_time() {
        let turn = Turn::default();
        let first = turn.first().await.unwrap();
        let mut line: Vec<_> = (0..WAITING).map(|_| Box::pin(turn.first())).collect();
        assert!(line.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        let refused = turn.first().now_or_never().expect("at once").err().unwrap();
        assert!(matches!(&refused, Error::Unavailable(text) if text.contains("too many")), "{refused}");
        assert!(line.pop().unwrap().await.is_err(), "it was not its turn in time");
        drop((line, first));
        assert!(turn.first().await.is_ok());
    }
}
