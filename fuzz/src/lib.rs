//! Targets for fuzzing: each takes any bytes and must come back, whatever they are. What it finds wrong it panics about.
//!
//! Tests run each for a moment on seeds that are changed at random; `cargo xtask soak fuzz` runs them with libFuzzer, guided by
//! coverage. Start reading at [`TARGETS`].
#![warn(missing_docs)]
#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a target says what it found")]

pub mod repository;
mod targets;

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does with the bytes.
    pub run: fn(&[u8]),
    /// Where to begin.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    Target { name: "packets", run: targets::packets::run, seeds: targets::upload::seeds },
    Target { name: "upload-v2", run: targets::upload::version_2, seeds: targets::upload::seeds },
    Target { name: "upload-v0", run: targets::upload::version_0, seeds: targets::upload::seeds_of_version_0 },
    Target { name: "receive", run: targets::receive::run, seeds: targets::receive::seeds },
    Target { name: "pack", run: targets::pack::run, seeds: targets::pack::seeds },
    Target { name: "made-pack", run: targets::made::run, seeds: targets::made::seeds },
    Target { name: "index", run: targets::index::run, seeds: targets::index::seeds },
    Target { name: "bitmaps", run: targets::bitmaps::run, seeds: targets::bitmaps::seeds },
    Target { name: "passkeys", run: targets::passkeys::run, seeds: targets::passkeys::seeds },
    Target { name: "graph", run: targets::graph::run, seeds: targets::graph::seeds },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, target};

    /// Enough for a moment's look; the long form is libFuzzer's.
    const ROUNDS: usize = 400;

    struct Chance(u64);

    impl Chance {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % n.max(1) as u64) as usize
        }
    }

    fn spoil(data: &mut Vec<u8>, chance: &mut Chance) {
        for _ in 0..=chance.below(4) {
            let (from, to) = (chance.below(data.len() + 1), chance.below(data.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            match chance.below(5) {
                0 if from < data.len() => data[from] ^= 1 << chance.below(8),
                1 if from < data.len() => data[from] = [0, 0xff, 0x7f, 0x80, b'0', b'\n'][chance.below(6)],
                2 => drop(data.drain(from..to.min(from + 64))),
                3 => {
                    let piece = data[from..to.min(from + 64)].to_vec();
                    data.splice(to..to, piece);
                }
                _ => data.truncate(to),
            }
        }
    }

    #[test]
    fn every_target_comes_back_from_changed_seeds() {
        let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
        let seed: u64 = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
        println!("HARDIE_TEST_SEED={seed}");
        for target in TARGETS {
            let mut chance = Chance(seed | 1);
            let seeds = (target.seeds)();
            for seed in &seeds {
                (target.run)(seed);
            }
            for round in 0..ROUNDS {
                let mut data = seeds[chance.below(seeds.len())].clone();
                spoil(&mut data, &mut chance);
                println!("{} {round}", target.name);
                (target.run)(&data);
            }
        }
        assert!(target("pack").is_some() && target("none").is_none());
    }
}
