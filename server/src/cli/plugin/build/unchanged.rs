//! Whether a component is still that of its sources. A tool that starts an interpreter takes ten seconds, and `test`, `run` and `bench` come
//! after `build`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::Context as _;

/// What no component depends on, below the project's folder: what is made, tests, the history.
const ASIDE: &[&str] = &[".hardie/build", ".hardie/bindings", "tests", ".git"];
/// Python's own notes, anywhere.
const NOTES: &str = "__pycache__";

/// Every file that may matter, with its length and when it was changed, packages of the language among them. Two builds that find the same
/// make the same.
pub fn inputs(project: &Path, tool: &Path) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    let failed = |folder: &Path| format!("cannot read {}", folder.display());
    let mut folders = vec![project.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| failed(&folder))? {
            let path = entry.with_context(|| failed(&folder))?.path();
            // A link to a file counts as the file; one to a folder is not followed, for it may lead back.
            let (Ok(own), Ok(behind)) = (path.symlink_metadata(), path.metadata()) else { continue };
            let aside =
                path.ends_with(NOTES) || path.strip_prefix(project).is_ok_and(|path| ASIDE.iter().any(|aside| path == Path::new(aside)));
            if own.is_dir() && !aside {
                folders.push(path);
            } else if behind.is_file() && !made(project, &path) {
                lines.push(line(&path)?);
            }
        }
    }
    lines.sort();
    lines.push(line(tool)?);
    Ok(lines.concat())
}

/// The component, where a build puts it by default.
fn made(project: &Path, file: &Path) -> bool {
    file.parent() == Some(project) && file.extension().is_some_and(|extension| extension == "wasm")
}

fn line(file: &Path) -> anyhow::Result<String> {
    let about = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mut line = String::new();
    writeln!(line, "{:?} {} {changed}", file, about.len())?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_packages_and_the_tool_matter_and_results_do_not() {
        let project = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = project.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let tool = file("node_modules/.bin/tool", "1");
        file("src/plugin.js", "1");
        let now = || inputs(project.path(), &tool).unwrap();
        let first = now();
        file(".hardie/build/component.wasm", "1");
        file("no-wip.wasm", "1");
        file("src/__pycache__/plugin.pyc", "1");
        file("tests/accepts.toml", "1");
        assert_eq!(now(), first);
        std::os::unix::fs::symlink("..", project.path().join("src/up")).unwrap();
        std::os::unix::fs::symlink("nowhere", project.path().join("src/broken")).unwrap();
        assert_eq!(now(), first);
        for name in
            ["src/plugin.js", "src/build/other.js", "package.json", "node_modules/a/index.js", "node_modules/.bin/tool", ".hardie/sdk/a.js"]
        {
            let before = now();
            file(name, "other");
            assert_ne!(now(), before, "{name}");
        }
    }
}
