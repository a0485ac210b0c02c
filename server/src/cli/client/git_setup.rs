//! The line in somebody's git configuration by which git asks `hardie credential`.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::address::Address;
use crate::cli::git::git;

/// Has git ask for this server, and nobody else: the empty line before ours takes away helpers that would keep the token as well.
pub fn begin(address: &Address) -> anyhow::Result<()> {
    let (key, helper) = (key(address), helper()?);
    set(&["--replace-all", &key, ""])?;
    set(&["--add", &key, &helper])
}

/// Takes the lines away, if they are ours.
pub fn end(address: &Address) -> anyhow::Result<()> {
    let key = key(address);
    let found = git(Path::new(".")).args(["config", "--global", "--get-all", &key]).output();
    // Without git, or without such a line, there is nothing to take away.
    let Ok(found) = found else { return Ok(()) };
    match String::from_utf8_lossy(&found.stdout).lines().any(|line| line.starts_with('!') && line.ends_with(" credential")) {
        true => set(&["--unset-all", &key]),
        false => Ok(()),
    }
}

/// The command as git's configuration has it: a shell runs it.
pub fn helper() -> anyhow::Result<String> {
    let program = std::env::current_exe().context("cannot find out where hardie is")?;
    let program = program.to_str().context("the path of hardie is not UTF-8, which git's configuration needs")?;
    Ok(format!("!'{}' credential", program.replace('\'', "'\\''")))
}

/// The name of the setting for one server.
pub fn key(address: &Address) -> String {
    format!("credential.{address}.helper")
}

fn set(arguments: &[&str]) -> anyhow::Result<()> {
    let output = git(Path::new(".")).args(["config", "--global"]).args(arguments).output().context("cannot run git; is it installed?")?;
    if !output.status.success() {
        bail!("git config does not take it: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
