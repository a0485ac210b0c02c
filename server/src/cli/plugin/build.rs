//! `hardie plugin build`: cargo for the module, this process for the component.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use hardie_plugin_host::componentize::{componentize, embed_world};
use hardie_wasm_toolchain::{TARGET, Toolchain};
use serde::Deserialize;

use super::project::{Project, cargo};
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
    #[arg(long, value_name = "WORLD", requires = "from_core", value_delimiter = ',', default_value = "policy", value_parser = ["policy", "policy-online", "events"])]
    world: Vec<String>,
}

/// Builds and says where the result is.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (component, out) = match &args.from_core {
        Some(module) => (from_core(module, &args.world)?, args.out.clone().context("--from-core needs --out")?),
        None => {
            let project = Project::find(&args.folder)?;
            let out = args.out.clone().unwrap_or_else(|| project.folder.join(format!("{}.wasm", project.name)));
            (build(&project)?, out)
        }
    };
    write(&out, &component)?;
    print_line(&format!("{} ({} KiB)", out.display(), component.len().div_ceil(1024)))
}

/// Builds a project's component in memory. Cargo's own output goes to stderr.
pub fn build(project: &Project) -> anyhow::Result<Vec<u8>> {
    let toolchain = Toolchain::detect().map_err(|missing| anyhow::anyhow!("{missing}"))?;
    let mut command = cargo();
    command
        .args(["build", "--lib", "--release", "--target", TARGET, "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(project.folder.join("Cargo.toml"))
        .current_dir(&project.folder)
        .stdout(Stdio::piped());
    // Debug information would make up nine tenths of the file; function names stay, for the backtraces in the plugin's log.
    if std::env::var_os("CARGO_PROFILE_RELEASE_STRIP").is_none() {
        command.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    }
    toolchain.apply(&mut command, &project.target);
    let mut child = command.spawn().context("cannot run cargo; it comes with Rust, see https://rustup.rs")?;
    let mut module = None;
    if let Some(stdout) = child.stdout.take() {
        for line in std::io::BufReader::new(stdout).lines() {
            module = artifact(&line?, project).or(module);
        }
    }
    if !child.wait()?.success() {
        bail!("cargo build failed; its messages are above");
    }
    let module = module.context("cargo built no module; does [lib] have crate-type = [\"cdylib\", \"rlib\"]?")?;
    let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    componentize(&bytes).map_err(|error| anyhow::anyhow!("the module does not make a plugin: {error}"))
}

/// A line of cargo's `compiler-artifact` messages.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

fn artifact(line: &str, project: &Project) -> Option<PathBuf> {
    let message: Message = serde_json::from_str(line).ok()?;
    if message.reason != "compiler-artifact" || message.manifest_path != project.folder.join("Cargo.toml") {
        return None;
    }
    message.filenames.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
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
