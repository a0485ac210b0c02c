//! Set-up from nothing: what is missing is installed, what is there is only looked at, without the network.
//!
//! A fresh Debian machine needs rustup's stable toolchain, a C compiler and git; the rest comes from here.

mod api_clients;
pub mod apt;
mod componentizers;
mod git_suite;
mod javascript;
mod python;
mod tools;

use hardie_wasm_toolchain::{Fetch, Route, Toolchain};

use crate::house::House;
use crate::progress::{Outcome, Progress};

/// What a task needs. Each holds what the ones before it hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To build and start the server and the web UI.
    Run,
    /// To run every test.
    Test,
    /// To measure against other servers.
    Bench,
}

impl Purpose {
    /// How many progress lines [`all`] prints.
    pub const fn steps(self) -> usize {
        match self {
            Self::Run => 4,
            Self::Test | Self::Bench => 10,
        }
    }
}

/// Installs what is missing for `purpose` and gives back the wasm toolchain.
pub fn all(house: &House, purpose: Purpose, progress: &mut Progress) -> anyhow::Result<Toolchain> {
    std::fs::create_dir_all(&house.tools)?;
    let mut packages = apt::missing(house, purpose);
    let forced = Route::forced()?;
    progress.quiet("wasm standard library", || find_wasm(forced, purpose, &mut packages))?;
    progress.quiet(&packages.title(), || packages.install(house))?;
    let wasm = Toolchain::find(forced, Fetch::Never)?;
    progress.quiet(&tools::title("trunk", tools::TRUNK), || tools::install(house, "trunk", tools::TRUNK, true))?;
    let bindgen = house.locked_version("wasm-bindgen")?;
    progress.quiet(&tools::title("wasm-bindgen", &bindgen), || tools::install(house, "wasm-bindgen-cli", &bindgen, false))?;
    if purpose >= Purpose::Test {
        progress.quiet("cargo-nextest", || tools::install_nextest(house))?;
        progress.quiet("dulwich, pygit2 and Authlib", || python::install(house))?;
        progress.quiet(javascript::TITLE, || javascript::install(house))?;
        progress.quiet(componentizers::TITLE, || componentizers::install(house))?;
        progress.quiet(api_clients::TITLE, || api_clients::install(house))?;
        progress.quiet(&git_suite::title(), || git_suite::install(house))?;
    }
    Ok(wasm)
}

/// Looks for a standard library, lets rustup fetch one, and else adds Debian's packages to those that are missing.
fn find_wasm(forced: Option<Route>, purpose: Purpose, packages: &mut apt::Packages) -> anyhow::Result<Outcome> {
    // Both ways stay tested where every run starts from a clean clone.
    let both = purpose == Purpose::Test && forced.is_none() && std::env::var_os("CI").is_some();
    if both && Toolchain::find(Some(Route::Debian), Fetch::Never).is_err() {
        packages.wish(&hardie_wasm_toolchain::DEBIAN_PACKAGES);
    }
    if Toolchain::find(forced, Fetch::Never).is_ok() {
        return Ok(Outcome::Present);
    }
    if forced != Some(Route::Debian) && Toolchain::find(forced, Fetch::Allowed).is_ok() {
        return Ok(Outcome::Done);
    }
    if forced == Some(Route::Rustup) {
        Toolchain::find(forced, Fetch::Allowed)?;
    }
    packages.add(&hardie_wasm_toolchain::DEBIAN_PACKAGES);
    Ok(Outcome::Done)
}
