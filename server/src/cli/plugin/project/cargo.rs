//! A project in Rust, as cargo sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::{Built, Language, Project};

/// `cargo metadata`, the part that matters (doc.rust-lang.org/cargo/commands/cargo-metadata.html).
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    description: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

/// Finds the package in a folder that has a Cargo.toml.
pub fn find(folder: &Path) -> anyhow::Result<Project> {
    let manifest = folder.join(Language::Rust.manifest());
    let manifest = manifest.canonicalize().with_context(|| format!("cannot read {}", manifest.display()))?;
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .output()
        .context("cannot run cargo; it comes with Rust, see https://rustup.rs")?;
    if !output.status.success() {
        bail!("cargo cannot read {}:\n{}", manifest.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata answered something unexpected")?;
    let package = metadata.packages.into_iter().find(|package| package.manifest_path == manifest);
    let package = package.with_context(|| format!("{} is not a package", manifest.display()))?;
    if !package.targets.iter().any(|target| target.crate_types.iter().any(|kind| kind == "cdylib")) {
        bail!("{} makes no cdylib: add crate-type = [\"cdylib\", \"rlib\"] under [lib]", manifest.display());
    }
    Ok(Project {
        language: Language::Rust,
        name: package.name,
        version: package.version,
        description: package.description.unwrap_or_default(),
        built: Built::default(),
        folder: manifest.parent().unwrap_or(&manifest).to_owned(),
        target: metadata.target_directory,
    })
}

/// Cargo, as whoever runs us would get it.
#[expect(clippy::disallowed_methods, reason = "building a plugin is running cargo, with the environment of whoever asks for it")]
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
