//! Programs from crates.io, built once into the cache folder.

use crate::house::House;
use crate::progress::Outcome;
use crate::shell;

/// Builds the web bundle.
pub const TRUNK: &str = "0.21.14";
/// Runs the tests, where no other version is on the search path.
const NEXTEST: &str = "0.9.143";

/// For the progress line.
pub fn title(program: &str, version: &str) -> String {
    format!("{program} {version}")
}

/// Installs a crate's program at exactly this version, unless it is there.
pub fn install(house: &House, package: &str, version: &str, locked: bool) -> anyhow::Result<Outcome> {
    let program = package.strip_suffix("-cli").unwrap_or(package);
    if version_of(house, &house.tool(program)).as_deref() == Some(version) {
        return Ok(Outcome::Present);
    }
    build(house, package, version, locked)
}

/// Installs nextest, unless one of any version is on the search path.
pub fn install_nextest(house: &House) -> anyhow::Result<Outcome> {
    if house.find_program("cargo-nextest").is_some() {
        return Ok(Outcome::Present);
    }
    build(house, "cargo-nextest", NEXTEST, true)
}

fn build(house: &House, package: &str, version: &str, locked: bool) -> anyhow::Result<Outcome> {
    let mut cargo = shell::cargo(house)?;
    // Outside the repository: its configuration is for its own crates.
    cargo.current_dir(&house.tools).env("CARGO_TARGET_DIR", house.tools.join("build"));
    cargo.args(["install", package, "--version", &format!("={version}"), "--force", "--root"]).arg(&house.tools);
    if locked {
        cargo.arg("--locked");
    }
    shell::quietly(house, &format!("install {package}"), &mut cargo)?;
    // Hundreds of megabytes that nobody reads again.
    let _ = std::fs::remove_dir_all(house.tools.join("build"));
    Ok(Outcome::Done)
}

/// Reads `NAME VERSION` as `--version` prints it.
fn version_of(house: &House, program: &std::path::Path) -> Option<String> {
    if !program.is_file() {
        return None;
    }
    let line = shell::answer("--version", shell::command(house, program).ok()?.arg("--version")).ok()?;
    line.split_whitespace().nth(1).map(str::to_owned)
}
