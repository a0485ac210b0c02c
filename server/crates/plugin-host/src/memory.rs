//! The memory bound: all memories and tables of an invocation together, since wasmtime's own limit is for each alone.

use wasmtime::ResourceLimiter;

use crate::engine::COUNTS;
use crate::limits::Limits;
use crate::stop::Stop;

/// What a table element costs.
const ELEMENT_BYTES: usize = 16;

/// Sums what an invocation holds and remembers the peak.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    limit: usize,
    element_limit: usize,
    bytes: usize,
    elements: usize,
    peak: usize,
}

impl MemoryLimiter {
    pub(crate) fn new(limits: &Limits) -> MemoryLimiter {
        MemoryLimiter { limit: limits.memory, element_limit: limits.table_elements, bytes: 0, elements: 0, peak: 0 }
    }

    /// The most bytes held at any time.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    fn total(bytes: usize, elements: usize) -> usize {
        bytes.saturating_add(elements.saturating_mul(ELEMENT_BYTES))
    }

    fn admit(&mut self, bytes: usize, elements: usize) -> Result<bool, wasmtime::Error> {
        let wanted = Self::total(bytes, elements);
        if wanted > self.limit || elements > self.element_limit {
            // An error, not `false`: a guest that saw -1 could go on and on, and differently on different hosts.
            return Err(Stop::OutOfMemory { wanted }.into());
        }
        (self.bytes, self.elements) = (bytes, elements);
        self.peak = self.peak.max(wanted);
        Ok(true)
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, wasmtime::Error> {
        self.admit(self.bytes.saturating_add(desired.saturating_sub(current)), self.elements)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<(), wasmtime::Error> {
        // The pool's own bound is per memory; reaching it is the same story for the guest.
        tracing::debug!(%error, "a plugin's memory could not grow");
        Err(Stop::OutOfMemory { wanted: self.limit }.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool, wasmtime::Error> {
        self.admit(self.bytes, self.elements.saturating_add(desired.saturating_sub(current)))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<(), wasmtime::Error> {
        tracing::debug!(%error, "a plugin's table could not grow");
        Err(Stop::OutOfMemory { wanted: self.limit }.into())
    }

    fn instances(&self) -> usize {
        COUNTS.instances
    }

    fn memories(&self) -> usize {
        COUNTS.memories
    }

    fn tables(&self) -> usize {
        COUNTS.tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> MemoryLimiter {
        MemoryLimiter::new(&Limits { memory: 1000, table_elements: 20, ..Limits::default() })
    }

    #[test]
    fn memories_count_together() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 600, None).is_ok());
        assert!(limiter.memory_growing(0, 500, None).is_err(), "the second memory alone would fit");
        assert!(limiter.memory_growing(600, 1000, None).is_ok());
        assert_eq!(limiter.peak(), 1000);
    }

    #[test]
    fn tables_count_with_memories_and_have_a_bound_of_their_own() {
        let mut limiter = limiter();
        assert!(limiter.table_growing(0, 20, None).is_ok());
        assert!(limiter.table_growing(20, 21, None).is_err());
        assert!(limiter.memory_growing(0, 700, None).is_err(), "20 elements take 320 of the 1000 bytes");
        assert!(limiter.table_growing(20, usize::MAX, None).is_err());
    }
}
