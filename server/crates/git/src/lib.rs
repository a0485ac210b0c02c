//! Git itself: the wire protocol, packs, ingest, object reading. The only user of gix.
//!
//! Synchronous: whoever calls it from an async runtime does so on a blocking thread.
//! Must not know: SQL, users, HTTP, SSH, WebAssembly. Which refs an asker may see comes in as an argument.
//! Start reading at [`packs`] (where bytes live; [`lfs`] for large files), then [`ingest`] and [`connectivity`] (how a push gets in) and
//! [`reach`] and [`build`] (how a fetch gets out). Pages and policies read through [`read`] and [`diff`], pages also
//! through [`blame`], [`merge`] and [`search`].
#![warn(missing_docs)]

pub mod archive;
pub mod bitmaps;
pub mod blame;
pub mod budget;
pub mod build;
pub mod bundles;
pub mod child;
pub mod chunked;
pub mod collect;
pub mod compose;
pub mod connectivity;
pub mod diff;
pub mod error;
pub mod export;
pub mod fold;
pub mod graph;
pub mod ingest;
pub mod lfs;
pub mod merge;
pub mod object;
pub mod odb;
pub mod packs;
pub mod reach;
pub mod read;
pub mod receive;
pub mod remote;
pub mod repack;
pub mod search;
pub mod signature;
pub mod sink;
pub mod upload;
pub mod view;
pub mod wire;

pub use budget::{Budget, Cancel};
pub use error::{Error, Result};
pub use hardie_domain::oid::Oid;
pub use object::{Kind, Object};

#[cfg(test)]
mod tests;
