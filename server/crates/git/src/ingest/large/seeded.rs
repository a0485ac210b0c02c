//! The hasher of large tables. Whoever pushes chooses what is in them, so its seed comes from the standard library's, which has it from
//! the system.

use std::hash::{BuildHasher as _, RandomState};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// The hasher.
pub(super) type Seeded = SeedableRandomState;

/// One with a seed of its own.
pub(super) fn seeded() -> Seeded {
    SeedableRandomState::with_seed(RandomState::new().hash_one(0), SharedSeed::global_random())
}
