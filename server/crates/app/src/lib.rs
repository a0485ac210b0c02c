//! Use cases: everything that a user can do, each authorised here and nowhere else.
//!
//! Must not know: status codes, wire formats of HTTP or SSH, WebAssembly, SQL text.
//! Start reading at [`ctx`] (who asks), [`error`] (how it fails) and `push` (the one door for refs).

pub mod ctx;
pub mod error;
pub mod ports;
pub mod state;

pub use ctx::Ctx;
pub use error::{Error, Result};
pub use state::{App, AppConfig};
