//! Git's smart HTTP protocol (gitprotocol-http): what git's own `http-backend` does, in process. Bytes only; who may do what
//! and what the bytes mean is `hardie_app::transport`'s.

mod body;
mod bundles;
pub mod conversation;
mod handlers;
mod inflate;
mod protocol;

pub use body::{DRAIN_BYTES, drain, reader};
pub use handlers::{fault, refuse, routes};
pub use protocol::repo_path;
