//! A plugin in JavaScript or Python: a tool of the language puts an interpreter, the SDK and the sources into one component, as they are
//! once all modules are loaded.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail};
use hardie_plugin_host::trim::{Mend, trim};
use hardie_plugin_host::{Limits, interfaces};
use serde::Deserialize;
use serde_json::json;

use super::unchanged::inputs;
use super::waiting::watched;
use super::workshop::Workshop;
use crate::cli::plugin::project::{Kind, Language, Project};

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
        bail!("{} failed ({}):\n{}", tool.name, output.status, said.join("\n").trim());
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

/// Removes what the build before left, and what was compiled of it; not the lock.
fn clear(folder: &Path) -> anyhow::Result<()> {
    for name in ["inputs", "component.wasm", "plugin-cache"] {
        let path = folder.join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the world of one plugin is called while it is built. Nothing of the name is left in the component.
const WORLD: &str = "own-plugin";

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
        match self.language {
            Language::Python => {
                let module = write_entry(workshop, "hardie_entry.py", &python_entry(project))?;
                bindings(program, project)?;
                command.arg("-d").arg(&contract).args(["-w", WORLD, "componentize", module, "--stub-wasi"]);
                command.arg("-p").arg(workshop).args(["-p", ".hardie/sdk", "-p", "src", "-o"]).arg(component);
                if project.folder.join(".venv").is_dir() {
                    command.env("VIRTUAL_ENV", project.folder.join(".venv"));
                }
            }
            _ => {
                write_entry(workshop, "entry.js", &js_entry(project))?;
                command.arg("--wit").arg(&contract).args(["--world", WORLD, "--sync", "--stub-wasi", "--module-root", ".", "--js"]);
                command.arg(workshop.join("entry.js")).arg("--output").arg(component);
            }
        }
        watched(&mut command, &format!("{} makes a component of {}", self.name, self.language.source()))
    }
}

/// What a type checker knows the contract by. The component has its own.
fn bindings(program: &Path, project: &Project) -> anyhow::Result<()> {
    let folder = project.folder.join(".hardie/bindings");
    if folder.is_dir() {
        return Ok(());
    }
    let world = project.built.world.world();
    let output = tool(program, &project.folder).args(["-d", ".hardie/wit", "-w", world, "bindings", ".hardie/bindings"]).output();
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
    std::fs::write(folder.join("own.wit"), project.built.world_text(WORLD)).with_context(failed)?;
    Ok(folder)
}

/// Writes the module that joins the plugin to the contract; its name.
fn write_entry<'a>(workshop: &Path, file: &'a str, text: &str) -> anyhow::Result<&'a str> {
    let path = workshop.join(file);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(file.split('.').next().unwrap_or(file))
}

fn js_entry(Project { name, version, description, built, .. }: &Project) -> String {
    let (join, exports) = match built.world {
        Kind::Policy => ("policy", "pluginInfo, pushPolicy"),
        Kind::Events => ("handler", "pluginInfo, eventHandler"),
    };
    let about = json!({ "name": name, "version": version, "description": description });
    format!(
        "import {{ {join} }} from '../sdk/{join}.js';\nimport * as plugin from '../../src/plugin.js';\nexport const {{ {exports} }} = {join}(plugin, {about});\n"
    )
}

fn python_entry(Project { name, version, description, built, .. }: &Project) -> String {
    let (join, exports, why) = match built.world {
        Kind::Policy => {
            ("policy", "PluginInfo, PushPolicy", "a policy has no clock and no chance, so that the same push always gets the same answer")
        }
        Kind::Events => (
            "handler",
            "PluginInfo, EventHandler",
            "import `clock` or `random` from hardie, and name it under `uses` of [tool.hardie] in pyproject.toml",
        ),
    };
    // JSON's strings are Python's, but for the halves of characters beyond 16 bits, which serde_json writes whole.
    let [name, version, description] = [name, version, description].map(|text| json!(text).to_string());
    format!(
        "from hardie.sealed import seal\n\nseal({why:?})\n\nimport plugin\nfrom hardie.{join} import {join}\n\n{exports} = {join}(plugin, {name}, {version}, {description})\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::plugin::project::Built;

    #[test]
    fn a_description_cannot_leave_its_string() {
        let about = |description: &str| Project {
            language: Language::Js,
            name: "a".into(),
            version: "1".into(),
            description: description.into(),
            built: Built::default(),
            folder: PathBuf::new(),
            target: PathBuf::new(),
        };
        let hostile = about("\"); import os\n\\\u{2028}ü");
        assert!(js_entry(&hostile).contains(r#""description":"\"); import os\n\\"#));
        assert_eq!(python_entry(&hostile).lines().filter(|line| line.contains("import")).count(), 4);
    }

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
