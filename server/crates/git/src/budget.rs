//! Bounds on work: a walk over history or trees asks before each step whether it may go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Tells long work to stop. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not cancelled.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Asks for the end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked for the end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How much one piece of work may cost. A step is one object looked at.
#[derive(Clone, Debug)]
pub struct Budget {
    steps: u64,
    spent: u64,
    deadline: Option<Instant>,
    cancel: Cancel,
}

impl Budget {
    /// At most `steps` objects and `time` of wall clock.
    pub fn new(steps: u64, time: Duration, cancel: &Cancel) -> Budget {
        Budget { steps, spent: 0, deadline: Instant::now().checked_add(time), cancel: cancel.clone() }
    }

    /// For pages: two million objects, ten seconds.
    pub fn page() -> Budget {
        Budget::new(2_000_000, Duration::from_secs(10), &Cancel::new())
    }

    /// Takes the steps for going through so many bytes of text: one for every 4 KiB begun.
    pub fn bytes(&mut self, bytes: usize) -> Result<()> {
        (0..bytes.div_ceil(4096)).try_for_each(|_| self.step())
    }

    /// Takes one step, or says which bound is reached.
    pub fn step(&mut self) -> Result<()> {
        self.spent += 1;
        if self.spent > self.steps {
            return Err(Error::TooLarge(format!("stopped after looking at {} objects", self.steps)));
        }
        // At each: one object may cost a second, as a delta on a large one does.
        if self.cancel.is_cancelled() {
            return Err(Error::Stopped("cancelled"));
        }
        if self.deadline.is_some_and(|d| Instant::now() >= d) {
            return Err(Error::Stopped("out of time"));
        }
        Ok(())
    }
}

/// How many may do something at once that takes much memory or time. Whoever comes too late does without.
#[derive(Debug)]
pub(crate) struct Turns(AtomicUsize);

/// A turn; given back when dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    pub(crate) fn new(most: usize) -> Turns {
        Turns(AtomicUsize::new(most))
    }

    pub(crate) fn take(&self) -> Option<Turn<'_>> {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).ok().map(|_| Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
    }
}
