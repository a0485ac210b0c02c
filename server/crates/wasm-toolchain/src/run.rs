//! Short questions to `rustc` and `rustup`.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a program without standard input and gives back its trimmed standard output.
///
/// # Errors
/// Words for a program that is missing, fails, prints bytes that are no text, or is still running after `limit`.
#[expect(clippy::disallowed_methods, reason = "the standard library waits for a child for ever or not at all")]
pub fn ask(program: &OsStr, arguments: &[&str], limit: Duration) -> Result<String, String> {
    let name = program.display();
    let spelled = format!("{name} {}", arguments.join(" "));
    // Asking the toolchain is what this crate is for, so it may start programs.
    let mut command = Command::new(program);
    let mut child = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} did not start: {error}"))?;
    let started = Instant::now();
    // The answers are a line or two, far below what a pipe holds, so waiting before reading cannot block the child.
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if started.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{spelled}` gave no answer in {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("`{spelled}` was lost: {error}")),
        }
    }
    let output = child.wait_with_output().map_err(|error| format!("`{spelled}` was lost: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim();
        return Err(format!("`{spelled}` failed: {last}"));
    }
    String::from_utf8(output.stdout)
        .map(|text| text.trim().to_owned())
        .map_err(|_| format!("`{spelled}` answered with bytes that are no text"))
}
