//! Calls of the same policy in languages that bring an interpreter along.

use std::path::Path;

use super::calls::{bench, held, number};
use crate::report::Report;
use crate::say;

/// Language, component, calls a second of one core, milliseconds of a call.
const LANGUAGES: [(&str, &str, f64, f64); 2] = [("JavaScript", "no-wip-js", 800.0, 2.0), ("Python", "no-wip-python", 300.0, 5.0)];
/// Milliseconds until a compiled component is there.
const LOAD: f64 = 50.0;
/// MiB of each of many calls at once.
const MEMORY: f64 = 3.0;

/// What `hardie plugin new --lang` makes, judging a push of one commit.
pub fn measure(scratch: &Path, report: &mut Report) -> anyhow::Result<()> {
    for (language, component, most_calls, most_time) in LANGUAGES {
        say(&format!("plugins: calls of a policy in {language}"));
        let measured = bench(scratch, component, None)?;
        let calls = number(&measured["calls_per_core_second"])?;
        let work = |what: &str| format!("{what}, {language}");
        report.add(held(
            &work("calls of a policy by one core"),
            format!("{calls:.0}/s"),
            &format!("≥ {most_calls}/s"),
            calls >= most_calls,
        ));
        let time = number(&measured["call_micros"]["p50"])? / 1e3;
        report.add(held(&work("a call, p50"), format!("{time:.2} ms"), &format!("≤ {most_time} ms"), time <= most_time));
        let load = number(&measured["load_micros"]["p50"])? / 1e3;
        report.add(held(&work("it is there after a restart, p50"), format!("{load:.1} ms"), &format!("≤ {LOAD} ms"), load <= LOAD));
        let kept = number(&measured["bytes_per_live_call"])? / f64::from(1 << 20);
        report.add(held(
            &work("memory of each of many calls at once"),
            format!("{kept:.2} MiB"),
            &format!("≤ {MEMORY} MiB"),
            kept <= MEMORY,
        ));
    }
    Ok(())
}
