//! An invocation's log: cleaned, and cut at its limits with one line that says how much is missing.

use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::Limits;
use crate::text;

/// Columns of one log line.
const COLUMNS: usize = 1000;

/// A log that the host functions and the guest's stdio write to.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<Lines>>);

struct Lines {
    kept: Vec<String>,
    bytes: usize,
    dropped: u64,
    line_limit: usize,
    byte_limit: usize,
    /// The beginning of a line from stdio that has no end yet.
    partial: String,
}

impl Log {
    pub(crate) fn new(limits: &Limits) -> Log {
        let (line_limit, byte_limit) = (limits.log_lines, limits.log_bytes);
        Log(Arc::new(Mutex::new(Lines { kept: Vec::new(), bytes: 0, dropped: 0, line_limit, byte_limit, partial: String::new() })))
    }

    /// Adds one message, which may have several lines.
    pub(crate) fn write(&self, level: &str, message: &str) {
        let level = match level {
            "debug" | "warn" | "error" => level,
            _ => "info",
        };
        self.with(|lines| message.trim_end().split('\n').for_each(|part| lines.add(level, part)));
    }

    /// Adds bytes that a guest wrote to its standard output or error.
    pub(crate) fn write_stdio(&self, bytes: &[u8]) {
        self.with(|lines| {
            for part in bytes.split_inclusive(|b| *b == b'\n') {
                lines.partial.push_str(&String::from_utf8_lossy(part));
                if part.ends_with(b"\n") || lines.partial.len() > 4 * COLUMNS {
                    let whole = std::mem::take(&mut lines.partial);
                    lines.add("info", whole.trim_end());
                }
            }
        });
    }

    /// What was kept, and the notice if something was not.
    pub(crate) fn finish(&self) -> Vec<String> {
        self.with(|lines| {
            let partial = std::mem::take(&mut lines.partial);
            if !partial.is_empty() {
                lines.add("info", &partial);
            }
            let mut out = std::mem::take(&mut lines.kept);
            if lines.dropped > 0 {
                out.push(format!("warn: the log was cut here; {} more lines", lines.dropped));
            }
            out
        })
    }

    fn with<R>(&self, f: impl FnOnce(&mut Lines) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lines {
    fn add(&mut self, level: &str, text: &str) {
        if self.kept.len() >= self.line_limit || self.bytes >= self.byte_limit {
            self.dropped += 1;
            return;
        }
        let line = format!("{level}: {}", text::line(text, COLUMNS));
        self.bytes += line.len();
        self.kept.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_with_one_notice() {
        let log = Log::new(&Limits::default());
        (0..10_000).for_each(|n| log.write("info", &format!("line {n}")));
        let lines = log.finish();
        assert_eq!(lines.len(), 201);
        assert_eq!(lines.last().unwrap(), "warn: the log was cut here; 9800 more lines");
    }

    #[test]
    fn huge_lines_and_unknown_levels_are_tamed() {
        let log = Log::new(&Limits::default());
        log.write("\u{1b}[31m", &"x".repeat(10 << 20));
        let lines = log.finish();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("info: xxx") && lines[0].len() < 1100);
    }

    #[test]
    fn stdio_becomes_lines() {
        let log = Log::new(&Limits::default());
        log.write_stdio(b"one\ntw");
        log.write_stdio(b"o\nthree");
        assert_eq!(log.finish(), ["info: one", "info: two", "info: three"]);
    }
}
