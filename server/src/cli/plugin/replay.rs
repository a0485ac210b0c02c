//! `hardie plugin replay`: what a policy would have said to pushes of the past.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hardie_api_types::plugin::{DryRun, DryRunOption, PluginComponent};
use hardie_api_types::time::Time;
use hardie_outbound::ApiClient;
use hardie_plugin_host::Limits;

use super::install::read_config;
use super::manage::guarding;
use super::remote::{Remote, Scope, accepted};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin replay`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin replay no-wip.wasm --repo alice/demo --last 20\n  hardie plugin replay no-wip --repo alice/demo --since 2026-01-31 --config stricter.json\n  hardie plugin replay no-wip --repo alice/demo --range v1.0..main --json"
)]
pub struct Args {
    /// A component, or the name or id of what guards the repository
    plugin: String,
    /// The repository
    #[arg(long, value_name = "OWNER/REPO")]
    repo: String,
    #[command(flatten)]
    remote: Remote,
    /// The newest so many pushes, up to 100 [default: 50, with --since 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    last: Option<u32>,
    /// Only pushes since this day or moment, UTC
    #[arg(long, value_name = "DATE", value_parser = moment)]
    since: Option<Time>,
    /// Commits of the repository, as if they were pushed, instead of pushes
    #[arg(long, value_name = "A..B", conflicts_with_all = ["last", "since"])]
    range: Option<String>,
    /// Its configuration, JSON or TOML [default: as it is installed, else the component's own]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// A day, or a moment as RFC 3339 writes it.
fn moment(text: &str) -> Result<Time, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let time = Time(whole);
    time.timestamp().map(|_| time).ok_or_else(|| "write a day, 2026-01-31, or a moment, 2026-01-31T12:00:00Z".to_owned())
}

/// Asks, and shows the answer.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let config = args.config.as_deref().map(read_config).transpose()?;
    let scope = Scope::of_repo(&args.repo);
    let (path, client) = (scope.path()?, args.remote.client()?);
    let mut wish =
        DryRunOption { config, last: args.last, since: args.since.clone(), range: args.range.clone(), ..DryRunOption::default() };
    let run: DryRun = runtime()?.block_on(async {
        let file = Path::new(&args.plugin);
        if file.extension().is_some_and(|extension| extension == "wasm") {
            wish.digest = Some(upload(&client, file).await?);
        } else {
            wish.plugin_id = Some(guarding(&client, &scope, &args.plugin).await?.id);
        }
        let answer = client.post_json(&format!("{path}/dry-run"), &wish).await?;
        anyhow::Ok(accepted(answer, "nothing was judged")?.json()?)
    })?;
    if args.json { print_line(&serde_json::to_string(&run)?) } else { print(&run, &args.repo) }
}

async fn upload(client: &ApiClient, file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let answer = client.post_bytes("/api/v1/plugins/components", "application/wasm", bytes).await?;
    let component: PluginComponent = accepted(answer, "the server refuses the component")?.json()?;
    Ok(component.digest)
}

fn print(run: &DryRun, repo: &str) -> anyhow::Result<()> {
    print_line(&format!("{} ({}) over {repo}: nothing is changed", run.plugin, run.digest))?;
    for finding in &run.findings {
        let push = finding.push_id.map_or("the range".to_owned(), |id| format!("push {id}"));
        let at = finding.at.as_ref().map(|at| format!(" at {}", at.0)).unwrap_or_default();
        print_line(&format!("{push} by {}{at}: {}", finding.actor, finding.outcome))?;
        for moved in &finding.refs {
            print_line(&format!("  {} {}..{}", moved.name, moved.old, moved.new))?;
        }
        finding.lines.iter().try_for_each(|line| print_line(&format!("  remote: {line}")))?;
    }
    print_line(&format!("{} judged: {} accepted, {} would be refused, {} faults", run.judged, run.accepted, run.refused, run.faults))?;
    if run.gone > 0 {
        print_line(&format!("{} more cannot be judged: what they brought or built upon is no longer reached here", run.gone))?;
    }
    let share = |fuel: i64| fuel as f64 * 100.0 / Limits::default().fuel as f64;
    print_line(&format!("fuel: half of them up to {:.3} %, the most {:.3} % of one run", share(run.fuel_p50), share(run.fuel_max)))?;
    match run.cut_off.as_str() {
        "" => Ok(()),
        why => print_line(&format!("cut off: {why}; this is what was judged by then")),
    }
}
