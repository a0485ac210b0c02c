//! `cargo xtask test`: every check there is. Ends with nextest's summary.

use std::io::Read as _;

use anyhow::Context as _;
use hardie_scratch_postgres::Cluster;
use hardie_wasm_toolchain::{Fetch, Route, Toolchain};

use super::{build, first_run};
use crate::args;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::{say, shell, tidy};

/// Checks and tests.
pub fn test(house: &House, options: &args::Test) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Test.steps() + 10);
    let wasm = setup::all(house, Purpose::Test, &mut progress)?;
    // The cheapest check first: whoever waits learns early.
    progress.loud("formatting", || shell::openly("cargo fmt", shell::cargo(house)?.args(["fmt", "--all", "--check"])))?;
    progress.loud("house rules", || tidy::run(house))?;
    progress.loud("clippy", || clippy(house))?;
    prepare(house, &wasm, &mut progress)?;
    progress.loud("cargo xtask run", || first_run::check(house))?;
    progress.loud("scenarios of the shipped plugins", || scenarios(house))?;
    progress.loud("the other wasm route", || other_route(house, &wasm))?;
    progress.loud("tests", || {
        let seed = seed()?.to_string();
        let cluster = Cluster::start()?;
        let mut nextest = shell::cargo(house)?;
        nextest.args(["nextest", "run", "--workspace", "--exclude", "hardie-web"]).args(&options.filters);
        environment(house, &mut nextest, &cluster, &seed);
        say(&format!("seed {seed}: HARDIE_TEST_SEED={seed} repeats this run"));
        shell::openly("cargo nextest run", &mut nextest)
    })
}

/// How many progress lines [`prepare`] prints.
pub const PREPARE_STEPS: usize = 3;

/// Builds what tests use: their own binaries and the server's, the web bundle, the plugins.
pub fn prepare(house: &House, wasm: &Toolchain, progress: &mut Progress) -> anyhow::Result<()> {
    progress.loud("server and tests", || {
        // One call for both: the features of shared dependencies are then the same, and nothing is compiled twice.
        shell::openly("cargo build", shell::cargo(house)?.args(["build", "--workspace", "--exclude", "hardie-web", "--bins", "--tests"]))
    })?;
    progress.loud("web bundle", || build::web(house, wasm))?;
    progress.loud("shipped plugins", || build::plugins(house, wasm, false))
}

/// What test processes are told.
pub fn environment(house: &House, command: &mut std::process::Command, cluster: &Cluster, seed: &str) {
    command.env(hardie_scratch_postgres::URL_VARIABLE, cluster.url());
    command.env("HARDIE_TEST_SEED", seed);
    command.env("HARDIE_TEST_BINARY", house.binary(false));
    command.env("HARDIE_TEST_PLUGINS", house.plugins());
    command.env("HARDIE_TEST_PYTHON", house.python());
    command.env("HARDIE_TEST_JAVASCRIPT", house.javascript().join("node_modules"));
    command.env("HARDIE_TEST_COMPONENTIZERS", house.componentizers());
    command.env("HARDIE_TEST_API_CLIENTS", house.api_clients());
    command.env("HARDIE_TEST_GIT_SUITE", house.git_suite());
    command.env("HARDIE_WEB_DIST", house.web_dist());
}

/// The caller's seed, or a new one.
pub fn seed() -> anyhow::Result<u64> {
    if let Ok(seed) = std::env::var("HARDIE_TEST_SEED") {
        return seed.parse().with_context(|| format!("HARDIE_TEST_SEED={seed} is no number"));
    }
    let mut bytes = [0_u8; 4];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

fn clippy(house: &House) -> anyhow::Result<()> {
    let mut cargo = shell::cargo(house)?;
    shell::openly(
        "cargo clippy",
        cargo.args(["clippy", "--quiet", "--workspace", "--exclude", "hardie-web", "--all-targets", "--", "-D", "warnings"]),
    )
}

/// What each shipped plugin says that it accepts and refuses, in the server's own sandbox.
fn scenarios(house: &House) -> anyhow::Result<()> {
    for (name, folder) in build::shipped(house)? {
        let mut hardie = shell::command(house, house.binary(false))?;
        hardie.args(["plugin", "test"]).arg(&folder).arg("--component").arg(house.plugins().join(format!("{name}.wasm")));
        shell::openly("hardie plugin test", &mut hardie)?;
    }
    Ok(())
}

/// Builds one plugin by the way that was not taken, where it is installed, so that neither rots.
fn other_route(house: &House, wasm: &Toolchain) -> anyhow::Result<()> {
    let route = match wasm.route() {
        Route::Rustup => Route::Debian,
        Route::Debian => Route::Rustup,
    };
    let Ok(other) = Toolchain::find(Some(route), Fetch::Never) else {
        say(&format!("not here: {} is not installed on this machine", route.name()));
        return Ok(());
    };
    let plugins = build::shipped(house)?;
    let (name, folder) = plugins.first().context("no plugin ships")?;
    let component = house.target.join(format!("plugins-{}", route.name())).join(format!("{name}.wasm"));
    std::fs::create_dir_all(component.parent().context("a component has a folder")?)?;
    build::plugin(house, &other, false, folder, &component)
}
