//! `hardie plugin logs`: what a plugin wrote for the people who administer it.

use hardie_api_types::plugin::PluginLogLine;

use super::manage::editable;
use super::remote::{Remote, Scope, accepted};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin logs`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin logs no-wip --repo alice/demo\n  hardie plugin logs no-wip --site --limit 1000 --json")]
pub struct Args {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// The newest so many lines
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Print one JSON array instead of text
    #[arg(long)]
    json: bool,
}

/// Shows them, the last line last.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let mut lines: Vec<PluginLogLine> = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = client.get(&format!("{path}/{}/logs?limit={}", found.id, args.limit)).await?;
        anyhow::Ok(accepted(answer, "the server does not show its log")?.json()?)
    })?;
    lines.reverse();
    if args.json {
        return print_line(&serde_json::to_string(&lines)?);
    }
    lines.iter().try_for_each(|line| {
        print_line(&format!("{} {} push {} {}  {}", line.at.0, line.repository, line.push_id, line.outcome, line.line))
    })
}
