//! What tests need: a real server in process or as a child, both databases, real `git` in a home of its own.
//!
//! Everything lives in a temporary folder and on loopback and ends with the value that started it.
//! Start reading at [`server`].

pub mod clock;
pub mod git;
pub mod history;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod server;
pub mod tools;

pub use clock::FakeClock;
pub use git::{Git, Output};
pub use process::ServerProcess;
pub use server::{Options, TestServer, TestUser};
