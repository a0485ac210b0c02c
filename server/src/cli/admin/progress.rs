//! What a long command tells on stderr while it works.

use std::sync::Arc;

use hardie_app::backup::{Progress, Tell};

pub use crate::cli::ticker::note;
use crate::cli::ticker::{self, Ticker, size};

/// Tells it on stderr, or nothing at all.
pub fn on_stderr(quiet: bool) -> Tell {
    if quiet {
        return Arc::new(|_| {});
    }
    let ticker = Ticker::begin();
    Arc::new(move |progress| ticker.tell(|| show(progress)))
}

/// Ends the line that is written again and again.
pub fn end(quiet: bool) {
    if !quiet {
        ticker::end();
    }
}

fn show(progress: Progress) -> String {
    let of = |total: Option<u64>| total.map(|total| format!(" of {total}")).unwrap_or_default();
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
