//! `cargo xtask soak`: the long forms. A test has one if `soak` is part of its name; it reads for how long from the environment.

use hardie_scratch_postgres::Cluster;

use super::test;
use crate::args;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::{say, shell};

/// Runs them one after the other, each for the given minutes.
pub fn soak(house: &House, options: &args::Soak) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Test.steps() + test::PREPARE_STEPS + 1);
    let wasm = setup::all(house, Purpose::Test, &mut progress)?;
    test::prepare(house, &wasm, &mut progress)?;
    progress.loud("long forms", || {
        let seed = test::seed()?;
        let cluster = Cluster::start()?;
        let mut nextest = shell::cargo(house)?;
        nextest.args(["nextest", "run", "--profile", "soak", "--run-ignored", "all", "--no-capture"]);
        nextest.args(options.name.as_deref());
        test::environment(house, &mut nextest, &cluster, &seed);
        nextest.env("HARDIE_SOAK_MINUTES", options.minutes.to_string());
        say(&format!("seed {seed}, {} minutes each: HARDIE_TEST_SEED={seed} repeats this run", options.minutes));
        shell::openly("cargo nextest run", &mut nextest)
    })
}
