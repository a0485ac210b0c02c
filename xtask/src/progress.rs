//! Progress lines: `[3/9] trunk 0.21.14 … 2m10s`.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::say;

/// Counts the steps of one task.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
}

/// How a quiet step ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something was done.
    Done,
    /// Nothing was missing.
    Present,
}

impl Progress {
    /// For a task of `total` steps.
    pub const fn new(total: usize) -> Self {
        Self { total, done: 0 }
    }

    /// Runs a step that prints nothing itself. On a terminal the elapsed time grows while it runs.
    pub fn quiet(&mut self, what: &str, step: impl FnOnce() -> anyhow::Result<Outcome>) -> anyhow::Result<Outcome> {
        let head = self.head(what);
        let started = Instant::now();
        let live = std::io::stdout().is_terminal();
        draw(&head);
        let over = AtomicBool::new(false);
        let result = std::thread::scope(|scope| {
            let ticker = live.then(|| scope.spawn(|| tick(&head, started, &over)));
            let result = step();
            over.store(true, Ordering::Release);
            if let Some(ticker) = ticker {
                ticker.thread().unpark();
            }
            result
        });
        let ending = match &result {
            Ok(Outcome::Done) => spell(started.elapsed()),
            Ok(Outcome::Present) => "ready".to_owned(),
            Err(_) => format!("failed after {}", spell(started.elapsed())),
        };
        say(&if live { format!("\r{head}{ending}\x1b[K") } else { ending });
        result
    }

    /// Runs a step that prints for itself, between a line that names it and, when it took long, one with its time.
    pub fn loud<T>(&mut self, what: &str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let head = self.head(what);
        say(&head);
        let started = Instant::now();
        let result = step();
        let word = if result.is_ok() { "" } else { "failed after " };
        say(&format!("{head}{word}{}", spell(started.elapsed())));
        result
    }

    fn head(&mut self, what: &str) -> String {
        self.done += 1;
        format!("[{}/{}] {what} … ", self.done, self.total.max(self.done))
    }
}

fn tick(head: &str, started: Instant, over: &AtomicBool) {
    while !over.load(Ordering::Acquire) {
        std::thread::park_timeout(Duration::from_secs(1));
        if !over.load(Ordering::Acquire) && started.elapsed() >= Duration::from_secs(1) {
            draw(&format!("\r{head}{}\x1b[K", spell(started.elapsed())));
        }
    }
}

fn draw(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// `0.3s`, `42s`, `2m10s`, `1h02m`.
pub fn spell(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_a_person_says_them() {
        let spelled: Vec<String> = [0.25, 42.0, 130.0, 3720.0].iter().map(|s| spell(Duration::from_secs_f64(*s))).collect();
        assert_eq!(spelled, ["0.2s", "42s", "2m10s", "1h02m"]);
    }

    #[test]
    fn steps_are_counted_and_a_failure_is_passed_on() {
        let mut progress = Progress::new(2);
        assert_eq!(progress.quiet("one", || Ok(Outcome::Present)).unwrap(), Outcome::Present);
        let error = progress.quiet("two", || anyhow::bail!("no room")).unwrap_err();
        assert_eq!(error.to_string(), "no room");
        assert_eq!(progress.done, 2);
    }
}
