//! A plugin's project on disk: in which language it is, what it is called, where its parts are.

mod built;
mod cargo;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;

pub use built::{Built, Kind, whole_world_text};
pub use cargo::cargo;

/// The languages that projects are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    Rust,
    Js,
    Python,
}

/// What is needed of a project.
#[derive(Debug)]
pub struct Project {
    /// In which it is written.
    pub language: Language,
    /// The package's name, which becomes the plugin's.
    pub name: String,
    /// As its author counts.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// What it is built for, where the code does not say so.
    pub built: Built,
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// Where what is made on the way is kept: cargo's target folder, or `.hardie/build`.
    pub target: PathBuf,
}

/// What a manifest says: package.json (docs.npmjs.com), or `[project]` of pyproject.toml (packaging.python.org).
#[derive(Deserialize)]
struct About {
    name: String,
    version: String,
    #[serde(default)]
    description: String,
    /// In package.json; pyproject.toml has it among the tools.
    #[serde(default)]
    hardie: Built,
}

#[derive(Deserialize)]
struct PyProject {
    project: About,
    #[serde(default)]
    tool: Tools,
}

#[derive(Default, Deserialize)]
struct Tools {
    #[serde(default)]
    hardie: Built,
}

impl Language {
    /// The file that describes a project.
    pub fn manifest(self) -> &'static str {
        match self {
            Language::Rust => "Cargo.toml",
            Language::Js => "package.json",
            Language::Python => "pyproject.toml",
        }
    }

    /// The file that is the plugin.
    pub fn source(self) -> &'static str {
        match self {
            Language::Rust => "src/lib.rs",
            Language::Js => "src/plugin.js",
            Language::Python => "src/plugin.py",
        }
    }

    /// Where a manifest says what the plugin uses.
    pub fn uses(self) -> &'static str {
        match self {
            Language::Python => "`uses` of [tool.hardie] in pyproject.toml",
            _ => "\"uses\" in package.json",
        }
    }
}

impl Project {
    /// Finds the project in a folder. A plugin in Rust may well have a package.json beside it, for its tools.
    pub fn find(folder: &Path) -> anyhow::Result<Project> {
        if folder.join(Language::Rust.manifest()).is_file() {
            return cargo::find(folder);
        }
        let manifest = |language: &Language| folder.join(language.manifest()).is_file();
        let Some(found) = [Language::Js, Language::Python].into_iter().find(manifest) else {
            bail!(
                "{} has no Cargo.toml, package.json or pyproject.toml; name the plugin's folder, or make one with `hardie plugin new`",
                folder.display()
            );
        };
        let folder = folder.canonicalize().with_context(|| format!("cannot read {}", folder.display()))?;
        if !folder.join(found.source()).is_file() {
            bail!("{} has no {}: that file is the plugin", folder.display(), found.source());
        }
        let manifest = folder.join(found.manifest());
        let text = std::fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        let about = match found {
            Language::Python => toml::from_str::<PyProject>(&text)
                .map(|file| About { hardie: file.tool.hardie, ..file.project })
                .map_err(anyhow::Error::from),
            _ => serde_json::from_str::<About>(&text).map_err(anyhow::Error::from),
        };
        let wrong = || format!("{} does not say what it is", manifest.display());
        let About { name, version, description, hardie } = about.with_context(wrong)?;
        let built = hardie.checked().with_context(|| manifest.display().to_string())?;
        let target = folder.join(".hardie/build");
        Ok(Project { language: found, name, version, description, built, folder, target })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        for (file, text) in files {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_language_is_told_by_the_manifest() {
        let python = folder(&[("pyproject.toml", "[project]\nname = \"a\"\nversion = \"2.0\"\n[tool.x]\ny = 1\n"), ("src/plugin.py", "")]);
        let found = Project::find(python.path()).unwrap();
        assert_eq!((found.language, found.name.as_str(), found.version.as_str()), (Language::Python, "a", "2.0"));
        let js = folder(&[("package.json", r#"{"name":"b","version":"1.0.0","description":"d","x":1}"#), ("src/plugin.js", "")]);
        let found = Project::find(js.path()).unwrap();
        assert_eq!((found.language, found.description.as_str()), (Language::Js, "d"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let refusal = |files: &[(&str, &str)]| format!("{:#}", Project::find(folder(files).path()).unwrap_err());
        assert!(refusal(&[]).contains("hardie plugin new"));
        assert!(refusal(&[("package.json", "{}")]).contains("src/plugin.js"));
        assert!(refusal(&[("package.json", "{}"), ("src/plugin.js", "")]).contains("missing field `name`"));
        assert!(refusal(&[("pyproject.toml", "[tool]"), ("src/plugin.py", "")]).contains("missing field `project`"));
    }
}
