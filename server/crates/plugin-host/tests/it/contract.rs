//! A version of the contract that was released stays what it was, and what was built for it runs for ever.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use hardie_plugin_host::Limits;
use hardie_plugin_host::scenario::Scenario;
use sha2::{Digest as _, Sha256};
use wit_component::semver_check;
use wit_parser::{Resolve, SourceMap};

use crate::support::Bench;

/// Every release, and what its files are: the SHA-256 of their names and texts. To be added to, never changed.
const FROZEN: [(&str, &str); 1] = [("0.1.0", "944ea4ef194d4116ac0f7c556475ca3d7fe910a714d6b0fe2f9dcedeac299c58")];

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The WIT files of a folder, by name.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "wit"))
        .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&file).unwrap()))
        .collect();
    texts.sort();
    texts
}

fn digest(texts: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    texts.iter().for_each(|(name, text)| hash.update(format!("{name}\0{}\0{text}", text.len())));
    hex::encode(hash.finalize())
}

/// Whether a component of each world of `old` fits where `new` is asked for. The error names the world.
fn fits(old: &[(String, String)], new: &[(String, String)]) -> Result<usize, String> {
    let mut resolve = Resolve::default();
    let mut push = |texts: &[(String, String)], version: &str| {
        let mut map = SourceMap::default();
        // Two packages of one name cannot be looked at together; the check itself does not look at versions.
        for (name, text) in texts {
            map.push(Path::new(name), rename(text, version));
        }
        let group = map.parse().map_err(|(_, error)| error.to_string())?;
        resolve.push_group(group).map_err(|error| format!("{error:#}"))
    };
    let (old, new) = (push(old, "1.0.0")?, push(new, "2.0.0")?);
    let worlds = resolve.packages[old].worlds.clone();
    for (name, world) in &worlds {
        let next = resolve.packages[new].worlds.get(name).ok_or_else(|| format!("the world {name} is gone"))?;
        semver_check(resolve.clone(), *world, *next).map_err(|error| format!("world {name}: {error:#}"))?;
    }
    Ok(worlds.len())
}

fn rename(text: &str, version: &str) -> String {
    let (package, rest) = text.split_once('\n').unwrap();
    assert!(package.starts_with("package hardie:plugin@"), "{package}");
    format!("package hardie:plugin@{version};\n{rest}")
}

#[test]
fn what_was_released_is_not_edited() {
    for (version, expected) in FROZEN {
        let folder = house().join("wit").join(format!("since-{version}"));
        assert_eq!(digest(&texts(&folder)), expected, "wit/since-{version} is frozen: bring it back as it was");
    }
    let folders = std::fs::read_dir(house().join("wit")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, FROZEN.len(), "each frozen version is named here");
}

#[test]
fn a_plugin_of_any_release_fits_the_contract_of_today() {
    let today = texts(&house().join("wit"));
    for (version, _) in FROZEN {
        let frozen = texts(&house().join("wit").join(format!("since-{version}")));
        let worlds = fits(&frozen, &today).unwrap_or_else(|why| panic!("plugins of {version} would not load: {why}"));
        assert!(worlds >= 4, "{worlds}");
    }
}

#[tokio::test]
async fn what_was_built_for_a_release_still_runs() {
    let bench = Bench::new(Limits::default());
    for (version, _) in FROZEN {
        let folder = house().join("tests/fixtures/plugins/frozen").join(version);
        for world in ["policy", "policy-online", "events", "web"] {
            let component = std::fs::read(folder.join(format!("{world}.wasm"))).unwrap();
            let info = bench.host.prepare(Bytes::from(component)).await.unwrap_or_else(|why| panic!("{version}, {world}: {why}"));
            assert_eq!(info.worlds, [world], "{version}");
            assert!(info.imports.iter().all(|import| import.ends_with(&format!("@{version}"))), "{:?}", info.imports);
            let scenario = Scenario::parse(&std::fs::read_to_string(folder.join(format!("{world}.toml"))).unwrap()).unwrap();
            let outcome = scenario.run(&bench.host, info.digest, &info.default_config).await.unwrap();
            assert!(outcome.problems.is_empty(), "{version}, {world}: {:?} {:?} {:?}", outcome.problems, outcome.lines, outcome.log);
        }
    }
}

#[test]
fn what_would_break_a_plugin_is_noticed() {
    let today = texts(&house().join("wit"));
    let changed = |file: &str, from: &str, to: &str| {
        let mut changed = today.clone();
        let (_, text) = changed.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        *text = text.replacen(from, to, 1);
        changed
    };
    let now = "now: func() -> s64;";
    assert!(fits(&today, &changed("clock.wit", now, "now: func() -> s64;\n    zone: func() -> string;")).is_ok(), "more may come");
    for (file, from, to, what) in [
        ("clock.wit", now, "now: func() -> u64;", "another type"),
        ("clock.wit", now, "", "a function that is gone"),
        ("types.wit", "limit: u32,", "limit: u32,\n        more: bool,", "another field"),
        ("event-handler.wit", "permanent(string),", "permanent(string),\n        third,", "another case"),
        ("worlds.wit", "world policy-online {", "world policy-live {", "a world that is gone"),
    ] {
        assert!(fits(&today, &changed(file, from, to)).is_err(), "{what} in {file}");
    }
}
