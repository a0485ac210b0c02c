//! What is measured, one file a work.

pub mod api;
pub mod bulk;
pub mod git;
pub mod idle;
pub mod plugins;
pub mod policy;
pub mod push;
pub mod rate;
pub mod reading;
pub mod refs;
pub mod ssh;
