//! `hardie webhook`: webhooks, and what was sent to them.

use std::collections::BTreeMap;

use anyhow::ensure;
use clap::Subcommand;
use hardie_api_types::hook::{CreateHookOption, Hook, HookDelivery};
use hardie_outbound::ApiClient;
use serde_json::json;

use super::pages;
use super::place::Place;
use super::remote::{Remote, accepted};
use crate::cli::hidden;
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Have events sent to an address
    #[command(
        after_help = "Example:\n  hardie webhook create https://ci.example/hook --repo alice/demo\n  cat secret | hardie webhook create https://ci.example/hook --org smiths --event push,create --secret-stdin"
    )]
    Create(CreateArgs),
    /// List webhooks
    #[command(after_help = "Example:\n  hardie webhook list\n  hardie webhook list --org smiths --json")]
    List(ListArgs),
    /// Remove a webhook and what waits for it
    #[command(after_help = "Example:\n  hardie webhook delete 4 --repo alice/demo")]
    Delete(OneArgs),
    /// Have the newest commit of the default branch sent
    #[command(after_help = "Example:\n  hardie webhook test 4 --repo alice/demo")]
    Test(OneArgs),
    /// Show what was sent
    #[command(
        after_help = "Example:\n  hardie webhook deliveries 4 --repo alice/demo\n  hardie webhook deliveries 4 --state dead --limit 50 --json"
    )]
    Deliveries(DeliveriesArgs),
    /// Send something again: the same bytes under the same id
    #[command(after_help = "Example:\n  hardie webhook redeliver 4 17 --repo alice/demo")]
    Redeliver(RedeliverArgs),
}

/// Arguments of `hardie webhook create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// Where to send
    url: String,
    #[command(flatten)]
    place: Place,
    /// Of which events it is told; may be given several times
    #[arg(long = "event", value_name = "EVENT", value_delimiter = ',', default_value = "push")]
    events: Vec<String>,
    /// Only of branches and tags that match, such as main or {main,release/*}
    #[arg(long, value_name = "PATTERN", default_value = "", hide_default_value = true)]
    branch: String,
    /// How it is written
    #[arg(long, default_value = "json", value_parser = ["json", "form"])]
    content_type: String,
    /// Read the secret that signs what is sent from the first line of stdin
    #[arg(long)]
    secret_stdin: bool,
    /// Send nothing yet
    #[arg(long)]
    inactive: bool,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie webhook list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie webhook delete` and `test`.
#[derive(Debug, clap::Args)]
pub struct OneArgs {
    /// Its id
    id: i64,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    remote: Remote,
}

/// Arguments of `hardie webhook deliveries`.
#[derive(Debug, clap::Args)]
pub struct DeliveriesArgs {
    /// The webhook's id
    id: i64,
    #[command(flatten)]
    place: Place,
    /// Only those that stand so
    #[arg(long, value_parser = ["pending", "running", "done", "failed", "dead", "skipped"])]
    state: Option<String>,
    /// The newest so many
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=50))]
    limit: u32,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie webhook redeliver`.
#[derive(Debug, clap::Args)]
pub struct RedeliverArgs {
    /// The webhook's id
    id: i64,
    /// The delivery's id
    delivery: i64,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => create(args),
        Command::List(args) => list(&args),
        Command::Delete(args) => delete(&args),
        Command::Test(args) => test(&args),
        Command::Deliveries(args) => deliveries(&args),
        Command::Redeliver(args) => redeliver(&args),
    }
}

/// The API's path of the webhooks that are meant, and who asks.
fn at(place: &Place, remote: &Remote) -> anyhow::Result<(String, ApiClient)> {
    let target = remote.target()?;
    Ok((place.hooks(&target)?, target.client()?))
}

fn create(args: CreateArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let mut config = BTreeMap::from([("url".to_owned(), args.url), ("content_type".to_owned(), args.content_type)]);
    if args.secret_stdin {
        let secret = hidden::line("secret")?;
        ensure!(!secret.is_empty(), "the secret is empty: give it on the first line of stdin");
        config.insert("secret".to_owned(), secret.to_string());
    }
    let wish = CreateHookOption {
        kind: "gitea".to_owned(),
        config,
        events: args.events,
        branch_filter: args.branch,
        active: !args.inactive,
        ..CreateHookOption::default()
    };
    let made: Hook = runtime()?
        .block_on(async { anyhow::Ok(accepted(client.post_json(&path, &wish).await?, "the server does not make it")?.json()?) })?;
    match args.json {
        true => print_line(&serde_json::to_string(&made)?),
        false => print_line(&format!("made webhook {}: {} to {}", made.id, made.events.join(", "), url(&made))),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let all: Vec<Hook> = runtime()?.block_on(pages::all(&client, &path))?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    let rows = all.iter().map(|one| {
        let signed = if one.signed { "signed" } else { "" };
        let counts = format!("{} waiting, {} dead", one.waiting, one.dead);
        vec![one.id.to_string(), one.state.clone(), url(one), one.events.join(","), signed.to_owned(), counts, one.reason.clone()]
    });
    let heading = ["ID", "STATE", "URL", "EVENTS", "", "DELIVERIES", ""].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn url(hook: &Hook) -> String {
    hook.config.get("url").cloned().unwrap_or_default()
}

fn delete(args: &OneArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let answer = runtime()?.block_on(client.delete(&format!("{path}/{}", args.id)))?;
    accepted(answer, "the server does not remove it")?;
    print_line(&format!("removed webhook {}", args.id))
}

fn test(args: &OneArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let answer = runtime()?.block_on(client.post_json(&format!("{path}/{}/tests", args.id), &json!({})))?;
    accepted(answer, "the server does not try it")?;
    print_line(&format!("on its way; `hardie webhook deliveries {}` shows how it ended", args.id))
}

fn deliveries(args: &DeliveriesArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let state = args.state.as_deref().map(|state| format!("&state={state}")).unwrap_or_default();
    let list: Vec<HookDelivery> = runtime()?.block_on(async {
        let answer = client.get(&format!("{path}/{}/deliveries?limit={}{state}", args.id, args.limit)).await?;
        anyhow::Ok(accepted(answer, "the server does not list them")?.json()?)
    })?;
    if args.json {
        return print_line(&serde_json::to_string(&list)?);
    }
    let rows = list.into_iter().map(|one| {
        let next = one.next_at.map(|at| format!("again {}", at.0)).unwrap_or_default();
        let text = one.text.lines().next().unwrap_or_default().chars().take(80).collect::<String>();
        vec![one.id.to_string(), one.about, one.repository, one.state, one.attempt.to_string(), one.created_at.0, next, text]
    });
    let heading = ["ID", "ABOUT", "REPOSITORY", "STATE", "TRIES", "MADE", "", ""].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn redeliver(args: &RedeliverArgs) -> anyhow::Result<()> {
    let (path, client) = at(&args.place, &args.remote)?;
    let begun: HookDelivery = runtime()?.block_on(async {
        let answer = client.post_json(&format!("{path}/{}/deliveries/{}/redeliver", args.id, args.delivery), &json!({})).await?;
        anyhow::Ok(accepted(answer, "nothing is sent again")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&begun)?),
        false => print_line(&format!("delivery {} ({}) is sent again", begun.id, begun.about)),
    }
}
