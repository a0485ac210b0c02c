//! Reading history and trees, for pages, the API and policies. Every walk takes a [`crate::Budget`].
//!
//! Callers decide who may see an id before they ask: here only its being stored counts.

pub mod authors;
pub mod closure;
pub(crate) mod fresh;
pub mod history;
pub mod last;
pub mod log;
pub(crate) mod nodes;
pub mod objects;
pub mod old;
pub mod parse;
pub mod push_view;
pub mod relate;
pub mod signed;
pub mod sizes;
pub mod tree;

pub use authors::{Author, Authors, authors};
pub use last::{Earlier, last_commits};
pub use log::{Log, LogQuery, count_commits, log, log_ids};
pub use objects::{Peeled, TagInfo, commit, peel, peel_to_commit, peel_to_tree, tag};
pub use push_view::PushView;
pub use relate::{AheadBehind, ahead_behind, is_ancestor, merge_base, merge_bases};
pub use sizes::each_file;
pub use tree::{entry_at, tree, tree_page};
