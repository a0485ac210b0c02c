//! The pages on JavaScript and Python. What their authors install, the programs that make components, is there already: `npm` and `venv` put
//! it in place.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hardie_testkit::{Git, tools};

use super::reader::Reader;
use super::{follow, script};

/// A program in the reader's folder of programs.
fn program(git: &Git, name: &str, text: &str) {
    let file = git.path("bin").join(name);
    std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn install(git: &Git, programs: &Path) {
    let wanted = |arguments: &str, folder: &str| {
        let (from, refusal) = (programs.join(folder), "echo \"$0 $*: the page does not say so\" >&2; exit 1");
        format!("[ \"$*\" = \"{arguments}\" ] && exec ln -s '{}' {folder}\n{refusal}", from.display())
    };
    program(git, "npm", &wanted("install", "node_modules"));
    program(git, "python3", &wanted("-m venv .venv", ".venv"));
}

/// Follows a page in an empty folder; what was said.
fn followed(page: &str) -> String {
    let reader = Reader::new();
    install(&reader.git, &tools::componentizers().unwrap());
    // What the lock file names is there, so that nothing is asked for.
    let git = reader.git.clone().with_env("PIP_NO_INDEX", "1").with_env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    let text = std::fs::read_to_string(tools::workspace().unwrap().join("docs").join(page)).unwrap();
    let (is_done, said) = follow(&git, &reader.place, &script(&text));
    let log = reader.end();
    assert!(is_done, "{said}\nthe server's log:\n{log}");
    said
}

fn shows(said: &str, wanted: &[&str]) {
    for seen in wanted {
        assert!(said.contains(seen), "{seen:?} was not shown:\n{said}");
    }
}

#[test]
fn the_page_on_javascript_works_as_written() {
    let said = followed("languages.md");
    shows(
        &said,
        &["[remote rejected] main -> main", "begins with WIP", "worlds: policy-online", "worlds: events", "1 of 1 scenarios passed"],
    );
}

#[test]
fn the_page_on_web_requests_works_as_written_in_both_languages() {
    let said = followed("web-plugins.md");
    // Two plugins, each with data of its own, which is JSON as its language writes it.
    let kept = ["[{\"state\":\"pending\",\"by\":\"JavaScript\"}]", "[{\"state\": \"success\", \"by\": \"Python\"}]"];
    shows(&said, &[&["worlds: web"], &kept[..]].concat());
}
