//! The git of the person who runs a command.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// The person's git, with their environment: which repository is meant may depend on it.
#[expect(clippy::disallowed_methods, reason = "a person's clone is found and made with their git; on a server this never runs")]
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).env("LC_ALL", "C").env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_NO_LAZY_FETCH", "1");
    command
}

/// What git answers, trimmed.
///
/// # Errors
/// What git says, when it fails.
pub fn ask(folder: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = git(folder).args(arguments).stdin(Stdio::null()).output().context("cannot run git; is it installed?")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{}: git {}: {}",
            folder.display(),
            arguments.first().unwrap_or(&""),
            said.trim().strip_prefix("fatal: ").unwrap_or(said.trim())
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
