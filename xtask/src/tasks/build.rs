//! `cargo xtask build`: server, web bundle, shipped plugins.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hardie_wasm_toolchain::Toolchain;

use crate::house::House;
use crate::progress::Progress;
use crate::setup::{self, Purpose};
use crate::shell;
use crate::tasks::{compress, split, styles};

/// How many progress lines [`everything`] prints.
pub const STEPS: usize = 3;

/// Sets up and builds.
pub fn build(house: &House, release: bool) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Run.steps() + STEPS);
    let wasm = setup::all(house, Purpose::Run, &mut progress)?;
    everything(house, release, &wasm, &mut progress)
}

/// Sets up and builds the web bundle.
pub fn bundle(house: &House) -> anyhow::Result<()> {
    let mut progress = Progress::new(Purpose::Run.steps() + 1);
    let wasm = setup::all(house, Purpose::Run, &mut progress)?;
    progress.loud("web bundle", || web(house, &wasm))
}

/// Builds all that `run` starts.
pub fn everything(house: &House, release: bool, wasm: &Toolchain, progress: &mut Progress) -> anyhow::Result<()> {
    let profile = if release { "release" } else { "dev" };
    progress.loud(&format!("server ({profile})"), || server(house, release))?;
    progress.loud("web bundle", || web(house, wasm))?;
    progress.loud("shipped plugins", || plugins(house, wasm, release))
}

/// The binary.
fn server(house: &House, release: bool) -> anyhow::Result<()> {
    let mut cargo = shell::cargo(house)?;
    if release {
        cargo.args(["build", "--release", "-p", "hardie", "--bin", "hardie"]);
    } else {
        // The same packages as for the tests: another selection has other features, and everything would be compiled once more.
        cargo.args(["build", "--workspace", "--exclude", "hardie-web", "--bin", "hardie"]);
    }
    shell::openly("cargo build", &mut cargo)
}

/// The web bundle, always optimised: an unoptimised one is ten times the size and nobody would ship it.
pub fn web(house: &House, wasm: &Toolchain) -> anyhow::Result<()> {
    let mut trunk = shell::command(house, house.tool("trunk"))?;
    wasm.apply(&mut trunk, &house.target);
    // Trunk reads this name as a flag of its own and takes no `1`.
    trunk.env_remove("NO_COLOR");
    // The wasm-bindgen of set-up is on the search path; without this, Trunk would ask the network for a newer Trunk.
    trunk.args(["build", "--release", "--skip-version-check"]);
    trunk.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", format!("{} {}", split::FLAGS, without_our_paths()));
    trunk.env(split::KEEP.0, split::KEEP.1);
    shell::openly("trunk build", &mut trunk)?;
    let dist = house.web_dist();
    split::divide(house, &wasm.module_dir(&house.target, "web").join("hardie-web.wasm"), &dist)?;
    styles::join(&dist)?;
    compress::bundle(&dist)
}

/// Panics name source files: in what ships they are named from the crate on, not from the root of this machine. It is shorter, too.
/// The flags of `.cargo/config.toml` stay.
fn without_our_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let registries = home.map(|home| home.join("registry/src")).and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten();
    let folders = registries.flatten().map(|entry| entry.path().display().to_string()).filter(|folder| !folder.contains([' ', '=']));
    folders.map(|folder| format!("--remap-path-prefix={folder}/=")).collect::<Vec<_>>().join(" ")
}

/// Every plugin that ships, by the same command that its author would use. The components go to [`House::plugins`].
pub fn plugins(house: &House, wasm: &Toolchain, release: bool) -> anyhow::Result<()> {
    std::fs::create_dir_all(house.plugins()).with_context(|| format!("{} cannot be made", house.plugins().display()))?;
    for (name, folder) in shipped(house)? {
        plugin(house, wasm, release, &folder, &house.plugins().join(format!("{name}.wasm")))?;
    }
    Ok(())
}

/// Builds one plugin.
pub fn plugin(house: &House, wasm: &Toolchain, release: bool, folder: &Path, component: &Path) -> anyhow::Result<()> {
    let mut hardie = shell::command(house, house.binary(release))?;
    hardie.args(["plugin", "build"]).arg(folder).arg("--out").arg(component);
    hardie.env(hardie_wasm_toolchain::ROUTE_VARIABLE, wasm.route().name());
    // All of them share one target folder, so that what they have in common is compiled once.
    hardie.env("CARGO_TARGET_DIR", &house.target);
    shell::openly("hardie plugin build", &mut hardie)
}

/// The plugins of this repository, by name.
pub fn shipped(house: &House) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folder = house.root.join("plugins");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            let name = path.file_name().and_then(|name| name.to_str()).context("a plugin's folder has no plain name")?;
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}
