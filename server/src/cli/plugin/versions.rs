//! `hardie plugin upgrade`, `rollback` and `remove`.

use std::path::PathBuf;

use anyhow::bail;
use hardie_api_types::error::ApiError;
use hardie_api_types::plugin::{PluginInstallation, UpgradeInstallationOption};
use hardie_outbound::ApiClient;
use serde_json::{Value, json};

use super::install::{read_config, upload};
use super::manage::editable;
use super::oci::Access;
use super::remote::{Remote, Scope, accepted};
use super::source::{Signed, Source};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin upgrade`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin upgrade no-wip no-wip.wasm --repo alice/demo\n  hardie plugin upgrade no-wip no-wip.wasm --org smiths --accept-new-permissions"
)]
pub struct UpgradeArgs {
    /// Its name or id there
    plugin: String,
    /// The newer component, a file or oci://REGISTRY[:PORT]/NAME[:TAG][@sha256:…]; its own name must be that of the one before
    #[arg(value_name = "FILE", value_parser = Source::parse)]
    source: Source,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// Its configuration, JSON or TOML [default: as it is]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A signature under it [default: FILE.sig, if that is there; from a registry what came along]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Go on although the newer component may do more than the one before
    #[arg(long)]
    accept_new_permissions: bool,
    #[command(flatten)]
    access: Access,
}

/// Arguments of `hardie plugin rollback`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin rollback no-wip --repo alice/demo")]
pub struct RollbackArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
}

/// Arguments of `hardie plugin remove`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hardie plugin remove no-wip --repo alice/demo")]
pub struct RemoveArgs {
    /// Its name or id there
    plugin: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
}

/// Upgrades.
pub fn upgrade(args: &UpgradeArgs) -> anyhow::Result<()> {
    let component = args.source.fetch(args.signature.as_deref(), &args.access)?;
    let config = args.config.as_deref().map(read_config).transpose()?;
    let client = args.remote.client()?;
    let changed = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        swap(&client, &args.scope, &found, component, config, args.accept_new_permissions).await
    })?;
    print_line(&format!("{} (id {}) now runs {}", changed.name, changed.id, changed.component.version))?;
    print_line(&format!("  {}", changed.component.digest))
}

/// Puts another component in the place of one that is installed. What it may do beyond that one is shown, and ends this unless accepted.
pub async fn swap(
    client: &ApiClient,
    scope: &Scope,
    found: &PluginInstallation,
    component: Signed,
    config: Option<Value>,
    accept_new_permissions: bool,
) -> anyhow::Result<PluginInstallation> {
    let component = upload(client, component, "the server refuses the component; nothing was changed").await?;
    let address = format!("{}/{}/component", scope.path()?, found.id);
    let mut wish = UpgradeInstallationOption { digest: component.digest, config, consent: Vec::new() };
    let mut answer = client.put_json(&address, &wish).await?;
    if answer.status == 409 {
        // Other conflicts have no list, and are told below.
        let asked = answer.json::<ApiError>().map(|error| error.permissions).unwrap_or_default();
        for permission in &asked {
            print_line(&format!("it may then also {} ({})", permission.description, permission.name))?;
        }
        if !asked.is_empty() && !accept_new_permissions {
            bail!("{} stays as it is; --accept-new-permissions goes on", found.name);
        }
        if !asked.is_empty() {
            wish.consent = asked.into_iter().map(|permission| permission.name).collect();
            answer = client.put_json(&address, &wish).await?;
        }
    }
    Ok(accepted(answer, "nothing was changed")?.json()?)
}

/// Goes back.
pub fn rollback(args: &RollbackArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let changed: PluginInstallation = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        let answer = client.post_json(&format!("{path}/{}/rollback", found.id), &json!({})).await?;
        anyhow::Ok(accepted(answer, "nothing was changed")?.json()?)
    })?;
    print_line(&format!("{} (id {}) runs {} again, with the configuration of then", changed.name, changed.id, changed.component.version))?;
    print_line(&format!("  {}", changed.component.digest))
}

/// Takes away.
pub fn remove(args: &RemoveArgs) -> anyhow::Result<()> {
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let gone: PluginInstallation = runtime()?.block_on(async {
        let found = editable(&client, &args.scope, &args.plugin).await?;
        accepted(client.delete(&format!("{path}/{}", found.id)).await?, "it is still there")?;
        anyhow::Ok(found)
    })?;
    print_line(&format!("{} (id {}) no longer guards {}", gone.name, gone.id, args.scope.describe()))?;
    print_line(&format!("  its configuration was {}", gone.config))
}
