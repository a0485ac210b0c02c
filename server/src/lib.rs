//! Hardie: a self-hosted git forge whose hooks and integrations are sandboxed WebAssembly components.
//!
//! This crate is the only place where the parts meet: command line, configuration, wiring, telemetry. It holds no rule.
//! Start reading at [`wiring`] (how a server is put together) and [`cli`] (what an operator can say).

pub mod cli;
pub mod config;
pub mod memory;
pub mod telemetry;
pub mod wiring;
