//! `hardie plugin deliveries`, `redeliver` and `resume`: events on their way to a plugin.

use anyhow::bail;
use hardie_api_types::Time;
use hardie_api_types::delivery::{Delivery, PluginEvents, RedeliverOption, Redelivered, ResumeOption};
use serde_json::json;

use super::manage::editable;
use super::remote::{Remote, Scope, accepted};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin deliveries`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin deliveries notify --repo alice/demo\n  hardie plugin deliveries notify --org smiths --state dead --limit 50 --json"
)]
pub struct DeliveriesArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Only those that stand so
    #[arg(long, value_parser = ["pending", "running", "done", "failed", "dead", "skipped"])]
    state: Option<String>,
    /// The newest so many
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: u32,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie plugin redeliver`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin redeliver notify 17 --repo alice/demo\n  hardie plugin redeliver notify --from 120 --to 180 --repo alice/demo\n  hardie plugin redeliver notify --since 2026-01-31T08:00:00Z --site --json"
)]
pub struct RedeliverArgs {
    /// Its name or id there
    plugin: String,
    /// One delivery, by its id
    #[arg(conflicts_with_all = ["from", "to", "since", "until"], required_unless_present_any = ["from", "to", "since", "until"])]
    delivery: Option<i64>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// From this place of the log of events on
    #[arg(long, value_name = "SEQ")]
    from: Option<i64>,
    /// To this place, which is meant too
    #[arg(long, value_name = "SEQ")]
    to: Option<i64>,
    /// Made then or later, such as 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Made before
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie plugin resume`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin resume notify --repo alice/demo\n  hardie plugin resume notify --repo alice/demo --skip")]
pub struct ResumeArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Do not deliver what waits
    #[arg(long)]
    skip: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie plugin events`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin events notify --repo alice/demo\n  hardie plugin events notify --repo alice/demo --only push,status\n  hardie plugin events notify --repo alice/demo --all"
)]
pub struct EventsArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// From now on it is told of these kinds alone
    #[arg(long, value_name = "KIND", value_delimiter = ',', conflicts_with = "all")]
    only: Vec<String>,
    /// From now on it is told of all kinds
    #[arg(long)]
    all: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Lists what it was told.
pub fn deliveries(args: &DeliveriesArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let state = args.state.as_deref().map(|state| format!("&state={state}")).unwrap_or_default();
    let (events, list): (PluginEvents, Vec<Delivery>) = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let events = client.get(&format!("{path}/{}/events", found.id)).await?;
        let events = accepted(events, "the server does not show what it is told of")?.json()?;
        let list = client.get(&format!("{path}/{}/deliveries?limit={}{state}", found.id, args.limit)).await?;
        anyhow::Ok((events, accepted(list, "the server does not list them")?.json()?))
    })?;
    if args.json {
        return print_line(&json!({ "events": events, "deliveries": list }).to_string());
    }
    tell(&args.plugin, &events)?;
    if list.is_empty() {
        return print_line("no deliveries");
    }
    let rows = list.into_iter().map(|one| {
        let next = one.next_at.map(|at| format!("again {}", at.0)).unwrap_or_default();
        let text = one.text.lines().next().unwrap_or_default().chars().take(80).collect::<String>();
        [one.id, one.seq]
            .map(|number| number.to_string())
            .into_iter()
            .chain([one.kind, one.repository, one.state, one.attempt.to_string(), one.outcome, next, text])
            .collect()
    });
    let heading = ["ID", "SEQ", "EVENT", "REPOSITORY", "STATE", "TRIES", "OUTCOME", "", ""].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

/// Delivers again.
pub fn redeliver(args: &RedeliverArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let range = RedeliverOption { from: args.from, to: args.to, since: time(&args.since)?, until: time(&args.until)?, dry_run: false };
    let answer = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = match args.delivery {
            Some(id) => client.post_json(&format!("{path}/{}/deliveries/{id}/redeliver", found.id), &json!({})).await?,
            None => client.post_json(&format!("{path}/{}/redeliver", found.id), &range).await?,
        };
        accepted(answer, "nothing is delivered again")
    })?;
    if args.delivery.is_some() {
        let begun: Delivery = answer.json()?;
        return match args.json {
            true => print_line(&serde_json::to_string(&begun)?),
            false => print_line(&format!("delivery {} ({} {}) is delivered again", begun.id, begun.kind, begun.repository)),
        };
    }
    let begun: Redelivered = answer.json()?;
    let more = begun.next.map(|next| format!("; the rest once fewer wait, with --from {next}")).unwrap_or_default();
    match args.json {
        true => print_line(&serde_json::to_string(&begun)?),
        false => print_line(&format!("{} deliveries are delivered again{more}", begun.redelivered)),
    }
}

/// Ends a rest.
pub fn resume(args: &ResumeArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let events: PluginEvents = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = client.post_json(&format!("{path}/{}/resume", found.id), &ResumeOption { skip: args.skip }).await?;
        anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&events)?),
        false => tell(&args.plugin, &events),
    }
}

/// Shows or sets of what it is told.
pub fn events(args: &EventsArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let events: PluginEvents = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let address = format!("{path}/{}/events", found.id);
        let answer = match args.all || !args.only.is_empty() {
            true => client.patch_json(&address, &json!({ "kinds": args.only })).await?,
            false => client.get(&address).await?,
        };
        anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&events)?),
        false => tell(&args.plugin, &events),
    }
}

fn tell(plugin: &str, events: &PluginEvents) -> anyhow::Result<()> {
    let kinds = if events.kinds.is_empty() { "all events".to_owned() } else { events.kinds.join(", ") };
    print_line(&format!("{plugin} is told of {kinds}: {}, {} waiting, {} dead", events.state, events.waiting, events.dead))?;
    match &events.paused_until {
        Some(until) => print_line(&format!("  it is tried again at {}: {}", until.0, events.reason)),
        None => Ok(()),
    }
}

fn time(text: &Option<String>) -> anyhow::Result<Option<Time>> {
    let Some(text) = text else { return Ok(None) };
    let time = Time(text.clone());
    if time.timestamp().is_none() {
        bail!("{text:?} is no time such as 2026-01-31T08:00:00Z");
    }
    Ok(Some(time))
}
