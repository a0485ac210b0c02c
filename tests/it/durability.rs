//! Nothing acknowledged is lost, nothing is half applied: kills, a full disk, a lost database, the order of syncs.

mod cut;
mod disk;
mod faults;
pub mod kill;
mod kill_points;
mod order;
mod small_disk;

pub use faults::WatchedFiles;
pub use kill::create_repo;
