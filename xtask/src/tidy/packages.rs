//! What `cargo metadata` says about the workspace, and what every package must say about itself.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;

use crate::house::House;
use crate::shell;

/// A package of this repository.
#[derive(Clone, Debug, Default)]
pub struct Package {
    pub name: String,
    pub folder: PathBuf,
    pub license: String,
    /// The crate's first file.
    pub roots: Vec<PathBuf>,
    pub dependencies: Vec<Dependency>,
}

/// One line of a `[dependencies]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub name: String,
    /// Whether it is a package of this repository.
    pub ours: bool,
    /// Whether only tests see it.
    pub dev: bool,
}

/// Reads all workspaces of the repository: the main one, and the plugins, each of which is one of its own or a member.
pub fn read(house: &House) -> anyhow::Result<Vec<Package>> {
    let mut packages = workspace(house, None)?;
    for entry in std::fs::read_dir(house.root.join("plugins")).into_iter().flatten().flatten() {
        let manifest = entry.path().join("Cargo.toml");
        let known = packages.iter().any(|package| package.folder == entry.path());
        if manifest.is_file() && !known {
            packages.extend(workspace(house, Some(manifest))?);
        }
    }
    Ok(packages)
}

fn workspace(house: &House, manifest: Option<PathBuf>) -> anyhow::Result<Vec<Package>> {
    let mut cargo = shell::cargo(house)?;
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    if let Some(manifest) = manifest {
        cargo.arg("--manifest-path").arg(manifest);
    }
    let text = shell::answer("cargo metadata", &mut cargo)?;
    let value: Value = serde_json::from_str(&text).context("cargo metadata printed no JSON")?;
    value["packages"].as_array().context("cargo metadata lists no packages")?.iter().map(parse).collect()
}

fn parse(value: &Value) -> anyhow::Result<Package> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text(&value["manifest_path"]));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_root = |target: &Value| {
        list(&target["kind"]).iter().any(|kind| ["lib", "cdylib", "bin", "test"].contains(&kind.as_str().unwrap_or_default()))
    };
    Ok(Package {
        name: text(&value["name"]),
        folder: manifest.parent().context("a manifest has no folder")?.to_owned(),
        license: text(&value["license"]),
        roots: list(&value["targets"]).iter().filter(|target| is_root(target)).map(|target| text(&target["src_path"]).into()).collect(),
        dependencies: list(&value["dependencies"])
            .iter()
            .map(|dependency| Dependency {
                name: text(&dependency["name"]),
                ours: dependency["path"].is_string(),
                dev: dependency["kind"].as_str() == Some("dev"),
            })
            .collect(),
    })
}

/// Licence, lints and an opening comment in every package.
pub fn check(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        if package.license != "MIT OR Apache-2.0" {
            problems.push(format!("{}: the licence is {:?}, not MIT OR Apache-2.0", package.name, package.license));
        }
        let manifest = std::fs::read_to_string(package.folder.join("Cargo.toml")).unwrap_or_default();
        if !manifest.contains("[lints") {
            problems.push(format!("{}: Cargo.toml has no [lints] table", package.name));
        }
        for root in &package.roots {
            let text = std::fs::read_to_string(root).unwrap_or_default();
            if !text.starts_with("//!") {
                problems.push(format!("{}: {} does not open with a //! comment that says what it is", package.name, root.display()));
            }
        }
    }
    problems
}
