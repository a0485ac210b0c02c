//! `hardie plugin install`: upload a component, then set it to work.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use hardie_api_types::plugin::{CreateInstallationOption, PluginComponent, PluginInstallation};
use hardie_api_types::publisher::CreateSignatureOption;
use hardie_domain::grant::sends;
use hardie_outbound::ApiClient;
use serde_json::Value;

use super::grant::{granted, with_scheme};
use super::oci::Access;
use super::remote::{Remote, Scope, accepted};
use super::source::{Signed, Source};
use crate::cli::{print_line, runtime};

/// Arguments of `hardie plugin install`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin install no-wip.wasm --repo alice/demo --mode monitor\n  hardie plugin install oci://ghcr.io/smiths/no-wip:1.0.0 --repo alice/demo\n  hardie plugin install commit-message.wasm --org smiths --config rules.json"
)]
pub struct Args {
    /// The component: a file, or oci://REGISTRY[:PORT]/NAME[:TAG][@sha256:…]
    #[arg(value_name = "FILE", value_parser = Source::parse)]
    source: Source,
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
    /// Rights beyond what it imports; there are none in this version
    #[arg(long, value_name = "CAPABILITY")]
    grant: Vec<String>,
    /// A signature under it [default: FILE.sig, if that is there; from a registry what came along]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Where its requests may go, [METHOD,… ][SCHEME://]HOST[:PORT] (administrators of the server only) [default scheme: https]
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    #[command(flatten)]
    access: Access,
    /// Print the installation as JSON
    #[arg(long)]
    json: bool,
}

/// Installs.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(grant) = args.grant.first() {
        bail!(
            "--grant {grant}: there is nothing to grant in this version: what a plugin may do is what it imports; hosts are granted by --host"
        );
    }
    let component = args.source.fetch(args.signature.as_deref(), &args.access)?;
    let config = args.config.as_deref().map(read_config).transpose()?;
    let client = args.remote.client()?;
    let hosts = args.host.iter().map(|host| with_scheme(host)).collect();
    let wish = Wish { name: args.name.clone().unwrap_or_default(), mode: args.mode.clone(), fail_open: args.fail_open, config, hosts };
    let installed = runtime()?.block_on(install(&client, &args.scope, component, wish))?;
    if args.json {
        return print_line(&serde_json::to_string(&installed)?);
    }
    let PluginInstallation { id, name, component, mode, .. } = &installed;
    print_line(&format!("{name} {} now guards {} (id {id}, {mode})", component.version, args.scope.describe()))?;
    print_line(&format!("  {}", component.digest))?;
    print_line(&format!("  it may use: {}", component.imports.join(", ")))?;
    if component.worlds.iter().any(|world| world == "web") {
        print_line(&format!("  it answers at /plugins/{id}/"))?;
    }
    if sends(&component.imports) {
        print_line(&format!("  it may send to: {}", granted(&installed)))?;
    }
    match installed.online {
        true => print_line("  pushes wait while it asks others, 10 s at most each time they are judged"),
        false => Ok(()),
    }
}

/// How a component is installed.
#[derive(Debug, Default)]
pub struct Wish {
    /// What it is called there; the component's own name if empty.
    pub name: String,
    /// `enforce`, `monitor` or `off`.
    pub mode: String,
    /// Whether pushes get through when it fails.
    pub fail_open: bool,
    /// Its own if `None`.
    pub config: Option<Value>,
    /// Where its requests may go.
    pub hosts: Vec<String>,
}

/// Uploads a component and installs it.
pub async fn install(client: &ApiClient, scope: &Scope, component: Signed, wish: Wish) -> anyhow::Result<PluginInstallation> {
    let component = upload(client, component, "the server refuses the component").await?;
    let Wish { name, mode, fail_open, config, hosts } = wish;
    let wish = CreateInstallationOption { digest: component.digest, name, mode: Some(mode), fail_open, config, hosts };
    let answer = client.post_json(&scope.path()?, &wish).await?;
    Ok(accepted(answer, "the server has the component but does not install it")?.json()?)
}

/// Brings a component to a server, which checks and compiles it, and then the signature.
pub async fn upload(client: &ApiClient, component: Signed, refused: &str) -> anyhow::Result<PluginComponent> {
    let answer = client.post_bytes("/api/v1/plugins/components", "application/wasm", component.bytes).await?;
    let uploaded: PluginComponent = accepted(answer, refused)?.json()?;
    if let Some(signature) = component.signature {
        let address = format!("/api/v1/plugins/components/{}/signatures", uploaded.digest);
        let answer = client.post_json(&address, &CreateSignatureOption { signature }).await?;
        accepted(answer, "the server has the component but not its signature")?;
    }
    Ok(uploaded)
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
