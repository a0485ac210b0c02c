//! Moves the engine's epoch, so that guest code looks at its deadline. Sleeps when nothing ran for a second.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::Engine;

/// How exactly a loop is stopped.
const TICK: Duration = Duration::from_millis(5);

/// Ticks that go on after the last invocation: to wake this thread takes longer than a small call.
const LINGER: u32 = 200;

/// The thread that ticks, shared by all invocations of one engine.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

struct Shared {
    running: AtomicUsize,
    ended: AtomicBool,
}

impl Ticker {
    /// Starts the thread; it ends with the ticker.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared { running: AtomicUsize::new(0), ended: AtomicBool::new(false) });
        let (weak, engine) = (Arc::downgrade(&shared), engine.weak());
        let handle = std::thread::Builder::new().name("plugin-epoch".into()).spawn(move || {
            let mut idle = 0;
            while let Some(busy) = is_busy(&weak) {
                idle = if busy { 0 } else { idle + 1 };
                if idle <= LINGER {
                    #[expect(clippy::disallowed_methods, reason = "this thread does nothing else: it is the clock that ends guests")]
                    std::thread::sleep(TICK);
                    if let Some(engine) = engine.upgrade() {
                        engine.increment_epoch();
                    }
                } else {
                    std::thread::park();
                    idle = 0;
                }
            }
        })?;
        Ok(Ticker { shared, thread: handle.thread().clone() })
    }

    /// Ticks until the guard is dropped.
    pub(crate) fn watch(&self) -> Watch<'_> {
        if self.shared.running.fetch_add(1, Ordering::SeqCst) == 0 {
            self.thread.unpark();
        }
        Watch(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// While one lives, the epoch moves.
pub(crate) struct Watch<'a>(&'a Shared);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// `None` once the ticker is gone.
fn is_busy(shared: &Weak<Shared>) -> Option<bool> {
    let shared = shared.upgrade()?;
    (!shared.ended.load(Ordering::SeqCst)).then(|| shared.running.load(Ordering::SeqCst) > 0)
}
