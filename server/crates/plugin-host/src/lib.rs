//! The only user of wasmtime: engine, loader, limits, one module per capability.
