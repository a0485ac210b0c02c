//! One line on stderr about how far something is: written again and again on a terminal, now and then elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const ON_TERMINAL: Duration = Duration::from_millis(200);
const IN_LOG: Duration = Duration::from_secs(10);

/// When something was told last.
#[derive(Debug)]
pub struct Ticker {
    terminal: bool,
    last: Mutex<Instant>,
}

impl Ticker {
    /// Begins now; the first line comes after the first pause.
    pub fn begin() -> Ticker {
        Ticker { terminal: std::io::stderr().is_terminal(), last: Mutex::new(Instant::now()) }
    }

    /// Tells it, unless it was told just now.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= if self.terminal { ON_TERMINAL } else { IN_LOG } {
            *last = Instant::now();
            // Nobody who listens is no reason to stop.
            let _ = match self.terminal {
                true => std::io::stderr().write_all(format!("\r\x1b[K{}", line()).as_bytes()),
                false => std::io::stderr().write_all(format!("{}\n", line()).as_bytes()),
            };
        }
    }
}

/// Ends the line that is written again and again.
pub fn end() {
    if std::io::stderr().is_terminal() {
        let _ = std::io::stderr().write_all(b"\r\x1b[K");
    }
}

/// One line for a person on stderr.
pub fn note(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Bytes for a person.
pub fn size(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
