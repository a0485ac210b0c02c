//! `cargo xtask bench`: builds the server as it ships and hands over to the `hardie-bench` program.

use anyhow::Context as _;

use super::build;
use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::shell;

/// Sets up, builds in release, measures.
pub fn bench(house: &House, arguments: &[String]) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Bench.steps() + 5);
    let wasm = setup::all(house, Purpose::Bench, &mut progress)?;
    progress.loud("server and benches (release)", || {
        shell::openly("cargo build", shell::cargo(house)?.args(["build", "--release", "-p", "hardie", "-p", "hardie-bench", "--bins"]))
    })?;
    progress.loud("shipped plugins", || build::plugins(house, &wasm, true))?;
    progress.loud("a policy that does nothing", || {
        build::plugin(house, &wasm, true, &house.root.join("benches/plugins/no-op"), &house.plugins().join("no-op.wasm"))
    })?;
    progress.loud("policies in JavaScript and Python", || languages(house))?;
    progress.loud("measurements", || {
        let mut bench = shell::command(house, house.target.join("release/hardie-bench"))?;
        bench.args(arguments).env("HARDIE_BENCH_BINARY", house.binary(true)).env("HARDIE_BENCH_PLUGINS", house.plugins());
        bench.env("HARDIE_BENCH_RESULTS", house.root.join("benches/results"));
        shell::openly("hardie-bench", &mut bench)
    })
}

/// The policies that `hardie plugin new` makes, with the programs that set-up installed.
fn languages(house: &House) -> anyhow::Result<()> {
    for (language, programs) in [("js", "node_modules"), ("python", ".venv")] {
        let name = format!("no-wip-{language}");
        let project = house.target.join("languages").join(&name);
        if project.exists() {
            std::fs::remove_dir_all(&project).with_context(|| format!("{} cannot be removed", project.display()))?;
        }
        let mut new = shell::command(house, house.binary(true))?;
        shell::openly("hardie plugin new", new.args(["plugin", "new", &name, "--lang", language, "--dir"]).arg(&project))?;
        std::os::unix::fs::symlink(house.componentizers().join(programs), project.join(programs))?;
        let mut build = shell::command(house, house.binary(true))?;
        build.args(["plugin", "build"]).arg(&project).arg("--out").arg(house.plugins().join(format!("{name}.wasm")));
        shell::openly("hardie plugin build", &mut build)?;
    }
    Ok(())
}
