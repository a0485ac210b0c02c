//! Calls by themselves, as `hardie plugin bench` counts them.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::component;
use crate::children::{self, command};
use crate::ours::binary;
use crate::report::{Line, Report};
use crate::say;

/// Commits of the push whose messages are read.
const COMMITS: usize = 1000;
/// Files of the push whose difference is read.
const FILES: usize = 500;

/// How many a core makes, what each keeps, how long the compiled component takes to be there, and what reading takes.
pub fn measure(scratch: &Path, report: &mut Report) -> anyhow::Result<()> {
    say("plugins: calls by themselves");
    let nothing = bench(scratch, "no-op", None)?;
    let calls = number(&nothing["calls_per_core_second"])?;
    report.add(held("calls of a policy that does nothing, by one core", format!("{calls:.0}/s"), "≥ 20,000/s", calls >= 20_000.0));
    let load = number(&nothing["load_micros"]["p50"])? / 1e3;
    report.add(held("it is there after a restart, p50", format!("{load:.2} ms"), "≤ 1 ms", load <= 1.0));
    let message = bench(scratch, "commit-message", None)?;
    let kept = number(&message["bytes_per_live_call"])? / 1024.0;
    report.add(held("memory of each of many calls at once", format!("{kept:.0} KiB"), "≤ 64 KiB", kept <= 64.0));
    let commits: String = (0..COMMITS).map(|nth| format!("[[commit]]\nmessage = \"demo: say hello {nth}\"\n")).collect();
    let messages = bench(scratch, "commit-message", Some(&format!("expect.accept = true\n{commits}")))?;
    let time = number(&messages["call_micros"]["p50"])? / 1e3;
    report.add(held(&format!("{COMMITS} commit messages read, p50"), format!("{time:.1} ms"), "≤ 20 ms", time <= 20.0));
    let files: String = (0..FILES).map(|nth| format!("\"folder{}/file{nth}\" = \"{nth}\\n\"\n", nth % 20)).collect();
    let push = format!(
        "expect.accept = true\n[push]\nref = \"refs/heads/topic\"\n[[base]]\nmessage = \"demo: begin\"\n[[commit]]\nmessage = \"demo: much\"\n[commit.files]\n{files}"
    );
    let difference = bench(scratch, "affected", Some(&push))?;
    let time = number(&difference["call_micros"]["p50"])? / 1e3;
    report.add(held(&format!("a difference of {FILES} files read, p50"), format!("{time:.1} ms"), "≤ 100 ms", time <= 100.0));
    Ok(())
}

/// A line that is held to something.
pub(super) fn held(work: &str, ours: String, hold: &str, holds: bool) -> Line {
    Line { work: work.to_owned(), ours, hold: Some((hold.to_owned(), holds)), ..Line::default() }
}

/// A number of what `hardie plugin bench` said.
pub(super) fn number(value: &Value) -> anyhow::Result<f64> {
    value.as_f64().context("hardie plugin bench left out a number")
}

/// What `hardie plugin bench` says of a component, and of a push if it is not the usual one.
pub(super) fn bench(scratch: &Path, name: &str, scenario: Option<&str>) -> anyhow::Result<Value> {
    let mut hardie = command(binary()?, scratch);
    hardie.args(["plugin", "bench", "--json", "--component"]).arg(component(name)?);
    if let Some(text) = scenario {
        let file = scratch.join("scenario.toml");
        std::fs::write(&file, text)?;
        hardie.arg("--scenario").arg(file);
    }
    let text = children::text(&mut hardie)?;
    let value: Value = serde_json::from_str(&text)?;
    anyhow::ensure!(value["outcome"] == "accepted", "{name} does not accept: {}", value["outcome"]);
    Ok(value)
}
