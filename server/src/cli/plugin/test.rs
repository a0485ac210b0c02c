//! `hardie plugin test`: scenarios through the sandbox that the server uses, and what they would cost there.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use hardie_plugin_host::scenario::{Outcome, Scenario};
use hardie_plugin_host::{ComponentInfo, Limits, PluginHost};
use serde_json::json;

use super::build::Built;
use super::cost::{cost, warnings};
use super::{build, cost};
use crate::cli::{print_line, runtime};
use crate::wiring::{plugins, system::SystemEntropy};

/// Arguments of `hardie plugin test`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin test\n  hardie plugin test plugins/file-limits --json\n  hardie plugin test --component other.wasm --scenarios cases/"
)]
pub struct Args {
    /// The plugin's folder; it is built first
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Test this component instead of building one
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Where the scenarios are [default: tests in the plugin's folder]
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

struct Row {
    name: String,
    outcome: Result<Outcome, String>,
}

impl Row {
    fn passed(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|outcome| outcome.problems.is_empty())
    }
}

/// Runs all scenarios; fails if one of them does.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let built = build::given(args.component.as_deref(), &args.folder)?;
    let folder = args.scenarios.clone().unwrap_or_else(|| args.folder.join("tests"));
    report(&built, &folder, args.json)
}

/// Runs all scenarios of a folder and prints what came of them; fails if one of them does.
pub fn report(built: &Built, folder: &Path, json: bool) -> anyhow::Result<()> {
    let scenarios = read(folder)?;
    let size = built.component.len();
    let (info, rows, limits) = runtime()?.block_on(judge(built.component.clone(), built.workshop.path(), scenarios))?;
    if json {
        print_line(&as_json(&info, size, &rows, &limits).to_string())?;
    } else {
        print_text(&info, size, &rows, &limits)?;
    }
    match rows.iter().filter(|row| !row.passed()).count() {
        0 => Ok(()),
        failed => bail!("{failed} of {} scenarios failed", rows.len()),
    }
}

type Judged = (ComponentInfo, Vec<Row>, Limits);

async fn judge(component: Bytes, workshop: &Path, scenarios: Vec<(String, Result<Scenario, String>)>) -> anyhow::Result<Judged> {
    let host: PluginHost = plugins::open(workshop, &SystemEntropy, Limits::default())?;
    let info = host.prepare(component).await.map_err(|error| anyhow::anyhow!("this server would refuse the component: {error}"))?;
    let mut rows = Vec::new();
    for (name, scenario) in scenarios {
        let outcome = match scenario {
            Ok(scenario) => scenario.run(&host, info.digest, &info.default_config).await,
            Err(error) => Err(error),
        };
        rows.push(Row { name, outcome });
    }
    Ok((info, rows, host.limits().clone()))
}

fn read(folder: &Path) -> anyhow::Result<Vec<(String, Result<Scenario, String>)>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("there are no scenarios: cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        bail!("{} holds no scenario (*.toml)", folder.display());
    }
    let parsed = files.into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok((file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), Scenario::parse(&text)))
    });
    parsed.collect()
}

fn print_text(info: &ComponentInfo, size: usize, rows: &[Row], limits: &Limits) -> anyhow::Result<()> {
    print_line(&format!("{} {} ({} KiB, {})", info.name, info.version, size.div_ceil(1024), info.digest))?;
    print_line(&format!("  {}", info.description))?;
    print_line(&format!("  worlds: {}; it may use: {}", info.worlds.join(", "), info.imports.join(", ")))?;
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    for row in rows {
        let mark = if row.passed() { "ok  " } else { "FAIL" };
        match &row.outcome {
            Err(error) => print_line(&format!("{mark} {:width$}  not a scenario: {error}", row.name))?,
            Ok(outcome) => {
                print_line(&format!("{mark} {:width$}  {}  [{}]", row.name, outcome.verdict, cost(&outcome.usage, limits)))?;
                for warning in warnings(&outcome.usage, &outcome.lines, &outcome.log, limits) {
                    print_line(&format!("       warning: {warning}"))?;
                }
                if !row.passed() {
                    outcome.problems.iter().try_for_each(|problem| print_line(&format!("       {problem}")))?;
                    outcome.lines.iter().try_for_each(|line| print_line(&format!("       said: {line}")))?;
                    outcome.log.iter().try_for_each(|line| print_line(&format!("       log: {line}")))?;
                }
            }
        }
    }
    let passed = rows.iter().filter(|row| row.passed()).count();
    print_line(&format!("{passed} of {} scenarios passed", rows.len()))
}

fn as_json(info: &ComponentInfo, size: usize, rows: &[Row], limits: &Limits) -> serde_json::Value {
    let scenarios: Vec<_> = rows
        .iter()
        .map(|row| match &row.outcome {
            Err(error) => json!({ "name": row.name, "passed": false, "problems": [error] }),
            Ok(outcome) => json!({
                "name": row.name, "passed": row.passed(), "problems": outcome.problems, "verdict": outcome.verdict,
                "lines": outcome.lines, "log": outcome.log, "warnings": warnings(&outcome.usage, &outcome.lines, &outcome.log, limits),
                "fuel": outcome.usage.fuel, "memory": outcome.usage.memory,
                "host_calls": outcome.usage.host_calls, "host_bytes": outcome.usage.host_bytes, "wall_micros": outcome.usage.wall_micros,
            }),
        })
        .collect();
    json!({
        "name": info.name, "version": info.version, "digest": info.digest.to_string(), "size": size, "worlds": info.worlds, "imports": info.imports,
        "limits": cost::limits(limits),
        "scenarios": scenarios,
    })
}
