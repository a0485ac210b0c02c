//! A child that is run for a short answer.

use std::ops::ControlFlow;
use std::process::Command;

use super::{Bounds, Output, Running};
use crate::budget::Cancel;
use crate::error::{Error, Result};

/// Bytes of its words that are kept.
const WORDS: usize = 16 << 10;

#[derive(Default)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Output for Said {
    fn stdout(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        keep(&mut self.out, bytes)
    }

    fn stderr(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        keep(&mut self.err, bytes)
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) -> ControlFlow<()> {
    kept.extend(bytes.iter().take(WORDS.saturating_sub(kept.len())));
    ControlFlow::Continue(())
}

/// Runs maintenance to its end, behind whoever is served: what it said on standard output. `name` is for errors.
pub(crate) fn run(command: Command, input: &[u8], bounds: &Bounds, cancel: &Cancel, name: &str) -> Result<String> {
    let mut said = Said::default();
    let mut child = Running::spawn(command, bounds, cancel)?;
    child.stand_back();
    child.write_all(input, &mut said)?;
    let status = child.finish(&mut said)?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&said.out).into_owned());
    }
    Err(Error::Git(format!("git {name} ended with {status}: {}", String::from_utf8_lossy(&said.err).trim())))
}
