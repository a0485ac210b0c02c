//! Everything that the database holds, in a form that neither engine owns: read at one moment, written into an empty database.
//!
//! [`tables`] is the one place that says what is carried; columns are asked of the database itself, so that a new one comes along.
//! [`dump`] reads, [`load`] writes, [`fence`] keeps packs from being swept while a backup copies them.

mod columns;
mod counters;
pub mod dump;
pub mod fence;
pub mod load;
pub mod tables;

pub use columns::{Column, Kind};
pub use dump::{Dump, Item};
pub use load::{Content, Load};
pub use tables::{FileSort, HeldFile, SORTS, TABLES, Table};

/// One value. Columns hold nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A bigint; a time, an id or a flag among others.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

pub(crate) use columns::has_table;

/// The newest schema that this program knows.
pub fn known_schema() -> i64 {
    crate::migrate::known()
}

#[cfg(test)]
mod tests;
