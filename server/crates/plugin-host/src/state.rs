//! What one invocation carries: its handles, its bounds, its log. Made fresh for each call and dropped with it.

use std::sync::Arc;
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::limits::Limits;
use crate::log::Log;
use crate::memory::MemoryLimiter;
use crate::stop::Stop;
use crate::wasi;

/// The data of one store.
pub(crate) struct CallState {
    pub(crate) table: ResourceTable,
    pub(crate) memory: MemoryLimiter,
    pub(crate) budget: Budget,
    pub(crate) log: Log,
    pub(crate) config: Arc<str>,
    /// Made when a component that imports WASI first asks for it; the others never do.
    wasi: Option<WasiCtx>,
}

impl CallState {
    pub(crate) fn new(limits: &Limits, config: Arc<str>, started: Instant) -> CallState {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let budget = Budget {
            calls: 0,
            bytes: 0,
            call_limit: limits.host_calls,
            byte_limit: limits.host_bytes,
            deadline: started.checked_add(limits.wall),
        };
        CallState { table, memory: MemoryLimiter::new(limits), budget, log: Log::new(limits), config, wasi: None }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
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
    deadline: Option<Instant>,
}

impl Budget {
    /// To be called first in every host function: fuel and epochs do not run while the host works.
    pub(crate) fn call(&mut self) -> Result<(), Stop> {
        self.calls += 1;
        if self.calls > self.call_limit {
            return Err(Stop::HostCalls(self.call_limit));
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Stop::Deadline),
            _ => Ok(()),
        }
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
