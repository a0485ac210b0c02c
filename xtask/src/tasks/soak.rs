//! `cargo xtask soak`: the long forms. A test that has one looks for `HARDIE_SOAK` and at `HARDIE_SOAK_MINUTES`; without a name,
//! those run that the profile `soak` of `.config/nextest.toml` lists.

use anyhow::Context as _;
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
        if let Some(name) = &options.name {
            nextest.args(["--ignore-default-filter", name]);
        }
        if let Some(repo) = &options.repo {
            let current = std::env::current_dir().context("the current folder is gone")?;
            nextest.env("HARDIE_SOAK_REPO", current.join(repo));
        }
        test::environment(house, &mut nextest, &cluster, &seed);
        nextest.env("HARDIE_SOAK", "1").env("HARDIE_SOAK_MINUTES", options.minutes.to_string());
        say(&format!("seed {seed}, {} minutes each: HARDIE_TEST_SEED={seed} repeats this run", options.minutes));
        shell::openly("cargo nextest run", &mut nextest)
    })
}
