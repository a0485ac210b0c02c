//! `git` as a bounded child: cleared environment, resource limits, a deadline, killed when dropped.
//!
//! One thread feeds and drains the three pipes with `poll`, so that neither side can block the other.

mod binary;
mod relay;
mod running;
mod said;

pub use binary::GitBinary;
pub(crate) use relay::Relay;
pub(crate) use running::{Bounds, Output, Running};
pub(crate) use said::run;
