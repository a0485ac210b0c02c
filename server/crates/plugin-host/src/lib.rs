//! The sandbox: the only user of wasmtime. Checks, compiles, describes and runs plugins, each within bounds that nothing in a
//! plugin can widen.
//!
//! It knows components and limits. It must not know the database, git's storage, HTTP or any use case: what a plugin may read
//! comes through `hardie_domain::policy::PushRepository`, what it may do besides through `hardie_domain::delivery::Services`; what comes
//! out is a `PolicyReport`, an `EventReport` or a `WebReport`.
//!
//! Start at [`PluginHost`]; `invoke.rs` is one call from first to last, `host/` is what a guest can ask for, `stop.rs` is how
//! it can end, `cache.rs` holds the only unsafe line.

mod bindings;
mod cache;
mod compile;
pub mod componentize;
mod engine;
mod errand;
mod gate;
mod host;
mod image;
mod info;
mod inspect;
mod invoke;
mod kept;
mod limits;
mod linkers;
mod loaded;
mod log;
mod memory;
mod pending;
mod plugin_host;
pub mod scenario;
mod state;
mod stop;
mod text;
mod ticker;
pub mod trim;
mod verdicts;
mod wasi;

pub use cache::CacheKey;
pub use compile::{CompileCommand, run_child};
pub use engine::Allocation;
pub use info::ComponentInfo;
pub use inspect::{Interfaces, interfaces};
pub use limits::Limits;
pub use plugin_host::{HostOptions, OpenError, PluginHost};
