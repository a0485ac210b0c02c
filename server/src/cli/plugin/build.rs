//! `hardie plugin build`: the language's own tool for the module, this process for the rest.

mod componentizer;
mod entry;
mod failed;
mod rust;
mod unchanged;
mod waiting;
pub mod workshop;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use hardie_plugin_host::componentize::{componentize, embed_world};
use hardie_plugin_host::{Limits, interfaces};

use self::workshop::Workshop;
use super::project::{Language, Project};
use crate::cli::print_line;

/// Arguments of `hardie plugin build`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie plugin build\n  hardie plugin build plugins/commit-message --out commit-message.wasm\n  hardie plugin build --from-core module.wasm --out plugin.wasm\n  hardie plugin build --from-core module.wasm --world policy,events --out plugin.wasm"
)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Where the component goes [default: NAME.wasm in the plugin's folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Take a finished core module, from any language, instead of building one
    #[arg(long, value_name = "FILE", requires = "out")]
    from_core: Option<PathBuf>,
    /// The worlds that the core module is for
    #[arg(long, value_name = "WORLD", requires = "from_core", value_delimiter = ',', default_value = "policy", value_parser = ["policy", "policy-online", "events", "web"])]
    world: Vec<String>,
}

/// A component, and the folder in which it may be compiled.
pub struct Built {
    pub component: Bytes,
    pub workshop: Workshop,
}

/// Builds and says where the result is.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (component, out) = match &args.from_core {
        Some(module) => (from_core(module, &args.world)?.into(), args.out.clone().context("--from-core needs --out")?),
        None => {
            let project = Project::find(&args.folder)?;
            let out = args.out.clone().unwrap_or_else(|| project.folder.join(format!("{}.wasm", project.name)));
            (build(&project)?.component, out)
        }
    };
    write(&out, &component)?;
    print_line(&format!("{} ({} KiB)", out.display(), component.len().div_ceil(1024)))?;
    let may = interfaces(&component, &Limits::default()).map_err(|why| anyhow::anyhow!("a server would refuse the component: {why}"))?;
    print_line(&format!("  it may use: {}", may.imports.join(", ")))
}

/// Builds a project's component. What the tools say goes to stderr.
pub fn build(project: &Project) -> anyhow::Result<Built> {
    match project.language {
        Language::Rust => Ok(Built { component: rust::build(project)?.into(), workshop: Workshop::passing()? }),
        Language::Js | Language::Python => {
            let workshop = Workshop::kept(&project.target)?;
            Ok(Built { component: componentizer::build(project, &workshop)?.into(), workshop })
        }
    }
}

/// A component that is there already, or that of a plugin's folder.
pub fn given(component: Option<&Path>, folder: &Path) -> anyhow::Result<Built> {
    match component {
        Some(file) => {
            let component = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.into();
            Ok(Built { component, workshop: Workshop::passing()? })
        }
        None => build(&Project::find(folder)?),
    }
}

fn from_core(module: &Path, worlds: &[String]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let made = worlds.iter().try_for_each(|world| embed_world(&mut bytes, world)).and_then(|()| componentize(&bytes));
    made.map_err(|error| anyhow::anyhow!("{} does not make a plugin: {error}", module.display()))
}

fn write(out: &Path, component: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(out, component).with_context(|| format!("cannot write {}", out.display()))
}
