use hardie_plugin::Policy;
use hardie_plugin::mock::{MockCommit, MockEvent, MockPush};

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
    let validate = <Affected as Policy>::validate;
    assert!(validate(&Config { branches: vec![String::new()], ..Config::default() }).is_err());
    assert_eq!(validate(&Config { state: "failure".into(), ..Config::default() }).unwrap_err()[0].field, "state");
    assert!(validate(&Config::default()).is_ok());
}

/// The statuses of an event: context, state and description.
fn marked(push: MockPush, config: &Config) -> Vec<(String, String, String)> {
    let handled = MockEvent::push(push).handle::<Affected>(config);
    assert_eq!(handled.result, Ok(()));
    handled.statuses.into_iter().map(|status| (status.context, status.state, status.description)).collect()
}

fn contexts(push: MockPush, config: &Config) -> Vec<String> {
    marked(push, config).into_iter().map(|(context, ..)| context).collect()
}

#[test]
fn each_project_that_is_touched_gets_a_status_and_so_do_those_that_need_it() {
    let change = || repository().commit(MockCommit::new("Change").file("crates/core/a", "1").file("web/b", "2"));
    let of = |context: &str, state: &str, why: &str| (context.to_owned(), state.to_owned(), why.to_owned());
    let needs = "needs what has changes";
    assert_eq!(
        marked(change(), &Config::default()),
        [
            of("@acme/web", "success", "has changes"),
            of("core", "success", "has changes"),
            of("app", "success", needs),
            of("tool", "success", needs)
        ]
    );
    assert_eq!(marked(change(), &Config::default()), marked(change(), &Config::default()), "again is the same");
    let waiting = Config { state: "pending".into(), dependents: false, ..Config::default() };
    assert_eq!(marked(change(), &waiting), [of("@acme/web", "pending", "has changes"), of("core", "pending", "has changes")]);
}

#[test]
fn a_new_branch_is_held_against_where_it_began() {
    let config = Config::default();
    let branch = repository().to("refs/heads/topic").creating();
    assert_eq!(contexts(branch.commit(MockCommit::new("One").file("crates/tool/a", "1")), &config), ["tool"]);
    let first = MockPush::new().creating().commit(MockCommit::new("First").parents(0).file("Cargo.toml", cargo("a", &[])));
    assert!(contexts(first, &config).is_empty(), "with nothing before it everything would be touched");
}

#[test]
fn what_is_not_wanted_gets_no_status() {
    let change = || repository().commit(MockCommit::new("Change").file("web/x", "1"));
    let quiet = |push: MockPush, config: &Config| contexts(push, config).is_empty();
    assert!(quiet(change(), &Config { statuses: false, ..Config::default() }));
    assert!(quiet(change(), &Config { branches: vec!["release/*".into()], ..Config::default() }));
    let all = Config::default();
    assert!(quiet(change().to("refs/tags/v1"), &all) && quiet(change().deleting(), &all) && !quiet(change(), &all));
    let silent = Config { warnings: false, ..Config::default() };
    assert!(told(&silent, &["web/x"]).is_empty());
}

#[test]
fn a_hundred_statuses_are_the_most_and_the_last_says_how_many_are_missing() {
    let many = |count: usize| {
        let base = (0..count)
            .fold(MockCommit::new("Base"), |base, n| base.file(&format!("p{n}/package.json"), format!("{{\"name\": \"p{n:03}\"}}")));
        let change = (0..count).fold(MockCommit::new("Change"), |commit, n| commit.file(&format!("p{n}/x"), "1"));
        marked(MockPush::new().base(base).commit(change), &Config::default())
    };
    assert_eq!(many(100).len(), 100);
    let more = many(130);
    let last = (more[99].0.as_str(), more[99].1.as_str(), more[99].2.as_str());
    assert_eq!((more.len(), last), (100, ("…", "warning", "31 projects more")));
}
