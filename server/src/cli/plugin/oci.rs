//! Components in OCI registries: artifacts as the CNCF's wasm working group lays them out, one layer of `application/wasm` under a manifest of
//! the image specification. What a registry says is a stranger's word: a digest alone says what came.
//!
//! A call goes through these files in order: [`reference`] says where to, [`access`] as whom, `hosts` which addresses may be asked, `registry`
//! asks, `token` signs in by what `challenge` reads, [`manifest`] and [`blobs`] are what is asked for.

pub mod access;
pub mod blobs;
mod challenge;
mod docker;
mod hosts;
pub mod manifest;
pub mod reference;
mod registry;
mod token;

pub use access::Access;
pub use reference::Reference;
pub use registry::{May, Registry};
