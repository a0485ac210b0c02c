//! The description of the API, made from the same table that makes the routes: what is not described is not routed.

mod describe;
mod examples;
mod refusals;
mod table;
#[cfg(test)]
mod tests;

pub use describe::describe;
pub use table::{Api, Op};
