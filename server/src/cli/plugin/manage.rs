//! `hardie plugin list`, `enable` and `disable`.

use anyhow::{Context as _, bail};
use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation};
use hardie_domain::grant::sends;
use hardie_outbound::ApiClient;

use super::grant::granted;
use super::remote::{Remote, Scope, accepted};
use crate::cli::client::pages;
use crate::cli::shown::columns;
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin list --repo alice/demo\n  hardie plugin list --site --json")]
pub struct ListArgs {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Arguments of `hardie plugin enable`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin enable no-wip --repo alice/demo\n  hardie plugin enable no-wip --repo alice/demo --mode monitor"
)]
pub struct EnableArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// enforce refuses, monitor only records and warns
    #[arg(long, default_value = "enforce", value_parser = ["enforce", "monitor"])]
    mode: String,
}

/// Arguments of `hardie plugin disable`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin disable no-wip --repo alice/demo")]
pub struct DisableArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
}

/// Shows what is installed.
pub fn list(args: &ListArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let all: Vec<PluginInstallation> = runtime()?.block_on(pages::all(&client, &path))?;
    if args.json {
        return print_line(&serde_json::to_string(&all)?);
    }
    if all.is_empty() {
        return print_line(&format!("no plugin guards {}", args.scope.describe()));
    }
    let rows = all.iter().map(|one| {
        let place = match one.scope.name.as_str() {
            "" => one.scope.kind.clone(),
            name => format!("{} {name}", one.scope.kind),
        };
        let faults = if one.fail_open { "fails open" } else { "fails closed" };
        let hosts = if sends(&one.component.imports) && one.editable { granted(one) } else { String::new() };
        let mode = if one.online { format!("{} (online)", one.mode) } else { one.mode.clone() };
        vec![one.id.to_string(), one.name.clone(), one.component.version.clone(), mode, faults.to_owned(), place, hosts]
    });
    let heading = ["ID", "NAME", "VERSION", "MODE", "FAULTS", "SCOPE", "SENDS TO"].map(ToOwned::to_owned).to_vec();
    columns(std::iter::once(heading).chain(rows).collect())
}

/// Switches on.
pub fn enable(args: &EnableArgs) -> anyhow::Result<()> {
    set_mode(&args.plugin, &args.scope, &args.remote, &args.mode)
}

/// Switches off.
pub fn disable(args: &DisableArgs) -> anyhow::Result<()> {
    set_mode(&args.plugin, &args.scope, &args.remote, "off")
}

fn set_mode(plugin: &str, scope: &Scope, remote: &Remote, mode: &str) -> anyhow::Result<()> {
    let (path, client) = (scope.path()?, remote.client()?);
    let changed: PluginInstallation = runtime()?.block_on(async {
        let found = editable(&client, scope, plugin).await?;
        let wish = EditInstallationOption { mode: Some(mode.to_owned()), ..EditInstallationOption::default() };
        let answer = client.patch_json(&format!("{path}/{}", found.id), &wish).await?;
        anyhow::Ok(accepted(answer, "the server does not change it")?.json()?)
    })?;
    print_line(&format!("{} (id {}) is now {}", changed.name, changed.id, changed.mode))
}

/// What is installed here by this name or id, if anything is.
pub async fn find_editable(client: &ApiClient, scope: &Scope, plugin: &str) -> anyhow::Result<Option<PluginInstallation>> {
    let all: Vec<PluginInstallation> = pages::all(client, &scope.path()?).await?;
    Ok(find(&all, plugin).filter(|found| found.editable).cloned())
}

/// The same, where there has to be one.
pub async fn editable(client: &ApiClient, scope: &Scope, plugin: &str) -> anyhow::Result<PluginInstallation> {
    let found = guarding(client, scope, plugin).await?;
    if !found.editable {
        bail!("{} comes from the {} {}; change it there", found.name, found.scope.kind, found.scope.name);
    }
    Ok(found)
}

/// What guards this by this name or id.
pub async fn guarding(client: &ApiClient, scope: &Scope, plugin: &str) -> anyhow::Result<PluginInstallation> {
    let all: Vec<PluginInstallation> = pages::all(client, &scope.path()?).await?;
    find(&all, plugin).cloned().with_context(|| format!("no plugin {plugin:?} guards {}", scope.describe()))
}

/// By id, else by name; one that can be changed here goes before an inherited one of the same name.
fn find<'a>(all: &'a [PluginInstallation], wanted: &str) -> Option<&'a PluginInstallation> {
    let by_id = wanted.parse::<i64>().ok().and_then(|id| all.iter().find(|one| one.id == id));
    let named = || all.iter().filter(|one| one.name == wanted);
    by_id.or_else(|| named().find(|one| one.editable)).or_else(|| named().next())
}
