//! One invocation: a fresh store, all bounds armed before the first instruction, and a tidy account of how it ended.
//!
//! It blocks, both in guest code and in reads of the repository, so it belongs on a thread where that is allowed.

use std::time::Instant;

use hardie_domain::plugin::Usage;
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::limits::Limits;
use crate::loaded::{Exports, Loaded};
use crate::state::{CallState, Task};
use crate::stop::Failure;
use crate::ticker::Ticker;

/// What every invocation needs.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) ticker: Ticker,
}

/// How an invocation ended.
pub(crate) struct Ended<T> {
    pub(crate) outcome: Result<T, Failure>,
    pub(crate) usage: Usage,
    pub(crate) log: Vec<String>,
    /// The instance and all that it held. Putting its memory back takes as long as a small call, so whoever waits for the answer is told first.
    pub(crate) spent: Option<Store<CallState>>,
}

impl Runtime {
    /// Instantiates and lets `call` speak to the instance.
    pub(crate) fn invoke<T>(
        &self,
        loaded: &Loaded,
        task: Task,
        call: impl FnOnce(&mut Store<CallState>, &Exports) -> wasmtime::Result<T>,
    ) -> Ended<T> {
        let started = Instant::now();
        let _watch = self.ticker.watch();
        let errand = task.errand;
        let mut store = Store::new(&self.engine, CallState::new(&self.limits, task, started));
        let outcome = self.arm(&mut store).and_then(|()| {
            // Start functions run here, which is why everything is armed already.
            let answer = loaded.instantiate(&mut store).and_then(|exports| call(&mut store, &exports));
            // Whatever came of it, so that it does not hang on where a tick fell.
            store.data().budget.wasi_within()?;
            answer
        });
        let outcome = outcome.map_err(|error| Failure::from_error(&error, &self.limits, errand));
        let left = store.get_fuel().unwrap_or_default();
        let state = store.data();
        if let Err(failure) = &outcome {
            state.log.write("error", &format!("{}: {}\n{}", failure.class.as_str(), failure.text, failure.detail));
        }
        let usage = Usage {
            fuel: self.limits.fuel.saturating_sub(left),
            memory: state.memory.peak() as u64,
            host_calls: state.budget.calls(),
            host_bytes: state.budget.bytes(),
            wall_micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        let log = state.log.finish();
        store.data_mut().let_go();
        Ended { outcome, usage, log, spent: Some(store) }
    }

    fn arm(&self, store: &mut Store<CallState>) -> wasmtime::Result<()> {
        store.limiter(|state| &mut state.memory);
        store.set_fuel(self.limits.fuel)?;
        store.set_hostcall_fuel(self.limits.guest_to_host);
        store.epoch_deadline_callback(|store| match store.data().budget.go_on() {
            Ok(()) => Ok(UpdateDeadline::Continue(1)),
            Err(over) => Err(over.into()),
        });
        store.set_epoch_deadline(1);
        Ok(())
    }
}
