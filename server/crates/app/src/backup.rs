//! A server in one file, and a server from one file. `docs/backup.md` describes the file.
//!
//! [`take`] writes: the rows of every table as of one moment, then the files that those rows name, then a list of all parts with
//! their hashes. [`read`] takes such a file apart and believes nothing in it that it has not proved; [`load`] then writes the rows in
//! one transaction, so that a server is restored whole or not at all. Neither knows which of the two engines is below.

mod archive;
mod error;
mod fence;
mod files;
mod load;
mod manifest;
mod parts;
mod read;
mod rows;
mod take;

pub use error::{Error, Result};
pub use files::Stores;
pub use load::{Restored, load};
pub use manifest::FORMAT;
pub use read::{Contents, read};
pub use take::{Options, Taken, take};

/// A file of the data folder that is a secret: an SSH host key, or the key that seals other secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// Its path in the data folder, as in `ssh/host_ed25519_key`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows.
    pub rows: u64,
    /// Files that rows name.
    pub files: u64,
    /// How many there are, once that is known.
    pub of_files: Option<u64>,
    /// Bytes of those files.
    pub bytes: u64,
    /// How many there are, once that is known.
    pub of_bytes: Option<u64>,
}

/// Takes what is said on the way. Called often: it decides how often to show it.
pub type Tell = std::sync::Arc<dyn Fn(Progress) + Send + Sync>;
