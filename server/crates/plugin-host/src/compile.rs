//! Compiling, always in a child process: a component that makes the compiler run away takes only the child with it.

mod child;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;

pub use child::run as run_child;

use crate::limits::Limits;
use crate::text;

/// How much of the child's complaint is kept.
const COMPLAINT: u64 = 8 << 10;

/// The program that compiles: `program args… INPUT OUTPUT MEMORY CPU` must end in [`run_child`] with the last four.
#[derive(Clone, Debug)]
pub struct CompileCommand {
    /// The executable, usually the server's own.
    pub program: PathBuf,
    /// What comes before the child's own arguments.
    pub args: Vec<OsString>,
    /// The child's whole environment. Empty for the server.
    pub env: Vec<(OsString, OsString)>,
}

impl CompileCommand {
    /// This very program, called with the hidden subcommand.
    ///
    /// # Errors
    /// If the operating system does not tell where the program is.
    pub fn this_program(subcommand: &str) -> std::io::Result<CompileCommand> {
        Ok(CompileCommand { program: std::env::current_exe()?, args: vec![subcommand.into()], env: Vec::new() })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place: the environment is cleared here, the caller sets a deadline")]
fn starting(command: &CompileCommand) -> tokio::process::Command {
    let mut child = tokio::process::Command::new(&command.program);
    child.env_clear().envs(command.env.iter().map(|(key, value)| (key, value)));
    child
}

/// Compiles; the error is a text for the person who installs.
pub(crate) async fn compile(command: &CompileCommand, work: &Path, component: &[u8], limits: &Limits) -> Result<Vec<u8>, String> {
    let broken = |error: std::io::Error| {
        tracing::error!(%error, "a component could not be compiled for a reason of our own");
        "the server could not compile it; its log says why".to_owned()
    };
    // Private to us (0700) and removed with everything in it, however this ends.
    let folder = tempfile::Builder::new().prefix("compile-").tempdir_in(work).map_err(broken)?;
    let (input, output) = (folder.path().join("component.wasm"), folder.path().join("component.cwasm"));
    tokio::fs::write(&input, component).await.map_err(broken)?;
    let mut child = starting(command)
        .args(&command.args)
        .arg(&input)
        .arg(&output)
        .args([limits.compile_memory.to_string(), limits.compile_cpu.to_string()])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(broken)?;
    let mut complaint = Vec::new();
    let ended = async {
        if let Some(stderr) = child.stderr.take() {
            let mut stderr = stderr.take(COMPLAINT);
            stderr.read_to_end(&mut complaint).await?;
            // Whatever else it says goes nowhere, so that it cannot block on a full pipe.
            tokio::io::copy(&mut stderr.into_inner(), &mut tokio::io::sink()).await?;
        }
        child.wait().await
    };
    let status = match tokio::time::timeout(limits.compile_wall, ended).await {
        Ok(status) => status.map_err(broken)?,
        Err(_) => return Err(format!("compiling it took longer than {} s", limits.compile_wall.as_secs())),
    };
    if status.success() {
        return tokio::fs::read(&output).await.map_err(broken);
    }
    // Ended by a signal: the kernel's for CPU time, abort for memory.
    if status.code() != Some(1) {
        let (cpu, memory) = (limits.compile_cpu, limits.compile_memory >> 20);
        return Err(format!("compiling it took more than {cpu} s of CPU or {memory} MiB of memory"));
    }
    let complaint = String::from_utf8_lossy(&complaint);
    Err(text::lines(std::iter::once(complaint.trim()), 6, 300).join(" "))
}
