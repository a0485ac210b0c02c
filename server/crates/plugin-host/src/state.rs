//! What one invocation carries: its handles, its bounds, its log. Made fresh for each call and dropped with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hardie_domain::delivery::Services;
use hardie_domain::ids::DeliveryId;
use hardie_domain::policy::PushRepository;
use hardie_domain::web::WebCaller;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::errand::Errand;
use crate::limits::Limits;
use crate::log::Log;
use crate::memory::MemoryLimiter;
use crate::pending::Pending;
use crate::stop::Stop;
use crate::wasi;

/// What one invocation is given.
pub(crate) struct Task {
    pub(crate) errand: Errand,
    pub(crate) config: Arc<str>,
    /// What it may do besides reading; `None` where the errand allows nothing.
    pub(crate) services: Option<Arc<dyn Services>>,
    /// The repository whose commits may be given statuses, or that a web request is about.
    pub(crate) repository: Option<Arc<dyn PushRepository>>,
    /// Who sent the request that is answered.
    pub(crate) caller: Option<Arc<WebCaller>>,
    /// The delivery that is handled.
    pub(crate) delivery: Option<DeliveryId>,
    /// Set when nobody waits for the end any more.
    pub(crate) gone: Arc<AtomicBool>,
}

impl Task {
    /// One that may read and nothing else.
    pub(crate) fn pure(errand: Errand, config: Arc<str>) -> Task {
        Task { errand, config, services: None, repository: None, caller: None, delivery: None, gone: Arc::default() }
    }
}

/// The data of one store.
pub(crate) struct CallState {
    pub(crate) table: ResourceTable,
    pub(crate) memory: MemoryLimiter,
    pub(crate) budget: Budget,
    pub(crate) log: Log,
    pub(crate) task: Task,
    pub(crate) limits: Limits,
    /// What it wants written.
    pub(crate) pending: Pending,
    /// How many requests it sent.
    pub(crate) requests: usize,
    /// Whether it was told that a read passed a bound, which may be one of time.
    pub(crate) saw_an_end: bool,
    /// Made when a component that imports WASI first asks for it; the others never do.
    wasi: Option<WasiCtx>,
}

impl CallState {
    pub(crate) fn new(limits: &Limits, task: Task, started: Instant) -> CallState {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let budget = Budget {
            calls: 0,
            bytes: 0,
            call_limit: limits.host_calls,
            byte_limit: limits.host_bytes,
            wasi_calls: 0,
            wasi_limit: limits.wasi_calls,
            deadline: started.checked_add(limits.wall),
            gone: Arc::clone(&task.gone),
        };
        CallState {
            table,
            memory: MemoryLimiter::new(limits),
            budget,
            log: Log::new(limits),
            task,
            limits: limits.clone(),
            pending: Pending::new(limits),
            requests: 0,
            saw_an_end: false,
            wasi: None,
        }
    }

    /// Drops what it had of the server: nothing of that outlives the run.
    pub(crate) fn let_go(&mut self) {
        self.table = ResourceTable::new();
        self.task.services = None;
        self.task.repository = None;
    }

    /// Charges a call of an interface through which more than the repository can be reached, and says whom to ask.
    pub(crate) fn serve(&mut self, interface: &'static str) -> Result<Arc<dyn Services>, Stop> {
        self.budget.call()?;
        let services = self.task.services.as_ref().filter(|_| self.task.errand.may(interface));
        services.map(Arc::clone).ok_or(Stop::NotThere { interface, occasion: self.task.errand.occasion() })
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.budget.wasi_call();
        let log = &self.log;
        WasiCtxView { ctx: self.wasi.get_or_insert_with(|| wasi::sealed(log)), table: &mut self.table }
    }
}

/// What an invocation may still ask of the host.
pub(crate) struct Budget {
    calls: u64,
    bytes: u64,
    call_limit: u64,
    byte_limit: u64,
    wasi_calls: u64,
    wasi_limit: u64,
    deadline: Option<Instant>,
    gone: Arc<AtomicBool>,
}

impl Budget {
    /// To be called first in every host function: fuel and epochs do not run while the host works.
    pub(crate) fn call(&mut self) -> Result<(), Stop> {
        self.calls += 1;
        if self.calls > self.call_limit {
            return Err(Stop::HostCalls(self.call_limit));
        }
        self.go_on()
    }

    /// Counts a call of WASI. Those functions are not ours, so what is too much is seen at the next tick of the epoch, and at the end.
    pub(crate) fn wasi_call(&mut self) {
        self.wasi_calls += 1;
    }

    /// Whether there is anything left to go on with.
    pub(crate) fn go_on(&self) -> Result<(), Stop> {
        self.wasi_within()?;
        // Its place is for others when nobody waits any more.
        let is_over = self.left().is_zero() || self.gone.load(Ordering::Relaxed);
        if is_over { Err(Stop::Deadline) } else { Ok(()) }
    }

    /// Whether it called WASI no more often than it may.
    pub(crate) fn wasi_within(&self) -> Result<(), Stop> {
        if self.wasi_calls > self.wasi_limit { Err(Stop::HostCalls(self.wasi_limit)) } else { Ok(()) }
    }

    /// What remains of the wall clock.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// To be called with the size of everything that crosses.
    pub(crate) fn transfer(&mut self, bytes: usize) -> Result<(), Stop> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > self.byte_limit { Err(Stop::HostBytes(self.byte_limit)) } else { Ok(()) }
    }

    /// Bytes that crossed so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Calls made so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }
}
