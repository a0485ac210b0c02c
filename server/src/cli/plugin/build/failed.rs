//! What a language's tool says when it fails: the part that is about the plugin, and the way out where one is known.

use crate::cli::plugin::project::{Language, Project};

/// What is shown to the author.
pub fn explained(project: &Project, said: &str) -> String {
    let about = about_the_plugin(said);
    let shown = match project.language {
        Language::Python => FOLDERS.iter().fold(about.to_owned(), |text, (mounted, folder)| text.replace(mounted, folder)),
        _ => about.to_owned(),
    };
    match way_out(project, about) {
        Some(way) => format!("{shown}\n{way}"),
        None => shown,
    }
}

/// Where componentize-py mounts the folders that it is given, by their numbers, and what they are in the project.
const FOLDERS: [(&str, &str); 3] =
    [("File \"/0/", "File \".hardie/build/"), ("File \"/1/", "File \".hardie/sdk/"), ("File \"/2/", "File \"src/")];

/// Without what the tool says of itself; all of it if it has another form than is known.
fn about_the_plugin(said: &str) -> &str {
    // componentize-py: its own traceback, the plugin's as the text of an AssertionError, the last line of that again, its own stack.
    if let Some((at, _)) = said.match_indices("Traceback (most recent call last)").nth(1) {
        let own = said.get(at..).unwrap_or(said);
        return own.split("\n\nCaused by:").next().unwrap_or(own).trim();
    }
    // componentize-qjs: what it was called with, and the error behind what it was doing.
    let Some((_, error)) = said.split_once("\nError: ") else { return said };
    let doing = [
        ": ",
        "Failed to evaluate user JavaScript module: ",
        "Failed to declare JavaScript module: ",
        "Failed to finish JavaScript module evaluation: ",
    ];
    doing.iter().fold(error, |error, doing| error.strip_prefix(doing).unwrap_or(error)).trim()
}

fn way_out(project: &Project, said: &str) -> Option<String> {
    let between = |before: &str, after: char| said.split_once(before)?.1.split_once(after).map(|(name, _)| name);
    let unnamed = |interface: &str| project.built.unnamed(interface, project.language.uses());
    match project.language {
        Language::Python => {
            // Modules of the contract have an underscore where its interfaces have a hyphen.
            if said.contains("from 'wit_world.imports'") {
                return Some(unnamed(&between("cannot import name '", '\'')?.replace('_', "-")));
            }
            let module = between("No module named '", '\'')?;
            Some(format!("if {module} is a package of pure Python: .venv/bin/pip install {module}"))
        }
        _ => {
            if let Some(interface) = between("Error resolving module 'hardie:plugin/", '@') {
                return Some(unnamed(interface));
            }
            let module = between("Error resolving module '", '\'').filter(|module| !module.starts_with(['.', '/']))?;
            Some(format!("if {module} is a package that needs nothing of Node: npm install {module}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::plugin::project::Built;

    fn project(language: Language, built: &str) -> Project {
        let built: Built = serde_json::from_str(built).unwrap();
        let none = || "a".to_owned();
        Project { language, name: none(), version: none(), description: none(), built, folder: PathBuf::new(), target: PathBuf::new() }
    }

    fn py(error: &str) -> String {
        let own = format!("Traceback (most recent call last):\n  File \"/2/plugin.py\", line 2, in <module>\n{error}");
        format!(
            "Traceback (most recent call last):\n  File \"componentize-py\", line 8\nAssertionError: {own}\n\n\nCaused by:\n    {error}"
        )
    }

    fn qjs(error: &str) -> String {
        format!(
            "componentize-qjs\n  JS:     entry.js\nStubbing WASI imports...\nError: : Failed to evaluate user JavaScript module: Failed to declare JavaScript module: Error: {error}"
        )
    }

    #[test]
    fn an_import_that_the_manifest_does_not_name_is_told_with_where_it_belongs() {
        let web = project(Language::Js, r#"{"world":"web","uses":["state"]}"#);
        let said = explained(&web, &qjs("Error resolving module 'hardie:plugin/http@0.1.0' from '/.hardie/sdk/http.js': not found"));
        assert!(
            said.starts_with("Error: Error resolving") && said.ends_with("does not name it: add it to \"uses\" in package.json"),
            "{said}"
        );
        let said = explained(&web, &qjs("Error resolving module 'hardie:plugin/status@0.1.0' from '/.hardie/sdk/status.js': not found"));
        assert!(said.ends_with("not for the world \"web\"; there are: state, http, secrets, clock, random, caller"), "{said}");
        let policy = project(Language::Python, "{}");
        let said = explained(&policy, &py("ImportError: cannot import name 'web_request' from 'wit_world.imports' (/world)"));
        assert!(said.contains("\"src/plugin.py\", line 2") && !said.contains("Caused by") && !said.contains("AssertionError"), "{said}");
        assert!(said.ends_with("imports `web-request`, which is not for the world \"policy\": that reads, and nothing else"), "{said}");
        let online = project(Language::Python, r#"{"world":"policy-online","uses":["http"]}"#);
        let said = explained(&online, &py("ImportError: cannot import name 'clock' from 'wit_world.imports' (/world)"));
        assert!(said.ends_with("add it to `uses` of [tool.hardie] in pyproject.toml"), "{said}");
    }

    #[test]
    fn a_package_that_is_missing_is_told_with_how_it_is_installed_and_a_file_is_not() {
        let (js, python) = (project(Language::Js, "{}"), project(Language::Python, "{}"));
        assert!(explained(&js, &qjs("Error resolving module 'left-pad' from '/src/plugin.js': x")).ends_with("npm install left-pad"));
        assert!(explained(&python, &py("ModuleNotFoundError: No module named 'yaml'")).ends_with(".venv/bin/pip install yaml"));
        let said = explained(&js, &qjs("Error resolving module './other.js' from '/src/plugin.js': x"));
        assert_eq!(said, "Error: Error resolving module './other.js' from '/src/plugin.js': x");
    }

    #[test]
    fn whatever_else_a_tool_says_is_shown_whole() {
        let python = project(Language::Python, "{}");
        assert!(explained(&python, &py("SyntaxError: '(' was never closed")).ends_with("SyntaxError: '(' was never closed"));
        for other in ["", "killed", "Traceback (most recent call last):\nAssertionError: x", "thread 'main' panicked\n\nCaused by: y"] {
            assert_eq!(explained(&python, other), other);
        }
    }
}
