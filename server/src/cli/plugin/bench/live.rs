//! Memory of many calls at once: each is held in its first read of the push until all have come so far.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_domain::policy::{Change, NewObject, PolicyCall, PushFacts, PushRepository, ReadError, TreeEntry};
use hardie_plugin_host::{Limits, PluginHost};

/// Calls at once.
pub const CALLS: usize = 64;
/// How long they wait for one another.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bounds under which so many may run at once, each long enough to wait for the others.
pub fn limits() -> Limits {
    Limits { running: CALLS, wall: 2 * PATIENCE, ..Limits::default() }
}

/// Bytes for each of so many calls in places of the pool that nobody used before, with its thread's stack; `None` if they do not read.
pub async fn memory(host: &PluginHost, call: &PolicyCall) -> Option<u64> {
    // What the first call of a process brings is nobody's in particular.
    host.check(call.clone()).await;
    let (before, meeting) = (anonymous(), Arc::new(Meeting::default()));
    let calls: Vec<_> = (0..CALLS)
        .map(|nth| {
            let inner = Arc::clone(&call.repository);
            let repository = Arc::new(Held { inner, meeting: Arc::clone(&meeting), joined: AtomicBool::new(false) });
            // One owner's repositories take half of the places at most.
            let push = PushFacts { repo_path: format!("owner-{}/demo", nth % 4), ..PushFacts::clone(&call.push) };
            let (host, call) = (host.clone(), PolicyCall { repository, push: Arc::new(push), ..call.clone() });
            tokio::spawn(async move { host.check(call).await })
        })
        .collect();
    for call in calls {
        call.await.ok()?;
    }
    let together = meeting.memory.lock().unwrap_or_else(PoisonError::into_inner).take();
    together.map(|bytes| bytes.saturating_sub(before) / CALLS as u64)
}

/// RssAnon of this process (proc_pid_status(5)), in bytes.
fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// Where calls wait for one another. The last one reads how much memory there is.
#[derive(Default)]
struct Meeting {
    here: Mutex<usize>,
    all: Condvar,
    memory: Mutex<Option<u64>>,
}

impl Meeting {
    fn join(&self) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        *here += 1;
        if *here == CALLS {
            *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = Some(anonymous());
            self.all.notify_all();
        }
        let waited = self.all.wait_timeout_while(here, PATIENCE, |here| *here < CALLS);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// A push whose first read waits.
struct Held {
    inner: Arc<dyn PushRepository>,
    meeting: Arc<Meeting>,
    joined: AtomicBool,
}

impl Held {
    fn inner(&self) -> &dyn PushRepository {
        if !self.joined.swap(true, Ordering::Relaxed) {
            self.meeting.join();
        }
        self.inner.as_ref()
    }
}

impl PushRepository for Held {
    fn new_commits(&self, update: usize, start: usize, limit: usize) -> Result<Vec<CommitInfo>, ReadError> {
        self.inner().new_commits(update, start, limit)
    }

    fn new_objects(&self, kind: &str, start: usize, limit: usize) -> Result<Vec<NewObject>, ReadError> {
        self.inner().new_objects(kind, start, limit)
    }

    fn commit(&self, id: Oid) -> Result<CommitInfo, ReadError> {
        self.inner().commit(id)
    }

    fn tree(&self, id: Oid, start: usize, limit: usize) -> Result<Vec<TreeEntry>, ReadError> {
        self.inner().tree(id, start, limit)
    }

    fn blob_size(&self, id: Oid) -> Result<u64, ReadError> {
        self.inner().blob_size(id)
    }

    fn blob_range(&self, id: Oid, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        self.inner().blob_range(id, offset, length)
    }

    fn changes(&self, old: Oid, new: Oid, start: usize, limit: usize) -> Result<Vec<Change>, ReadError> {
        self.inner().changes(old, new, start, limit)
    }

    fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, ReadError> {
        self.inner().is_ancestor(ancestor, descendant)
    }

    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, ReadError> {
        self.inner().read_ref(name)
    }
}
