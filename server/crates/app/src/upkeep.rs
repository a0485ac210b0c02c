//! What the server does without being asked: order events, end what expired, purge, fold, collect,
//! keep bitmaps and bundles, and sweep.
//!
//! Every function may be cut off at any point, by a stop or by `kill -9`, and is simply called again: what it does is decided by
//! rows alone, in transactions of their own. `worker` calls them in turn; the command line may too.

mod bitmaps;
mod bundles;
pub(crate) mod collect;
mod expire;
pub(crate) mod fold;
mod large;
mod made;
mod purge;
mod sequence;
mod sweep;

pub use bitmaps::keep_bitmaps;
pub use bundles::keep_bundles;
pub use collect::{Collection, CollectionCounts, Collections, How, collect_all, collect_next, collect_one};
pub use expire::{Expired, expire};
pub use fold::fold_packs;
pub use purge::purge_repos;
pub(crate) use sequence::take_sequencing;
pub use sequence::{hand_over_sequencing, sequence_events, take_over};
pub use sweep::{Swept, sweep_lfs, sweep_packs};
