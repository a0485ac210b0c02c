//! What a project's manifest says: its name, and the names of what it needs. Only as much of each format is read as that takes; a
//! manifest that makes no sense is a project without a name.

use std::collections::BTreeSet;

use serde_json::Value;

/// File names of manifests, the one whose name counts first.
pub const NAMES: [&str; 5] = ["Cargo.toml", "project.json", "package.json", "go.mod", "pyproject.toml"];

/// Read from one manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What others call it.
    pub name: Option<String>,
    /// What it calls others; most of them are not of this repository.
    pub needs: BTreeSet<String>,
}

impl Manifest {
    /// By file name and text.
    pub fn parse(file: &str, text: &str) -> Manifest {
        match file {
            "Cargo.toml" | "pyproject.toml" => toml(text),
            "go.mod" => go(text),
            _ => json(text),
        }
    }
}

/// Cargo's tables and those of PEP 621, line by line: `[package] name`, and the keys of tables whose name ends in `dependencies`.
fn toml(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let (mut table, mut in_list) = (String::new(), false);
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').filter(|_| !in_list) {
            table = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim().to_owned();
            // `[dependencies.name]`
            let named = table.rsplit_once('.').filter(|(above, _)| above.ends_with("dependencies") && !above.starts_with("workspace"));
            manifest.needs.extend(named.map(|(_, name)| bare(name)));
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) if !in_list => (key.trim(), value.trim()),
            _ => ("", line),
        };
        if key == "name" && (table == "package" || table == "project") {
            manifest.name = quoted(value).next().map(ToOwned::to_owned);
        } else if table.ends_with("dependencies") && !table.starts_with("workspace") && !key.is_empty() && !key.starts_with('#') {
            manifest.needs.insert(bare(key.split('.').next().unwrap_or(key)));
            // `other = { package = "name" }`
            let renamed = value.split_once("package").and_then(|(_, rest)| rest.trim_start().strip_prefix('='));
            manifest.needs.extend(renamed.and_then(|rest| quoted(rest).next()).map(ToOwned::to_owned));
        } else if table == "project" && (in_list || key == "dependencies") {
            // `dependencies = ["name>=1", …]`
            let name = |requirement: &str| {
                requirement.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).next().unwrap_or_default().to_owned()
            };
            manifest.needs.extend(quoted(value).map(name).filter(|name| !name.is_empty()));
            in_list = !value.contains(']');
        }
    }
    manifest
}

fn bare(key: &str) -> String {
    key.trim().trim_matches(['"', '\'']).to_owned()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'']).skip(1).step_by(2)
}

/// `module`, and the modules of `require`.
fn go(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut in_require = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split("//").next().unwrap_or_default().split_whitespace().collect();
        match words.as_slice() {
            ["module", name] => manifest.name = Some(bare(name)),
            ["require", "("] => in_require = true,
            [")"] => in_require = false,
            ["require", name, _] => {
                manifest.needs.insert(bare(name));
            }
            [name, _] if in_require => {
                manifest.needs.insert(bare(name));
            }
            _ => {}
        }
    }
    manifest
}

/// npm's `package.json` and Nx's `project.json`.
fn json(text: &str) -> Manifest {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Manifest::default() };
    let tables = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
    let keys = tables.into_iter().filter_map(|table| value.get(table)?.as_object()).flat_map(serde_json::Map::keys).cloned();
    let implicit = value.get("implicitDependencies").and_then(Value::as_array).into_iter().flatten();
    let needs = keys.chain(implicit.filter_map(Value::as_str).map(ToOwned::to_owned)).collect();
    Manifest { name: value.get("name").and_then(Value::as_str).map(ToOwned::to_owned), needs }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    fn parsed(file: &str, text: &str) -> (String, Vec<String>) {
        let manifest = Manifest::parse(file, text);
        (manifest.name.unwrap_or_default(), manifest.needs.into_iter().collect())
    }

    fn is(name: &str, needs: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), needs.iter().map(|need| (*need).to_owned()).collect())
    }

    #[test]
    fn cargo_manifests_are_read() {
        let text = "[package]\nname = \"app\" # it\n[dependencies]\ncore.workspace = true\nserde = { version = \"1\" }\nold = { path = \"x\", package = \"core-old\" }\n\
                    [target.'cfg(unix)'.dependencies]\nunix = \"1\"\n[dev-dependencies.kit]\npath = \"../kit\"\n[[bin]]\nname = \"tool\"\n[workspace.dependencies]\nnot = \"1\"\n";
        assert_eq!(parsed("Cargo.toml", text), is("app", &["core", "core-old", "kit", "old", "serde", "unix"]));
        assert_eq!(parsed("Cargo.toml", "[workspace]\nmembers = [\n  \"a\",\n]\n"), is("", &[]));
    }

    #[test]
    fn a_manifest_cut_anywhere_is_read_as_far_as_it_goes() {
        let text =
            "[package]\nname = \"ä\"\n[[x]]\n[a.dependencies.'b']\n'c'.\"d\" = { package = \"e\" }\n[project]\ndependencies = [\"f\"\n";
        for at in text.char_indices().map(|(at, _)| at) {
            for file in super::NAMES {
                let (head, tail) = (Manifest::parse(file, &text[..at]), Manifest::parse(file, &text[at..]));
                assert!(head.needs.len() + tail.needs.len() <= 5, "{head:?} {tail:?}");
            }
        }
    }

    #[test]
    fn manifests_of_others_are_read() {
        let package = r#"{"name": "@acme/web", "dependencies": {"@acme/ui": "workspace:*"}, "devDependencies": {"vite": "5"}}"#;
        assert_eq!(parsed("package.json", package), is("@acme/web", &["@acme/ui", "vite"]));
        assert_eq!(parsed("project.json", r#"{"name": "web", "implicitDependencies": ["ui"]}"#), is("web", &["ui"]));
        let go = "module acme.io/app // it\n\nrequire acme.io/core v0.0.0\nrequire (\n\tacme.io/kit v1.0.0 // indirect\n)\n";
        assert_eq!(parsed("go.mod", go), is("acme.io/app", &["acme.io/core", "acme.io/kit"]));
        let python = "[project]\nname = \"app\"\ndependencies = [\n  \"core>=1\",\n  'kit',\n]\nversion = \"1\"\n";
        assert_eq!(parsed("pyproject.toml", python), is("app", &["core", "kit"]));
        assert_eq!(parsed("package.json", "{"), is("", &[]));
    }
}
