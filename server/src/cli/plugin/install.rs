//! `hardie plugin install`: upload a component, then set it to work.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hardie_api_types::plugin::{CreateInstallationOption, PluginComponent, PluginInstallation};
use serde_json::Value;

use super::remote::{Remote, Scope, accepted};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin install`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin install no-wip.wasm --repo alice/demo --mode monitor\n  hardie plugin install commit-message.wasm --org smiths --config rules.json"
)]
pub struct Args {
    /// The component
    file: PathBuf,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    remote: Remote,
    /// What to call it there [default: the component's own name]
    #[arg(long)]
    name: Option<String>,
    /// enforce refuses, monitor only records and warns, off does not ask it
    #[arg(long, default_value = "enforce", value_parser = ["enforce", "monitor", "off"])]
    mode: String,
    /// Its configuration, JSON or TOML [default: the component's own]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Let pushes through when the plugin itself fails; without this they are refused
    #[arg(long)]
    fail_open: bool,
    /// Rights beyond reading; policies have none to ask for in this version
    #[arg(long, value_name = "CAPABILITY")]
    grant: Vec<String>,
    /// Print the installation as JSON
    #[arg(long)]
    json: bool,
}

/// Installs.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(grant) = args.grant.first() {
        bail!(
            "--grant {grant}: there is nothing to grant in this version: a policy reads the push, the repository and its configuration, no more"
        );
    }
    let bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let config = args.config.as_deref().map(read_config).transpose()?;
    let (path, client) = (args.scope.path()?, args.remote.client()?);
    let installed: PluginInstallation = runtime()?.block_on(async {
        let answer = client.post_bytes("/api/v1/plugins/components", "application/wasm", bytes).await?;
        let component: PluginComponent = accepted(answer, "the server refuses the component")?.json()?;
        let wish = CreateInstallationOption {
            digest: component.digest,
            name: args.name.clone().unwrap_or_default(),
            mode: Some(args.mode.clone()),
            fail_open: args.fail_open,
            config,
        };
        let answer = client.post_json(&path, &wish).await?;
        anyhow::Ok(accepted(answer, "the server has the component but does not install it")?.json()?)
    })?;
    if args.json {
        return print_line(&serde_json::to_string(&installed)?);
    }
    let PluginInstallation { id, name, component, mode, .. } = &installed;
    print_line(&format!("{name} {} now guards {} (id {id}, {mode})", component.version, args.scope.describe()))?;
    print_line(&format!("  {}", component.digest))?;
    print_line(&format!("  it may use: {}", component.imports.join(", ")))
}

/// Takes JSON, and TOML if the name says so.
pub fn read_config(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    if file.extension().is_some_and(|extension| extension == "toml") {
        let table: toml::Table = toml::from_str(&text).with_context(|| format!("{} is not TOML", file.display()))?;
        return Ok(serde_json::to_value(table)?);
    }
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}
