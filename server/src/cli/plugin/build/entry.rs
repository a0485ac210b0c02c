//! The modules by which a plugin in JavaScript or Python is joined to the contract. They are written at each build, with name, version and
//! description from the manifest.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::cli::plugin::project::{Kind, Language, Project};

/// How the SDK joins a world, in each of the languages.
struct Join {
    /// A module of the SDK, and the function in it.
    name: &'static str,
    /// What is exported, in JavaScript and in Python.
    exports: [&'static str; 2],
}

fn join(world: Kind) -> Join {
    match world {
        Kind::Policy | Kind::PolicyOnline => Join { name: "policy", exports: ["pluginInfo, pushPolicy", "PluginInfo, PushPolicy"] },
        Kind::Events => Join { name: "handler", exports: ["pluginInfo, eventHandler", "PluginInfo, EventHandler"] },
        Kind::Web => Join { name: "responder", exports: ["pluginInfo, webHandler", "PluginInfo, WebHandler"] },
    }
}

/// What somebody is told who asks the language for the time or for chance: where the server's are, if there are any.
fn sealed(world: Kind, language: Language) -> String {
    let [clock, random] = match language {
        Language::Python => ["`clock` from hardie", "`random` from hardie"],
        _ => ["`now` from .hardie/sdk/clock.js", "`bytes` from .hardie/sdk/random.js"],
    };
    let place = language.uses();
    match world {
        Kind::Policy => "a policy has no clock and no chance, so that the same push always gets the same answer".to_owned(),
        Kind::PolicyOnline => format!("a policy has no chance; for the time import {clock}, and name clock under {place}"),
        Kind::Events | Kind::Web => format!("import {clock} or {random}, and name clock or random under {place}"),
    }
}

/// Writes them into the workshop; the one that the language's tool begins with, by its file name.
pub fn write_entry(project: &Project, workshop: &Path) -> anyhow::Result<&'static str> {
    let write = |file: &'static str, text: &str| {
        let path = workshop.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display())).map(|()| file)
    };
    match project.language {
        Language::Python => write("hardie_entry.py", &python(project)),
        _ => {
            write("sealed.js", &js_sealed(project))?;
            write("entry.js", &js(project))
        }
    }
}

/// A module of its own, since imports come before everything else in a module.
fn js_sealed(project: &Project) -> String {
    let why = json!(sealed(project.built.world, Language::Js));
    format!("import {{ seal }} from '../sdk/seal.js';\nexport const loaded = seal({why});\n")
}

fn js(Project { name, version, description, built, .. }: &Project) -> String {
    let Join { name: join, exports: [exports, _] } = join(built.world);
    let about = json!({ "name": name, "version": version, "description": description });
    format!(
        "import {{ loaded }} from './sealed.js';\nimport {{ {join} }} from '../sdk/{join}.js';\nimport * as plugin from '../../src/plugin.js';\nexport const {{ {exports} }} = {join}(plugin, {about});\nloaded();\n"
    )
}

fn python(Project { name, version, description, built, .. }: &Project) -> String {
    let Join { name: join, exports: [_, exports] } = join(built.world);
    // JSON's strings are Python's, but for the halves of characters beyond 16 bits, which serde_json writes whole.
    let text = |text: &str| json!(text).to_string();
    let [name, version, description] = [name, version, description].map(|part| text(part));
    let why = text(&sealed(built.world, Language::Python));
    format!(
        "from hardie.sealed import seal\n\nloaded = seal({why})\n\nimport plugin\nfrom hardie.{join} import {join}\n\n{exports} = {join}(plugin, {name}, {version}, {description})\nloaded()\n"
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::plugin::project::Built;

    fn about(description: &str, world: Kind) -> Project {
        Project {
            language: Language::Js,
            name: "a".into(),
            version: "1".into(),
            description: description.into(),
            built: Built { world, uses: Vec::new() },
            folder: PathBuf::new(),
            target: PathBuf::new(),
        }
    }

    #[test]
    fn a_description_cannot_leave_its_string() {
        let hostile = about("\"); import os\n\\\u{2028}ü", Kind::Policy);
        assert!(js(&hostile).contains(r#""description":"\"); import os\n\\"#));
        assert_eq!(python(&hostile).lines().filter(|line| line.contains("import")).count(), 4);
    }

    #[test]
    fn the_languages_own_clock_is_sealed_before_the_plugin_is_loaded_and_the_text_names_the_servers() {
        for world in [Kind::Policy, Kind::PolicyOnline, Kind::Events, Kind::Web] {
            let plugin = about("", world);
            let (entry, module) = (js(&plugin), python(&plugin));
            assert!(entry.find("sealed.js") < entry.find("src/plugin.js") && module.find("seal(") < module.find("import plugin"));
            let pure = world == Kind::Policy;
            assert_eq!(js_sealed(&plugin).contains("clock.js"), !pure, "{world:?}");
            assert_eq!(module.contains("import `clock` from hardie"), !pure, "{world:?}");
        }
    }
}
