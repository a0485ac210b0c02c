//! Child processes: started with a known environment, ended by their own number, waited for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::processes;

/// A command that inherits nothing but the search path.
pub fn command(program: impl AsRef<OsStr>, home: &Path) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a bench starts the programs that it compares")]
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    command.env_clear().env("PATH", path).env("HOME", home).env("LC_ALL", "C").stdin(Stdio::null());
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Bench").env(format!("GIT_{role}_EMAIL"), "bench@example.org");
        command.env(format!("GIT_{role}_DATE"), "1600000000 +0000");
    }
    command
}

/// Runs to the end and gives back standard output.
pub fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let spelled = format!("{command:?}");
    let output = command.output().with_context(|| format!("{spelled} could not be started"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    bail!("{spelled} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim())
}

/// [`output`] as trimmed text.
pub fn text(command: &mut Command) -> anyhow::Result<String> {
    Ok(String::from_utf8(output(command)?)?.trim().to_owned())
}

/// A server program on the search path or where Debian keeps them.
pub fn find(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file()).with_context(|| format!("{name} is not installed"))
}

/// A server that runs for as long as this lives.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts it.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let spelled = format!("{command:?}");
        Ok(Self(command.spawn().with_context(|| format!("{spelled} could not be started"))?))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Its standard output, if that is a pipe.
    pub fn stdout(&mut self) -> anyhow::Result<std::process::ChildStdout> {
        self.0.stdout.take().context("the standard output was taken")
    }

    /// Fails if it has ended by itself.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self.0.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("a server ended by itself: {status}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is not waited for yet, so its number is still its own. Its children too: fcgiwrap does not end them.
        for id in processes::tree(self.id()) {
            if let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) {
                let _ = kill_process(id, Signal::TERM);
            }
        }
        let _ = self.0.wait();
    }
}
