use hardie_plugin::Policy as _;
use hardie_plugin::mock::{MockCommit, MockPush};

use crate::{Affected, Config};

fn cargo(name: &str, needs: &[&str]) -> String {
    let needs: String = needs.iter().map(|need| format!("{need} = {{ path = \"x\" }}\n")).collect();
    format!("[package]\nname = \"{name}\"\n[dependencies]\n{needs}")
}

fn repository() -> MockPush {
    let base = MockCommit::new("Base")
        .file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n")
        .file("crates/core/Cargo.toml", cargo("core", &[]))
        .file("crates/app/Cargo.toml", cargo("app", &["core"]))
        .file("crates/tool/Cargo.toml", cargo("tool", &["app"]))
        .file("crates/other/Cargo.toml", cargo("other", &[]))
        .file("web/package.json", "{\"name\": \"@acme/web\"}")
        .file("crates/core/tests/fixtures/Cargo.toml", cargo("core", &["core"]));
    MockPush::new().base(base)
}

fn told(config: &Config, paths: &[&str]) -> Vec<String> {
    let commit = paths.iter().fold(MockCommit::new("Change"), |commit, path| commit.file(path, "x"));
    let verdicts = repository().commit(commit).check::<Affected>(config).unwrap();
    assert_eq!(verdicts.code(0), None);
    verdicts.warnings(0).to_vec()
}

#[test]
fn a_change_touches_the_nearest_project_and_all_that_need_it() {
    let config = Config::default();
    assert_eq!(told(&config, &["crates/core/src/lib.rs"]), ["main: touches core", "main: which app, tool need"]);
    assert_eq!(told(&config, &["crates/app/a", "web/b/c"]), ["main: touches @acme/web, app", "main: which tool needs"]);
    assert_eq!(told(&config, &["crates/tool/a"]), ["main: touches tool"]);
    assert_eq!(told(&config, &["README.md"]), ["main: touches the root"]);
    assert_eq!(told(&config, &["crates/core/tests/fixtures/x"])[0], "main: touches core");
}

#[test]
fn projects_without_a_manifest_are_told_by_their_paths() {
    let config: Config = serde_json::from_str(r#"{"projects": {"handbook": ["docs/**"]}, "dependents": false}"#).unwrap();
    assert_eq!(told(&config, &["docs/a.md", "crates/core/x"]), ["main: touches core, handbook"]);
}

#[test]
fn first_pushes_other_branches_and_deletions_are_not_spoken_of() {
    let quiet = |push: MockPush, config: &Config| push.check::<Affected>(config).unwrap().warnings(0).is_empty();
    let config = Config { branches: vec!["main".into()], ..Config::default() };
    let change = || repository().commit(MockCommit::new("Change").file("web/x", "1"));
    assert!(!quiet(change(), &config) && quiet(change().to("refs/heads/topic/main"), &config) && quiet(change().deleting(), &config));
    assert!(quiet(MockPush::new().commit(MockCommit::new("First").file("Cargo.toml", cargo("a", &[]))), &config));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    assert!(Affected::validate(&Config { branches: vec![String::new()], ..Config::default() }).is_err());
    assert!(Affected::validate(&Config::default()).is_ok());
}
