//! The files of the repository, committed or about to be.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::house::House;
use crate::shell;

/// Files that must be there, from the repository's folder.
const REQUIRED: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Cargo.lock",
    "clippy.toml",
    "deny.toml",
    ".ci/run",
    ".config/nextest.toml",
];

/// Lists them, relative to the repository's folder. Files that git ignores are nobody's concern.
pub fn list(house: &House) -> anyhow::Result<Vec<PathBuf>> {
    let mut git = shell::command(house, "git")?;
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().context("git could not be started")?;
    anyhow::ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    let files = text.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    // A file that is deleted and not yet committed is listed too.
    Ok(files.filter(|file| house.root.join(file).symlink_metadata().is_ok()).collect())
}

/// Required files and forbidden names.
pub fn check(files: &[PathBuf]) -> Vec<String> {
    let missing = REQUIRED.iter().filter(|name| !files.iter().any(|file| file == Path::new(name))).map(|name| format!("{name} is missing"));
    let named = files.iter().filter(|file| file.file_name().is_some_and(|name| name == "mod.rs"));
    let named = named.map(|file| format!("{}: put it beside its folder, under the folder's name", file.display()));
    missing.chain(named).collect()
}

/// Whether a file is Rust source.
pub fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mod_file_and_a_missing_licence_are_named() {
        let problems = check(&["server/src/cli/mod.rs".into(), "LICENSE-MIT".into()]);
        assert!(problems.iter().any(|problem| problem.starts_with("server/src/cli/mod.rs")));
        assert!(problems.iter().any(|problem| problem == "LICENSE-APACHE is missing"));
        assert!(!problems.iter().any(|problem| problem.contains("LICENSE-MIT")));
    }
}
