//! What a long command tells on stderr while it works.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hardie_app::backup::{Progress, Tell};

/// On a terminal one line is written again and again; elsewhere a new one now and then.
const ON_TERMINAL: Duration = Duration::from_millis(200);
const IN_LOG: Duration = Duration::from_secs(10);

/// Tells it on stderr, or nothing at all.
pub fn on_stderr(quiet: bool) -> Tell {
    if quiet {
        return Arc::new(|_| {});
    }
    let terminal = std::io::stderr().is_terminal();
    let last = Mutex::new(Instant::now());
    Arc::new(move |progress| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= if terminal { ON_TERMINAL } else { IN_LOG } {
            *last = Instant::now();
            let line = show(progress);
            // Nobody who listens is no reason to stop.
            let _ = match terminal {
                true => std::io::stderr().write_all(format!("\r\x1b[K{line}").as_bytes()),
                false => std::io::stderr().write_all(format!("{line}\n").as_bytes()),
            };
        }
    })
}

/// Ends the line that is written again and again.
pub fn end(quiet: bool) {
    if !quiet && std::io::stderr().is_terminal() {
        let _ = std::io::stderr().write_all(b"\r\x1b[K");
    }
}

/// One line for a person on stderr.
pub fn note(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

fn show(progress: Progress) -> String {
    let of = |total: Option<u64>| total.map(|total| format!(" of {total}")).unwrap_or_default();
    let size = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let of_bytes = progress.of_bytes.map(|total| format!(" of {}", size(total))).unwrap_or_default();
    format!("{} rows, {}{} files, {}{of_bytes}", progress.rows, progress.files, of(progress.of_files), size(progress.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_shown() {
        let mut progress = Progress { rows: 12, ..Progress::default() };
        assert_eq!(show(progress), "12 rows, 0 files, 0.0 MiB");
        progress = Progress { files: 1, of_files: Some(3), bytes: 1 << 20, of_bytes: Some(5 << 19), ..progress };
        assert_eq!(show(progress), "12 rows, 1 of 3 files, 1.0 MiB of 2.5 MiB");
    }
}
