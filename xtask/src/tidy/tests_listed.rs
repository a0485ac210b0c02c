//! Every file of the integration tests is a module of its parent: one that nobody names would never run.

use std::path::{Path, PathBuf};

use crate::house::House;

use super::files::is_rust;

const FOLDER: &str = "tests/it";

/// Looks for `mod NAME;` of every file.
pub fn check(house: &House, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.starts_with(FOLDER) && is_rust(file)) {
        let Some((parent, name)) = parent_of(file) else { continue };
        let text = std::fs::read_to_string(house.root.join(&parent)).unwrap_or_default();
        if !names(&text, &name) {
            problems.push(format!("{}: {} has no `mod {name};`, so it never runs", file.display(), parent.display()));
        }
    }
    Ok(problems)
}

/// The file that must name this one, and as what. `None` for the root.
fn parent_of(file: &Path) -> Option<(PathBuf, String)> {
    let name = file.file_stem()?.to_str()?.to_owned();
    let folder = file.parent()?;
    if folder == Path::new(FOLDER) {
        return (name != "main").then(|| (folder.join("main.rs"), name));
    }
    Some((folder.with_extension("rs"), name))
}

fn names(text: &str, module: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ").is_some_and(|rest| rest.trim_end() == format!("{module};"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_named_by_the_one_above_it() {
        assert_eq!(parent_of(Path::new("tests/it/push.rs")), Some(("tests/it/main.rs".into(), "push".into())));
        assert_eq!(parent_of(Path::new("tests/it/push/race.rs")), Some(("tests/it/push.rs".into(), "race".into())));
        assert_eq!(parent_of(Path::new("tests/it/main.rs")), None);
    }

    #[test]
    fn a_module_is_named_whole() {
        assert!(names("mod push;\n", "push") && names("  pub(crate) mod push;", "push"));
        assert!(!names("mod pushes;\n// mod push is gone", "push"));
    }
}
