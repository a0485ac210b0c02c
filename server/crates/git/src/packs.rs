//! Packs: immutable files named by the sha256 of their bytes. A file here means nothing until a catalogue row names it.
//!
//! [`files::Files`] is the port for every disk change that publishing depends on; [`store::PackStore`] is the only code that
//! knows the layout of the folder; [`pack::Pack`] is one pack, mapped and readable.

mod body;
pub(crate) mod cache;
pub mod carry;
pub mod examine;
pub mod files;
pub mod hash;
pub mod pack;
pub mod quarantine;
pub(crate) mod shelves;
pub mod store;
pub mod suspects;
pub(crate) mod workplace;

pub use carry::Intake;
pub use examine::Damage;
pub use files::{DiskFiles, Files};
pub use hash::PackHash;
pub use pack::{LARGEST_OBJECT, Pack};
pub use quarantine::Quarantine;
pub use store::PackStore;
pub use suspects::Suspect;
