//! Scenarios: pushes written down as TOML, judged by the production host over a repository in memory.
//!
//! This is what `hardie plugin test` runs, and what this crate's own tests push.

mod file;
mod repo;
mod run;
mod tree;

pub use file::{Expectation, Scenario};
pub use repo::{MemoryPush, MemoryRepo};
pub use run::{Outcome, run};
