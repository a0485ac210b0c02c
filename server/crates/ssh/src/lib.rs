//! The SSH door: git's smart protocol behind public keys. The only user of russh.
//!
//! Must not know: who may do what, SQL, git's objects. It proves a key, reads one command, and hands the bytes to `app`.
//! No shell, no terminal, no forwarding, no files: what is not git is refused by name.
//! Start reading at [`serve`], then `connection` (one client), `handler` (who it is) and `channel` (what it wants).
#![warn(missing_docs)]

mod channel;
mod command;
mod config;
mod connection;
mod guarded;
mod handler;
mod host_keys;
mod server;

pub use config::SshConfig;
pub use host_keys::{HostKeyError, HostKeys};
pub use server::serve;
