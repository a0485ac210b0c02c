//! Running programs: quietly into a log that is shown when they fail, or before everybody's eyes.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::house::House;

/// How much of a failed program's log is shown.
const TAIL: usize = 40;

/// A command in the repository's folder with the tools of set-up on its search path and no standard input.
pub fn command(house: &House, program: impl AsRef<OsStr>) -> anyhow::Result<Command> {
    #[expect(clippy::disallowed_methods, reason = "starting programs is what a task runner does")]
    let mut command = Command::new(program);
    command.current_dir(&house.root).env("PATH", house.search_path()?).stdin(Stdio::null());
    // What `cargo run` told this process about itself is not meant for the cargo that it calls.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION", "RUST_RECURSION_COUNT"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// The cargo that called us.
pub fn cargo(house: &House) -> anyhow::Result<Command> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = command(house, cargo)?;
    command.env("CARGO_TARGET_DIR", &house.target);
    Ok(command)
}

/// Runs a command whose output is nobody's business unless it fails.
pub fn quietly(house: &House, name: &str, command: &mut Command) -> anyhow::Result<()> {
    let log = log_file(house, name)?;
    let file = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
    command.stdout(file.try_clone()?).stderr(file);
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    bail!("{name} failed ({status}); the end of {}:\n{}", log.display(), last_lines(&text))
}

/// Runs a command that speaks to the person in front.
pub fn openly(name: &str, command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if status.success() { Ok(()) } else { bail!("{name} failed ({status})") }
}

/// What a command prints on standard output, trimmed.
pub fn answer(name: &str, command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{name} could not be started"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout).with_context(|| format!("{name} printed bytes that are no text"))?.trim().to_owned())
}

/// Whether a command starts and ends well. Its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Where the log of the step `name` goes.
pub fn log_file(house: &House, name: &str) -> anyhow::Result<PathBuf> {
    let folder = house.target.join("xtask");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder.join(file_name(name)))
}

fn file_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    format!("{plain}.log")
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default().join("\n")
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_by_its_step_without_surprises() {
        assert_eq!(file_name("plugin ../x 0.1"), "plugin-..-x-0.1.log");
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let text: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let shown = last_lines(&text.join("\n"));
        assert!(shown.starts_with("60\n") && shown.ends_with("99"), "{shown}");
    }
}
