//! What differs between two trees: paths, renames, and lines.

pub mod files;
pub mod lines;
pub mod renames;
pub mod tree;
pub mod unified;

pub use files::{Diff, DiffOptions, FileDiff, Status, diff};
pub use lines::{Hunk, Line, LineKind};
pub use tree::tree_changes;
pub use unified::write_unified;
