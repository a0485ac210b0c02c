//! The plugin book: from nothing to a refused push, and on to a handler of events.

use std::path::PathBuf;
use std::time::Instant;

use hardie_testkit::{Git, tools};

use super::reader::Reader;
use super::{follow, script};

/// Where rustup and cargo keep what they have; crates were fetched when this workspace was built.
fn toolchain(git: Git) -> Git {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let of = |variable: &str, folder: &str| {
        let path = std::env::var_os(variable).map_or_else(|| home.join(folder), PathBuf::from);
        path.display().to_string()
    };
    let git = git.with_env("CARGO_HOME", of("CARGO_HOME", ".cargo")).with_env("RUSTUP_HOME", of("RUSTUP_HOME", ".rustup"));
    ["HARDIE_WASM_STD", "RUSTUP_TOOLCHAIN"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
        .fold(git, |git, (name, value)| git.with_env(name, value))
}

#[test]
fn the_plugin_book_works_as_written() {
    let reader = Reader::new();
    let (git, place) = (toolchain(reader.git.clone()), reader.place.clone());
    let target = git.path("target").display().to_string();
    // All of its projects share what they build.
    let git = git.with_env("CARGO_TARGET_DIR", target).with_env("CARGO_TERM_COLOR", "never");

    let book = std::fs::read_to_string(tools::workspace().unwrap().join("docs/plugin-book.md")).unwrap();
    let (first, rest) = book.split_once("\n## 4. ").expect("the book has lost its fourth chapter");
    let started = Instant::now();
    let (is_done, said) = follow(&git, &place, &script(first));
    let took = started.elapsed();
    assert!(is_done, "{said}");
    assert!(said.contains("[remote rejected] main -> main") && said.contains("begins with WIP"), "no refusal was shown:\n{said}");
    println!("from nothing to a refused push, with all that cargo builds: {took:.0?}; two minutes are meant");

    let (is_done, said) = follow(&git, &place.join("no-wip"), &script(rest));
    let log = reader.end();
    assert!(is_done, "{said}\nthe server's log:\n{log}");
    for seen in [
        "names no ticket: Add a vice",
        "now works in alice/bench",
        "teller",
        "worlds: policy-online",
        "2 of 2 scenarios passed",
        "[\"alice\"]",
    ] {
        assert!(said.contains(seen), "{seen:?} was not shown:\n{said}");
    }
}
