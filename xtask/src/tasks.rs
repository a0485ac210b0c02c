//! What each task does, one file each.

mod bench;
mod build;
mod compress;
mod first_run;
mod fuzz;
mod ports;
mod run;
mod soak;
mod split;
mod styles;
mod test;

pub use bench::bench;
pub use build::{build, bundle};
pub use run::run;
pub use soak::soak;
pub use test::test;

use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};

/// `cargo xtask setup`.
pub fn setup(house: &House) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Test.steps());
    setup::all(house, Purpose::Test, &mut progress).map(|_| ())
}
