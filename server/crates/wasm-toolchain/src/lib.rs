//! Where a standard library for `wasm32-unknown-unknown` can be had on this machine, and how to make cargo use it.
//!
//! Rustup's own copy is best, but some machines can fetch none. Debian's `rustc-web` and `rust-web-src` packages then serve: a
//! compiler with its library's source, from which cargo builds the standard library itself. Both `cargo xtask` and
//! `hardie plugin build` need this, so it is a crate of its own, with no dependency at all.
//!
//! It must not know what is built, nor install operating system packages. Start at [`Toolchain::detect`].

mod debian;
mod missing;
mod run;
mod rustup;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use debian::{PACKAGES as DEBIAN_PACKAGES, SwitchedCompiler};
pub use missing::Missing;

/// The target that every guest of Hardie, component or web page, is built for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The variable that forces one [`Route`], so that both stay tested: `rustup` or `debian`.
pub const ROUTE_VARIABLE: &str = "HARDIE_WASM_STD";

/// How the standard library is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The active toolchain has it, or `rustup target add` brings it.
    Rustup,
    /// Cargo builds it from the source that Debian's `rust-web-src` installs, with the compiler of the same version.
    Debian,
}

impl Route {
    /// The name that [`ROUTE_VARIABLE`] takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    /// Reads the forced route. An empty or unset variable forces none.
    ///
    /// # Errors
    /// [`Missing`] when the value names no route.
    pub fn forced() -> Result<Option<Self>, Missing> {
        Self::parse(std::env::var(ROUTE_VARIABLE).ok().as_deref())
    }

    fn parse(value: Option<&str>) -> Result<Option<Self>, Missing> {
        match value {
            None | Some("") => Ok(None),
            Some("rustup") => Ok(Some(Self::Rustup)),
            Some("debian") => Ok(Some(Self::Debian)),
            Some(other) => Err(Missing::because(format!("{ROUTE_VARIABLE}={other} is not a route: it takes rustup or debian"))),
        }
    }
}

/// Whether [`Toolchain::find`] may fetch what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Look only at what is installed: no network, milliseconds.
    Never,
    /// Let `rustup target add` try when nothing installed serves, for a few minutes at most.
    Allowed,
}

/// A way to compile for [`TARGET`] that was found to be complete.
#[derive(Clone, Debug)]
pub struct Toolchain {
    switched: Option<SwitchedCompiler>,
}

impl Toolchain {
    /// Finds a toolchain, asking rustup to fetch the target when nothing installed serves. [`ROUTE_VARIABLE`] forces a route.
    ///
    /// # Errors
    /// [`Missing`] says what was tried and which packages would help.
    pub fn detect() -> Result<Self, Missing> {
        Self::find(Route::forced()?, Fetch::Allowed)
    }

    /// Like [`Toolchain::detect`], with the choices as arguments. Installed things are tried before fetched ones.
    ///
    /// # Errors
    /// [`Missing`] says what was tried and which packages would help.
    pub fn find(forced: Option<Route>, fetch: Fetch) -> Result<Self, Missing> {
        let mut missing = Missing::default();
        if forced != Some(Route::Debian) {
            match rustup::installed() {
                Ok(()) => return Ok(Self { switched: None }),
                Err(reason) => missing.add(Route::Rustup, reason),
            }
        }
        if forced != Some(Route::Rustup) {
            match debian::installed() {
                Ok(switched) => return Ok(Self { switched: Some(switched) }),
                Err(reason) => missing.add(Route::Debian, reason),
            }
        }
        if forced != Some(Route::Debian) && fetch == Fetch::Allowed {
            match rustup::add_target() {
                Ok(()) => return Ok(Self { switched: None }),
                Err(reason) => missing.add(Route::Rustup, reason),
            }
        }
        Err(missing)
    }

    /// Which route was found.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self.switched {
            None => Route::Rustup,
            Some(_) => Route::Debian,
        }
    }

    /// The compiler that stands in for rustup's, when the route needs one.
    #[must_use]
    pub const fn switched(&self) -> Option<&SwitchedCompiler> {
        self.switched.as_ref()
    }

    /// The environment that makes cargo, or a tool that calls cargo, compile for [`TARGET`].
    ///
    /// The caller passes `--target wasm32-unknown-unknown` itself, since tools such as Trunk do so on their own.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        self.switched.as_ref().map(SwitchedCompiler::environment).unwrap_or_default()
    }

    /// Sets [`Toolchain::environment`] on a command, and the target folder to [`Toolchain::target_dir`] under `base`.
    pub fn apply(&self, command: &mut Command, base: &Path) {
        command.envs(self.environment()).env("CARGO_TARGET_DIR", self.target_dir(base));
    }

    /// The target folder to use where a native build would use `base`: one a route, since two compilers that share a folder
    /// rebuild each other's work at every turn.
    #[must_use]
    pub fn target_dir(&self, base: &Path) -> PathBuf {
        match self.switched {
            None => base.join("wasm"),
            Some(_) => base.join("wasm-debian"),
        }
    }

    /// The folder under [`Toolchain::target_dir`] where cargo leaves the modules of `profile` (`dev` is written as `debug`).
    #[must_use]
    pub fn module_dir(&self, base: &Path, profile: &str) -> PathBuf {
        let folder = if profile == "dev" { "debug" } else { profile };
        self.target_dir(base).join(TARGET).join(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unset_or_empty_variable_forces_no_route() {
        assert_eq!(Route::parse(None).unwrap(), None);
        assert_eq!(Route::parse(Some("")).unwrap(), None);
    }

    #[test]
    fn each_route_is_named_by_its_own_name() {
        for route in [Route::Rustup, Route::Debian] {
            assert_eq!(Route::parse(Some(route.name())).unwrap(), Some(route));
        }
    }

    #[test]
    fn an_unknown_route_is_refused_by_name() {
        let refused = Route::parse(Some("nix")).unwrap_err();
        assert!(refused.to_string().contains("HARDIE_WASM_STD=nix"), "{refused}");
    }

    #[test]
    fn routes_do_not_share_a_target_folder() {
        let rustup = Toolchain { switched: None };
        let debian = Toolchain { switched: Some(SwitchedCompiler { rustc: "/usr/bin/rustc".into(), linker: "/lld".into() }) };
        let base = Path::new("target");
        assert_ne!(rustup.target_dir(base), debian.target_dir(base));
        assert_eq!(debian.module_dir(base, "dev"), Path::new("target/wasm-debian/wasm32-unknown-unknown/debug"));
    }

    #[test]
    fn rustups_route_changes_nothing_but_the_target_folder() {
        assert!(Toolchain { switched: None }.environment().is_empty());
    }
}
