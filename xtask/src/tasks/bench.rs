//! `cargo xtask bench`: builds the server as it ships and hands over to the `hardie-bench` program.

use super::build;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::shell;

/// Sets up, builds in release, measures.
pub fn bench(house: &House, arguments: &[String]) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Bench.steps() + 4);
    let wasm = setup::all(house, Purpose::Bench, &mut progress)?;
    progress.loud("server and benches (release)", || {
        shell::openly("cargo build", shell::cargo(house)?.args(["build", "--release", "-p", "hardie", "-p", "hardie-bench", "--bins"]))
    })?;
    progress.loud("shipped plugins", || build::plugins(house, &wasm, true))?;
    progress.loud("a policy that does nothing", || {
        build::plugin(house, &wasm, true, &house.root.join("benches/plugins/no-op"), &house.plugins().join("no-op.wasm"))
    })?;
    progress.loud("measurements", || {
        let mut bench = shell::command(house, house.target.join("release/hardie-bench"))?;
        bench.args(arguments).env("HARDIE_BENCH_BINARY", house.binary(true)).env("HARDIE_BENCH_PLUGINS", house.plugins());
        bench.env("HARDIE_BENCH_RESULTS", house.root.join("benches/results"));
        shell::openly("hardie-bench", &mut bench)
    })
}
