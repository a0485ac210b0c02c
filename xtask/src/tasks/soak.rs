//! `cargo xtask soak`: the long forms. A test that has one looks for `HARDIE_SOAK`; without a name, those run that the profile
//! `soak` of `.config/nextest.toml` lists.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use hardie_scratch_postgres::Cluster;

use super::{fuzz, test};
use crate::args;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::{say, shell};

/// Runs them one after the other, once or until the minutes are over.
pub fn soak(house: &House, options: &args::Soak) -> anyhow::Result<()> {
    if let Some(target) = options.name.as_deref().and_then(fuzz::asked) {
        return fuzz::fuzz(house, target, options);
    }
    let mut progress = Progress::new(Purpose::Test.steps() + test::PREPARE_STEPS + 1);
    let wasm = setup::all(house, Purpose::Test, &mut progress)?;
    test::prepare(house, &wasm, &mut progress)?;
    progress.loud("long forms", || {
        let first = test::seed()?;
        let cluster = Cluster::start()?;
        let time = Duration::from_secs(u64::from(options.minutes) * 60);
        let started = Instant::now();
        for round in 0.. {
            once(house, options, &cluster, &first.wrapping_add(round).to_string())?;
            if started.elapsed() >= time {
                break;
            }
        }
        Ok(())
    })
}

fn once(house: &House, options: &args::Soak, cluster: &Cluster, seed: &str) -> anyhow::Result<()> {
    let mut nextest = shell::cargo(house)?;
    nextest.args(["nextest", "run", "--workspace", "--exclude", "hardie-web", "--profile", "soak", "--run-ignored", "all", "--no-capture"]);
    if let Some(name) = &options.name {
        nextest.args(["--ignore-default-filter", name]);
    }
    if let Some(repo) = &options.repo {
        let current = std::env::current_dir().context("the current folder is gone")?;
        nextest.env("HARDIE_SOAK_REPO", current.join(repo));
    }
    test::environment(house, &mut nextest, cluster, seed);
    nextest.env("HARDIE_SOAK", "1");
    say(&format!("seed {seed}: HARDIE_TEST_SEED={seed} repeats this round"));
    shell::openly("cargo nextest run", &mut nextest)
}
