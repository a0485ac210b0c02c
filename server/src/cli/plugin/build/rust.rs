//! A plugin in Rust: cargo for the module, this process for the component.

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use hardie_plugin_host::componentize::componentize;
use hardie_wasm_toolchain::{TARGET, Toolchain};
use serde::Deserialize;

use crate::cli::plugin::project::{Project, cargo};

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
