//! What `cargo xtask test` prepared, for tests that need more than the server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// A Python interpreter that has dulwich, pygit2 and Authlib.
///
/// # Errors
/// When set-up has not made one.
pub fn python() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_TEST_PYTHON", tools().map(|tools| tools.join("python/bin/python3")))
}

/// The modules for node, isomorphic-git among them.
///
/// # Errors
/// When set-up has not installed them.
pub fn javascript() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_TEST_JAVASCRIPT", tools().map(|tools| tools.join("javascript/node_modules")))
}

/// A folder with `node_modules` and `.venv`, in which the programs are that make components of JavaScript and Python.
///
/// # Errors
/// When set-up has not installed them.
pub fn componentizers() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_TEST_COMPONENTIZERS", tools().map(|tools| tools.join("componentizers")))
}

/// A folder with `node_modules` and `.venv`, in which the clients of the REST API are.
///
/// # Errors
/// When set-up has not installed them.
pub fn api_clients() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_TEST_API_CLIENTS", tools().map(|tools| tools.join("api-clients")))
}

/// Git's source with its tests, built.
///
/// # Errors
/// When set-up has not fetched it.
pub fn git_suite() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_TEST_GIT_SUITE", tools().map(|tools| tools.join("git-suite")))
}

/// What set-up installs for all clones of this user.
fn tools() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.map(|cache| cache.join("hardie/tools"))
}

/// A shipped plugin, built: `plugin("commit-message")`.
///
/// # Errors
/// When it has not been built.
pub fn plugin(name: &str) -> anyhow::Result<PathBuf> {
    let folder = prepared("HARDIE_TEST_PLUGINS", workspace().map(|root| root.join("target/plugins")).ok())?;
    let component = folder.join(format!("{name}.wasm"));
    ensure!(component.is_file(), "{} is not there: cargo xtask build", component.display());
    Ok(component)
}

/// The web bundle.
///
/// # Errors
/// When it has not been built.
pub fn web_dist() -> anyhow::Result<PathBuf> {
    prepared("HARDIE_WEB_DIST", workspace().map(|root| root.join("web/dist")).ok())
}

/// The repository that these tests belong to.
///
/// # Errors
/// When the package is not where it was built.
pub fn workspace() -> anyhow::Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("cargo runs tests with CARGO_MANIFEST_DIR set")?;
    let root = Path::new(&package).ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.map(Path::to_owned).context("no Cargo.lock above the test's package")
}

fn prepared(variable: &str, otherwise: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from).or(otherwise).with_context(|| format!("{variable} is not set"))?;
    ensure!(path.exists(), "{} is not there: cargo xtask build makes it, or {variable} names another", path.display());
    Ok(path)
}
