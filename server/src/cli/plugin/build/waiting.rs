//! Waiting for a tool that takes its time, and saying so.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How often the line is written anew.
const BEAT: Duration = Duration::from_secs(1);

/// Runs a program whose output is kept; a line on stderr says what goes on, and on a terminal for how long.
pub fn watched(command: &mut Command, what: &str) -> anyhow::Result<Output> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let (done, ended) = channel();
    std::thread::Builder::new().name("tool".to_owned()).spawn(move || done.send(child.wait_with_output()))?;
    let (started, terminal) = (Instant::now(), std::io::stderr().is_terminal());
    say(if terminal { format!("{what} …") } else { format!("{what} …\n") });
    loop {
        match ended.recv_timeout(BEAT) {
            Err(RecvTimeoutError::Timeout) if terminal => say(format!("\r{what} … {} s", started.elapsed().as_secs())),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("{} was not waited for", command.get_program().display()),
            Ok(output) => {
                if terminal {
                    say("\r\x1b[K".to_owned());
                }
                return output.with_context(|| format!("cannot wait for {}", command.get_program().display()));
            }
        }
    }
}

fn say(text: String) {
    // Nothing can be done if the terminal is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
