//! The real `hardie` binary as a child process: for tests that end it in the middle of its work.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// The binary that was built with these tests: `HARDIE_TEST_BINARY`, else the one beside the test's own.
///
/// # Errors
/// When it is not there.
pub fn binary() -> anyhow::Result<PathBuf> {
    let found = match std::env::var_os("HARDIE_TEST_BINARY").filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => {
            // target/PROFILE/deps/TEST, and the binary is two levels up.
            let test = std::env::current_exe().context("a test does not know its own path")?;
            test.parent().and_then(Path::parent).context("a test has no folder")?.join("hardie")
        }
    };
    ensure!(found.is_file(), "{} is not there: cargo build --bin hardie", found.display());
    Ok(found)
}

/// `hardie` with an environment of its own: nothing that is set for the person who runs the tests reaches it.
///
/// # Errors
/// When the binary is not there.
pub fn hardie(arguments: &[&str]) -> anyhow::Result<Command> {
    #[expect(clippy::disallowed_methods, reason = "tests start the real program")]
    let mut command = Command::new(binary()?);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/nonexistent").env("LC_ALL", "C");
    Ok(command)
}

/// Runs `hardie admin` on a data folder and gives back what it prints, trimmed. `input` goes to its standard input.
///
/// # Errors
/// When it fails, with its messages.
pub fn admin(data_dir: &Path, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut command = hardie(&["admin", "--data-dir"])?;
    let mut child = command.arg(data_dir).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("hardie admin {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A running child. It is killed when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// What it wrote to its log so far, gathered by a thread until it ends.
    log: Option<JoinHandle<String>>,
    /// The parts of its ready line.
    ready: serde_json::Value,
}

impl ServerProcess {
    /// `hardie serve` on a data folder, with free ports, ready to be asked.
    ///
    /// # Errors
    /// When it ends before it is ready, with its messages.
    pub fn serve(data_dir: &Path, more: &[&str]) -> anyhow::Result<ServerProcess> {
        let mut command = hardie(&["serve", "--http-listen", "127.0.0.1:0", "--ssh-listen", "127.0.0.1:0", "--data-dir"])?;
        ServerProcess::start(command.arg(data_dir).args(more))
    }

    /// `hardie web` on a free port in front of `api`.
    ///
    /// # Errors
    /// When it ends before it is ready, with its messages.
    pub fn web(api: &str, dist: &Path) -> anyhow::Result<ServerProcess> {
        let mut command = hardie(&["web", "--listen", "127.0.0.1:0", "--api", api, "--dist"])?;
        ServerProcess::start(command.arg(dist))
    }

    /// Starts any command that prints a ready line.
    ///
    /// # Errors
    /// When it ends before it is ready, with its messages.
    pub fn start(command: &mut Command) -> anyhow::Result<ServerProcess> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("hardie could not be started")?;
        let mut stderr = child.stderr.take().context("no standard error")?;
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            // A read that fails ends the log; what came before is still worth showing.
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let stdout = child.stdout.take().context("no standard output")?;
        let mut process = ServerProcess { child, log: Some(log), ready: serde_json::Value::Null };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(ready) if ready["ready"] == true => process.ready = ready,
            _ => {
                let (_, log) = process.kill()?;
                bail!("hardie printed {line:?} instead of a ready line; its log:\n{log}");
            }
        }
        Ok(process)
    }

    /// `http://127.0.0.1:PORT`, of the server or of the web UI.
    pub fn url(&self) -> &str {
        self.ready["http"].as_str().or(self.ready["web"].as_str()).unwrap_or_default()
    }

    /// `127.0.0.1:PORT` where SSH is served.
    pub fn ssh(&self) -> &str {
        self.ready["ssh"].as_str().unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, now. Gives back how it ended and its log.
    ///
    /// # Errors
    /// When the child cannot be waited for.
    pub fn kill(mut self) -> anyhow::Result<(ExitStatus, String)> {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.wait()
    }

    /// SIGTERM, then waits until it has drained. Gives back how it ended and its log.
    ///
    /// # Errors
    /// When the child cannot be signalled or waited for.
    pub fn terminate(mut self) -> anyhow::Result<(ExitStatus, String)> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.wait()
    }

    fn wait(&mut self) -> anyhow::Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        Ok((status, log))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if self.log.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
