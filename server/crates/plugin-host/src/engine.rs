//! The engine: one per process, and one in the process that compiles with exactly the same code-generating settings.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig};

use crate::gate::BACKGROUND;
use crate::limits::Limits;

/// Most core instances, memories and tables of one component. CPython with its libraries is 38 instances.
const CORE_INSTANCES: u32 = 64;
const MEMORIES: u32 = 4;
const TABLES: u32 = 16;

/// How instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool reserved at start: fastest, and a memory is never mapped or unmapped per call.
    Pooling,
    /// Mapped per call: where the address space is too small for a pool.
    OnDemand,
}

/// Settings that decide what code is generated. Whatever is changed here changes the key of the cache.
fn code_settings() -> Config {
    let mut config = Config::new();
    let mut cost = OperatorCost::new();
    // Bulk copies are charged per byte by default; growing a memory makes the kernel zero pages, so it is charged too.
    cost.variable.memory_grow_per_page = u8::MAX;
    config
        .consume_fuel(true)
        .operator_cost(cost)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_component_model(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .concurrency_support(false)
        .max_wasm_stack(512 << 10)
        .memory_init_cow(true)
        // Where in the component's bytes each instruction came from, and tables for native debuggers: a third of the code's size, read by
        // nobody here. Names of functions stay in backtraces, and stacks are walked by frame pointers.
        .generate_address_map(false)
        .native_unwind_info(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(20));
    config
}

/// The engine that runs components, with a pool if the address space allows one.
///
/// # Errors
/// wasmtime's, if this machine cannot run it at all.
pub fn for_running(limits: &Limits, wanted: Allocation) -> Result<(Engine, Allocation), wasmtime::Error> {
    if wanted == Allocation::Pooling {
        // A place more than may run, for descriptions asked at install while everything is busy.
        let ours = [limits.running, limits.online, limits.events, limits.web, 1 + BACKGROUND];
        let places = u32::try_from(ours.into_iter().fold(0, usize::saturating_add)).unwrap_or(u32::MAX);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(places)
            .total_core_instances(places.saturating_mul(CORE_INSTANCES))
            .total_memories(places.saturating_mul(MEMORIES))
            .total_tables(places.saturating_mul(TABLES))
            .max_core_instances_per_component(CORE_INSTANCES)
            .max_memories_per_component(MEMORIES)
            .max_tables_per_component(TABLES)
            .max_tables_per_module(4)
            .max_memory_size(limits.memory)
            .table_elements(limits.table_elements)
            .pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(kept())
            .table_keep_resident(16 << 10);
        let mut config = code_settings();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        match Engine::new(&config) {
            Ok(engine) => return Ok((engine, Allocation::Pooling)),
            Err(error) => tracing::warn!(%error, "no room for a pool of plugin memories; mapping them per call instead"),
        }
    }
    Ok((Engine::new(&code_settings())?, Allocation::OnDemand))
}

/// Bytes of a memory that are put back as they were instead of being given back to the kernel, which takes an interrupt of every core, and
/// in the next call a fault for each page. Where the kernel cannot tell which pages were written, all of them are.
fn kept() -> usize {
    if PoolingAllocationConfig::is_pagemap_scan_available() { 256 << 10 } else { 64 << 10 }
}

/// The engine of the process that compiles: reserves nothing.
///
/// # Errors
/// wasmtime's.
pub fn for_compiling() -> Result<Engine, wasmtime::Error> {
    Engine::new(&code_settings())
}

/// Counts that the limiter enforces when no pool does.
pub(crate) const COUNTS: Counts = Counts { instances: CORE_INSTANCES as usize, memories: MEMORIES as usize, tables: TABLES as usize };

/// How many of each one component may have.
pub(crate) struct Counts {
    pub(crate) instances: usize,
    pub(crate) memories: usize,
    pub(crate) tables: usize,
}
