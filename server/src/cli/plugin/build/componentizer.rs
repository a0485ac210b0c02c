//! A plugin in JavaScript or Python: a tool of the language puts an interpreter, the SDK and the sources into one component, as they are
//! once all modules are loaded.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail};
use hardie_plugin_host::trim::{Mend, trim};
use hardie_plugin_host::{Limits, interfaces};
use serde::Deserialize;

use super::entry::write_entry;
use super::failed::explained;
use super::unchanged::inputs;
use super::waiting::watched;
use super::workshop::{LOCK, Workshop};
use crate::cli::plugin::project::{Language, Project, whole_world_text};

/// Builds, unless nothing changed since.
pub fn build(project: &Project, workshop: &Workshop) -> anyhow::Result<Vec<u8>> {
    let tool = Tool::of(project.language);
    let program = tool.find(&project.folder)?;
    tool.check_version(&program)?;
    let (component, stamp) = (workshop.path().join("component.wasm"), workshop.path().join("inputs"));
    let inputs = inputs(&project.folder, &program)?;
    if std::fs::read_to_string(&stamp).is_ok_and(|before| before == inputs)
        && let Ok(bytes) = std::fs::read(&component)
    {
        return Ok(bytes);
    }
    clear(workshop.path())?;
    let output = tool.run(project, &program, workshop.path(), &component)?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).trim().to_owned());
        bail!("{} failed ({}):\n{}", tool.name, output.status, explained(project, said.join("\n").trim()));
    }
    let failed = || format!("{} made no {}", tool.name, component.display());
    let made = trim(&std::fs::read(&component).with_context(failed)?, tool.mend);
    let made = made.map_err(|why| anyhow::anyhow!("{} made something else than a plugin: {why}", tool.name))?;
    interfaces(&made, &Limits::default()).map_err(|why| anyhow::anyhow!("a server would refuse the component: {why}"))?;
    std::fs::write(&component, &made).with_context(failed)?;
    // Last, so that a build that was interrupted is done again.
    std::fs::write(&stamp, inputs).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(made)
}

/// Removes all that the build before left, and what was compiled of it; not the lock, which is held.
fn clear(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot empty {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        if entry.file_name() == LOCK {
            continue;
        }
        // A link goes, and not what it leads to.
        let (path, is_folder) = (entry.path(), entry.file_type().with_context(failed)?.is_dir());
        let removed = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// What the world of one plugin is called while it is built. Nothing of the name is left in the component.
const WORLD: &str = "own-plugin";
/// And the one that type checkers know.
const WHOLE_WORLD: &str = "whole-contract";

/// The version of componentize-qjs whose components are mended.
const MENDED: &str = "0.4.5";

/// The part of package.json that matters.
#[derive(Deserialize)]
struct Package {
    version: String,
}

/// The program that makes components of a language.
struct Tool {
    language: Language,
    name: &'static str,
    /// Where a project has programs of its own.
    programs: &'static str,
    /// How it comes there, from the project's folder.
    install: &'static str,
    /// What its components need.
    mend: Mend,
}

impl Tool {
    fn of(language: Language) -> Tool {
        match language {
            Language::Python => Tool {
                language,
                name: "componentize-py",
                programs: ".venv/bin",
                install: "python3 -m venv .venv\n  .venv/bin/pip install --require-hashes -r requirements.txt",
                mend: Mend::Nothing,
            },
            _ => Tool {
                language,
                name: "componentize-qjs",
                programs: "node_modules/.bin",
                install: "apt-get install nodejs npm    # or as https://nodejs.org says; not if `npm` is there\n  npm install",
                mend: Mend::Borrows,
            },
        }
    }

    /// The project's own, or the one on the search path.
    fn find(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.join(self.programs)).chain(std::env::split_paths(&search));
        let found = folders.map(|folder| folder.join(self.name)).find(|program| program.is_file());
        found.with_context(|| format!("{} is not here. In {}, run:\n  {}", self.name, folder.display(), self.install))
    }

    /// What is mended is mended in the very version that needs it.
    fn check_version(&self, program: &Path) -> anyhow::Result<()> {
        if self.mend == Mend::Nothing {
            return Ok(());
        }
        let manifest = program.canonicalize().ok().and_then(|program| Some(program.parent()?.parent()?.join("package.json")));
        let text = manifest.and_then(|manifest| std::fs::read_to_string(manifest).ok());
        let found = text.and_then(|text| serde_json::from_str::<Package>(&text).ok()).map(|package| package.version);
        if found.as_deref() == Some(MENDED) {
            return Ok(());
        }
        let found = found.unwrap_or_else(|| "unknown".to_owned());
        bail!(
            "{} is of version {found}, and this hardie builds with {MENDED}: npm install --save-dev --save-exact {}@{MENDED}",
            program.display(),
            self.name
        )
    }

    fn run(&self, project: &Project, program: &Path, workshop: &Path, component: &Path) -> anyhow::Result<Output> {
        let mut command = tool(program, &project.folder);
        let contract = write_contract(project, workshop)?;
        let entry = write_entry(project, workshop)?;
        match self.language {
            Language::Python => {
                let module = entry.split('.').next().unwrap_or(entry);
                bindings(program, project, &contract)?;
                command.arg("-d").arg(&contract).args(["-w", WORLD, "componentize", module, "--stub-wasi"]);
                command.arg("-p").arg(workshop).args(["-p", ".hardie/sdk", "-p", "src", "-o"]).arg(component);
                if project.folder.join(".venv").is_dir() {
                    command.env("VIRTUAL_ENV", project.folder.join(".venv"));
                }
            }
            _ => {
                command.arg("--wit").arg(&contract).args(["--world", WORLD, "--sync", "--stub-wasi", "--module-root", ".", "--js"]);
                command.arg(workshop.join(entry)).arg("--output").arg(component);
            }
        }
        watched(&mut command, &format!("{} makes a component of {}", self.name, self.language.source()))
    }
}

/// What a type checker knows the contract by, written anew since it may be another than it was. The component has its own.
fn bindings(program: &Path, project: &Project, contract: &Path) -> anyhow::Result<()> {
    let folder = project.folder.join(".hardie/bindings");
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let output = tool(program, &project.folder).arg("-d").arg(contract).args(["-w", WHOLE_WORLD, "bindings"]).arg(&folder).output();
    let output = output.with_context(|| format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        bail!("{} wrote no bindings:\n{}", program.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "building a plugin is running its language's tool, with the environment of whoever asks for it"
)]
fn tool(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}

/// The contract as the project carries it, and beside it the world of this plugin alone; the folder.
fn write_contract(project: &Project, workshop: &Path) -> anyhow::Result<PathBuf> {
    let (carried, folder) = (project.folder.join(".hardie/wit"), workshop.join("wit"));
    let failed = || format!("cannot copy {} to {}", carried.display(), folder.display());
    std::fs::create_dir_all(&folder).with_context(failed)?;
    for entry in std::fs::read_dir(&carried).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        std::fs::copy(entry.path(), folder.join(entry.file_name())).with_context(failed)?;
    }
    std::fs::write(folder.join("own.wit"), project.built.world_text(WORLD) + &whole_world_text(WHOLE_WORLD)).with_context(failed)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_missing_is_named_with_the_commands_that_install_it() {
        let folder = tempfile::tempdir().unwrap();
        let tool = Tool { name: "componentize-nothing", ..Tool::of(Language::Python) };
        let refusal = tool.find(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("python3 -m venv .venv\n") && refusal.contains("-r requirements.txt"), "{refusal}");
        let programs = folder.path().join(".venv/bin");
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(programs.join("componentize-nothing"), "").unwrap();
        assert!(tool.find(folder.path()).is_ok());
    }

    #[test]
    fn a_build_finds_nothing_of_the_one_before_but_the_lock_that_it_holds() {
        let project = tempfile::tempdir().unwrap();
        let (build, kept) = (project.path().join("build"), project.path().join("kept"));
        let workshop = Workshop::kept(&build).unwrap();
        for folder in [build.join("wit/deps"), build.join("plugin-cache"), kept.clone()] {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("gone.wit"), "interface gone {}").unwrap();
        }
        for file in ["inputs", "component.wasm", "entry.js"] {
            std::fs::write(build.join(file), "of before").unwrap();
        }
        std::os::unix::fs::symlink(&kept, build.join("link")).unwrap();
        clear(workshop.path()).unwrap();
        let left: Vec<_> = std::fs::read_dir(&build).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [LOCK]);
        assert!(kept.join("gone.wit").is_file(), "what a link leads to stays");
    }

    #[test]
    fn another_version_than_the_one_that_is_mended_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (package, programs) = (folder.path().join("node_modules/componentize-qjs"), folder.path().join("node_modules/.bin"));
        std::fs::create_dir_all(package.join("bin")).unwrap();
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(package.join("bin/componentize-qjs"), "").unwrap();
        std::os::unix::fs::symlink("../componentize-qjs/bin/componentize-qjs", programs.join("componentize-qjs")).unwrap();
        let tool = Tool::of(Language::Js);
        let program = tool.find(folder.path()).unwrap();
        let version = |text: &str| std::fs::write(package.join("package.json"), format!("{{\"version\":\"{text}\"}}")).unwrap();
        assert!(tool.check_version(&program).unwrap_err().to_string().contains("unknown"));
        version("0.5.0");
        assert!(tool.check_version(&program).unwrap_err().to_string().contains("npm install --save-dev"));
        version(MENDED);
        assert!(tool.check_version(&program).is_ok());
    }
}
