//! `hardie plugin secret`: secrets that a plugin names and never sees.

use std::io::Read as _;

use anyhow::{Context as _, bail};
use hardie_api_types::plugin_secret::{PluginSecret, SetPluginSecretOption};
use hardie_domain::plugin_secret::{MOST_BYTES, check_name};
use zeroize::Zeroizing;

use super::grant::with_scheme;
use super::manage::editable;
use super::remote::{Remote, Scope, accepted};
use crate::cli::hidden::{Dark, can_ask};
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin secret`.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Set a secret; its value comes from stdin, or is asked for at the terminal
    Set(SetArgs),
    /// List secrets by name: no value is shown, nor is there a way to
    List(ListArgs),
    /// Forget a secret
    Remove(RemoveArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cat webhook | hardie plugin secret set notify chat --for hooks.slack.com --repo alice/demo\n  \
    hardie plugin secret set deploy token --for https://ci.example.org:8443 --header Authorization --org smiths")]
pub struct SetArgs {
    /// The plugin's name or id there
    plugin: String,
    /// By which the plugin asks for it: a-z, 0-9 and -
    name: String,
    /// Where it may go, [SCHEME://]HOST[:PORT]; HOST may begin with *. for all names below [default scheme: https]
    #[arg(long = "for", value_name = "HOST")]
    destination: String,
    /// The one header in which it may stand [default: any place of a request]
    #[arg(long, value_name = "NAME")]
    header: Option<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin secret list notify --repo alice/demo")]
pub struct ListArgs {
    /// The plugin's name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin secret remove notify chat --repo alice/demo")]
pub struct RemoveArgs {
    /// The plugin's name or id there
    plugin: String,
    /// The secret's name
    name: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Set(args) => set(args),
        Command::List(args) => list(args),
        Command::Remove(args) => remove(args),
    }
}

fn set(args: &SetArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    // It stands in the address.
    check_name(&args.name)?;
    let value = match can_ask() {
        true => Dark::begin()?.ask(&format!("The secret {} of {}: ", args.name, args.plugin), "secret")?,
        false => from_stdin()?,
    };
    let wish = SetPluginSecretOption {
        destination: with_scheme(&args.destination),
        header: args.header.clone().unwrap_or_default(),
        value: value.as_str().to_owned(),
    };
    let kept: PluginSecret = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = client.put_json(&format!("{path}/{}/secrets/{}", found.id, args.name), &wish).await?;
        anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
    })?;
    match args.json {
        true => print_line(&serde_json::to_string(&kept)?),
        false => print_line(&format!("{} has the secret {} for {}", args.plugin, kept.name, place(&kept))),
    }
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let all: Vec<PluginSecret> = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = client.get(&format!("{path}/{}/secrets", found.id)).await?;
        anyhow::Ok(accepted(answer, "the server does not list them")?.json()?)
    })?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    if all.is_empty() {
        return print_line(&format!("{} has no secrets", args.plugin));
    }
    let rows = all.iter().map(|one| {
        let usable = if one.usable { "" } else { "the server has not the key that sealed it: set it anew" };
        vec![one.name.clone(), place(one), one.set_at.0.clone(), one.set_by.clone(), usable.to_owned()]
    });
    let heading = ["NAME", "FOR", "SET", "BY", ""].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

fn remove(args: &RemoveArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    check_name(&args.name)?;
    runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        accepted(client.delete(&format!("{path}/{}/secrets/{}", found.id, args.name)).await?, "nothing was changed")
    })?;
    match args.json {
        true => print_line(&serde_json::json!({ "removed": args.name }).to_string()),
        false => print_line(&format!("{} has no longer the secret {}", args.plugin, args.name)),
    }
}

fn place(secret: &PluginSecret) -> String {
    match secret.header.as_str() {
        "" => secret.destination.clone(),
        header => format!("{} in {header}", secret.destination),
    }
}

/// All of standard input but the end of its last line.
fn from_stdin() -> anyhow::Result<Zeroizing<String>> {
    let most = MOST_BYTES + 2;
    let mut value = Zeroizing::new(String::with_capacity(most + 1));
    let read = std::io::stdin().lock().take(most as u64 + 1).read_to_string(&mut value).context("cannot read the secret from stdin")?;
    if read > most {
        bail!("the secret is longer than {MOST_BYTES} bytes");
    }
    let length = value.strip_suffix('\n').map_or(value.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    value.truncate(length);
    match value.is_empty() {
        true => bail!("the secret is empty: give it on stdin, as in `cat FILE | hardie plugin secret set …`"),
        false => Ok(value),
    }
}
