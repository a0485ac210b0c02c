//! The first route: the active toolchain's own copy.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{TARGET, run::ask};

/// A question that needs no network.
const QUICK: Duration = Duration::from_secs(30);
/// A download of some 20 MB.
const DOWNLOAD: Duration = Duration::from_secs(300);

/// Whether the active compiler already has a standard library for the target.
pub fn installed() -> Result<(), String> {
    let sysroot = sysroot(&active_compiler())?;
    if has_core(&sysroot) { Ok(()) } else { Err(format!("the active toolchain has no {TARGET} target")) }
}

/// Lets rustup fetch the target for the active toolchain.
pub fn add_target() -> Result<(), String> {
    ask(OsStr::new("rustup"), &["target", "add", TARGET], DOWNLOAD)?;
    installed()
}

/// The linker that comes with the active toolchain and understands wasm.
pub fn bundled_linker() -> Result<PathBuf, String> {
    let compiler = active_compiler();
    let sysroot = sysroot(&compiler)?;
    let version = ask(&compiler, &["-vV"], QUICK)?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or_else(|| format!("`{} -vV` names no host", compiler.display()))?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    if linker.is_file() { Ok(linker) } else { Err("the active toolchain has no rust-lld".to_owned()) }
}

fn active_compiler() -> OsString {
    std::env::var_os("RUSTC").filter(|value| !value.is_empty()).unwrap_or_else(|| OsString::from("rustc"))
}

fn sysroot(compiler: &OsStr) -> Result<PathBuf, String> {
    ask(compiler, &["--print", "sysroot"], QUICK).map(PathBuf::from)
}

/// A folder for the target is not enough: an interrupted installation leaves an empty one.
fn has_core(sysroot: &Path) -> bool {
    let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    std::fs::read_dir(library).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_target_folder_is_not_taken_for_a_standard_library() {
        let sysroot = std::env::temp_dir().join(format!("hardie-wasm-sysroot-{}", std::process::id()));
        let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        std::fs::create_dir_all(&library).unwrap();
        assert!(!has_core(&sysroot));
        std::fs::write(library.join("libcore-0123456789abcdef.rlib"), b"").unwrap();
        assert!(has_core(&sysroot));
        std::fs::remove_dir_all(&sysroot).unwrap();
    }

    #[test]
    fn the_active_toolchain_brings_a_linker_for_wasm() {
        assert!(bundled_linker().unwrap().is_file());
    }
}
