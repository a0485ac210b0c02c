//! `resource event`: getters over facts that are already in memory.

use wasmtime::component::Resource;

use super::EventHandle;
use crate::bindings::hardie::plugin::event::{Host, HostEvent};
use crate::state::CallState;

impl Host for CallState {}

impl CallState {
    /// Charges one call and what it returns.
    fn event_fact<R>(
        &mut self,
        event: &Resource<EventHandle>,
        read: impl FnOnce(&EventHandle) -> R,
        size: impl FnOnce(&R) -> usize,
    ) -> wasmtime::Result<R> {
        self.budget.call()?;
        let fact = read(self.table.get(event)?);
        self.budget.transfer(size(&fact))?;
        Ok(fact)
    }
}

impl HostEvent for CallState {
    fn id(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<String> {
        self.event_fact(&event, |e| e.0.id.0.to_string(), String::len)
    }

    fn attempt(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<u32> {
        self.event_fact(&event, |e| e.0.attempt, |_| 4)
    }

    fn sequence(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<u64> {
        self.event_fact(&event, |e| u64::try_from(e.0.seq.0).unwrap_or_default(), |_| 8)
    }

    fn kind(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<String> {
        self.event_fact(&event, |e| e.0.kind.clone(), String::len)
    }

    fn at(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<i64> {
        self.event_fact(&event, |e| e.0.at.0, |_| 8)
    }

    fn payload(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<String> {
        self.event_fact(&event, |e| e.0.payload.to_string(), String::len)
    }

    fn repository_path(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<String> {
        self.event_fact(&event, |e| e.0.repo_path.clone(), String::len)
    }

    fn installation(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<String> {
        self.event_fact(&event, |e| e.0.installation.clone(), String::len)
    }

    fn drop(&mut self, event: Resource<EventHandle>) -> wasmtime::Result<()> {
        self.table.delete(event)?;
        Ok(())
    }
}
