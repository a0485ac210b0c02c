//! Makes what a push brings where no client does: the trees of an edit, a commit, a tag, and the pack that carries them.
//!
//! Nothing is stored here. The pack goes through [`crate::ingest`] as one from outside does.
//! Start reading at [`TreeEdit`], then [`NewPack`].

mod edit;
mod pack;
mod snapshot;
mod text;

pub use edit::{Found, TreeEdit};
pub use pack::{NewPack, blob_id};
pub use snapshot::{Snapshot, SnapshotPack};
pub(crate) use text::tree;
pub use text::{commit, tag};

use crate::error::Error;

/// Why something cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A file is where the path needs a folder; its path.
    #[error("{} is a file, so that nothing can be below it", String::from_utf8_lossy(.0))]
    BelowFile(Vec<u8>),
    /// A folder is where a file shall be; its path.
    #[error("{} is a folder", String::from_utf8_lossy(.0))]
    IsFolder(Vec<u8>),
    /// The bytes were made to have the id of others.
    #[error("its bytes were made to have the id of others (a SHA-1 collision)")]
    Collision,
    /// Reading what is there failed.
    #[error(transparent)]
    Git(#[from] Error),
}
