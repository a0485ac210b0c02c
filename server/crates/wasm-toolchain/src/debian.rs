//! The second route: Debian's compiler builds the standard library from Debian's copy of its source.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{run::ask, rustup};

/// The packages that this route needs; both always have the same version.
pub const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

/// Debian's compiler, by its full path since rustup's usually comes first on the search path.
const COMPILER: &str = "/usr/bin/rustc";
/// Below this one the workspace does not compile.
const OLDEST: (u32, u32) = (1, 95);

/// A compiler that takes the place of rustup's, and the linker that it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedCompiler {
    /// The compiler.
    pub rustc: PathBuf,
    /// `rust-lld` of the rustup toolchain, since Debian's compiler ships no linker for wasm.
    pub linker: PathBuf,
}

impl SwitchedCompiler {
    /// Cargo's switches for building the standard library along with the program. `RUSTC_BOOTSTRAP` opens them on stable.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("RUSTC", self.rustc.clone().into()),
            ("RUSTC_BOOTSTRAP", "1".into()),
            ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", self.linker.clone().into()),
        ]
    }
}

/// Checks that compiler, library source and linker are all there and fit together.
pub fn installed() -> Result<SwitchedCompiler, String> {
    if !Path::new(COMPILER).is_file() {
        return Err(format!("{COMPILER} is not there"));
    }
    let quick = Duration::from_secs(30);
    let version = ask(OsStr::new(COMPILER), &["--version"], quick)?;
    check_version(&version)?;
    let sysroot = ask(OsStr::new(COMPILER), &["--print", "sysroot"], quick)?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    // Cargo reads the lock file before anything else, and the packages of two versions can be installed together.
    if !source.join("Cargo.lock").is_file() || !source.join("std/Cargo.toml").is_file() {
        return Err(format!("no library source for {version} in {}", source.display()));
    }
    Ok(SwitchedCompiler { rustc: COMPILER.into(), linker: rustup::bundled_linker()? })
}

/// Takes the line of `rustc --version`.
fn check_version(line: &str) -> Result<(), String> {
    let mut numbers = line.split_whitespace().nth(1).unwrap_or_default().split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST => Ok(()),
        (Some(Ok(_)), Some(Ok(_))) => Err(format!("{line} is older than {}.{}", OLDEST.0, OLDEST.1)),
        _ => Err(format!("{COMPILER} gave no version: {line}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_s_plain_compiler_is_refused_as_too_old() {
        let refused = check_version("rustc 1.63.0 (4b91a6ea7 2022-08-08) (built from a source tarball)").unwrap_err();
        assert!(refused.contains("older than 1.95"), "{refused}");
    }

    #[test]
    fn a_new_enough_compiler_is_taken() {
        check_version("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)").unwrap();
        check_version("rustc 2.0.0").unwrap();
    }

    #[test]
    fn a_line_without_a_version_is_refused() {
        check_version("").unwrap_err();
        check_version("rustc nightly").unwrap_err();
    }

    #[test]
    fn the_environment_switches_compiler_linker_and_library() {
        let switched = SwitchedCompiler { rustc: "/usr/bin/rustc".into(), linker: "/lld".into() };
        let environment = switched.environment();
        let names: Vec<_> = environment.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["RUSTC", "RUSTC_BOOTSTRAP", "CARGO_UNSTABLE_BUILD_STD", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"]);
    }
}
