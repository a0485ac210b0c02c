//! Plugins in JavaScript and Python, from an empty folder to a refused push, a status or an answer, with the programs that their authors use.

mod answers;
mod online;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hardie_testkit::{Git, TestServer, process, tools};
use serde_json::{Value, json};

use super::{Said, ended, remote};
use crate::api::Asker;
use crate::support::eventually;

/// A language, a project's source and manifest, and the programs that it has where its author installed them.
struct Language {
    name: &'static str,
    source: &'static str,
    manifest: &'static str,
    programs: &'static str,
    install: &'static str,
    /// What goes wrong in this language alone.
    more: &'static [Wrong],
}

/// What a commit's subject makes the plugin do, how that ends, and what the author finds in the log.
type Wrong = (&'static str, &'static str, &'static str);

const JS: Language = Language {
    name: "js",
    source: "src/plugin.js",
    manifest: "package.json",
    programs: "node_modules",
    install: "npm install",
    more: &[
        ("date", "bad-output", "has no clock and no chance"),
        ("waits", "bad-output", "must not be async"),
        ("deep", "trap", "call stack"),
    ],
};

const PYTHON: Language = Language {
    name: "python",
    source: "src/plugin.py",
    manifest: "pyproject.toml",
    programs: ".venv",
    install: "pip install --require-hashes",
    more: &[("date", "trap", ""), ("file", "trap", ""), ("deep", "bad-output", "RecursionError")],
};

/// What goes wrong in every language.
const WRONGS: [Wrong; 6] = [
    ("clock", "bad-output", "has no clock and no chance"),
    ("chance", "bad-output", "has no clock and no chance"),
    ("throw", "bad-output", "the chisel is blunt"),
    ("missing", "bad-output", "not-found"),
    ("loop", "out-of-fuel", ""),
    ("memory", "out-of-memory", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_javascript_from_an_empty_folder_to_a_refused_push() {
    whole_way(&JS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_python_from_an_empty_folder_to_a_refused_push() {
    whole_way(&PYTHON).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_in_javascript_may_do_what_its_manifest_names() {
    handles(&JS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_in_python_may_do_what_its_manifest_names() {
    handles(&PYTHON).await;
}

impl Language {
    /// A new project, with the programs that its author would install.
    fn project(&self, git: &Git, name: &str, world: &str) -> PathBuf {
        let said = super::plugin(git.home(), &["new", name, "--lang", self.name, "--world", world]);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        let project = git.path(name);
        std::os::unix::fs::symlink(tools::componentizers().unwrap().join(self.programs), project.join(self.programs)).unwrap();
        project
    }

    /// Appends a fixture to the source of a project: it takes the place of what the template exports, and calls that `template`.
    fn append(&self, project: &Path, fixture: &str, exported: &str) {
        let source = project.join(self.source);
        let (text, more) = (std::fs::read_to_string(&source).unwrap(), self.fixture(fixture));
        let export = format!("export function {exported}(");
        assert!(self.name != "js" || text.contains(&export), "the template has no {export}");
        let text = text.replace(&export, "function template(");
        std::fs::write(source, format!("{text}\n{more}")).unwrap();
    }

    /// A fixture in this language.
    fn fixture(&self, name: &str) -> String {
        let file = fixtures().join(name).with_extension(Path::new(self.source).extension().unwrap());
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Has the manifest of a project name these.
    fn uses(&self, project: &Path, uses: &[&str]) {
        let manifest = project.join(self.manifest);
        let text = std::fs::read_to_string(&manifest).unwrap();
        let line = text.lines().find(|line| line.trim_start().trim_start_matches('"').starts_with("uses")).unwrap();
        let (before, _) = line.split_once('[').unwrap();
        std::fs::write(&manifest, text.replace(line, &format!("{before}{}", json!(uses)))).unwrap();
    }
}

fn fixtures() -> PathBuf {
    tools::workspace().unwrap().join("tests/fixtures/languages")
}

/// Runs the scenarios of a project as its author; what was said of them all.
fn tested(project: &Path) -> Said {
    let tested = author(project, &std::env::var("PATH").unwrap(), &["test"]);
    assert_eq!(tested.code, Some(0), "{}{}", tested.out, tested.err);
    tested
}

/// The component of a project.
fn built(project: &Path) -> Vec<u8> {
    let made = author(project, &std::env::var("PATH").unwrap(), &["build", "--out", "made.wasm"]);
    assert_eq!(made.code, Some(0), "{}{}", made.out, made.err);
    std::fs::read(project.join("made.wasm")).unwrap()
}

/// The template's handler, then one that does everything, in scenarios and on a server.
async fn handles(language: &Language) {
    let git = Git::new("ann").unwrap();
    let project = language.project(&git, "teller", "events");
    let said = tested(&project).out;
    assert!(said.contains("1 of 1 scenarios passed"), "{said}");
    assert!(said.contains("hardie:plugin/state") && !said.contains("hardie:plugin/http"), "{said}");

    std::fs::write(project.join(language.source), language.fixture("teller")).unwrap();
    std::fs::rename(project.join("tests/counts.toml"), project.join("counts.toml")).unwrap();
    std::fs::copy(fixtures().join("teller.toml"), project.join("tests/teller.toml")).unwrap();
    // It imports more than it names.
    let refused = author(&project, &std::env::var("PATH").unwrap(), &["build"]);
    assert_eq!(refused.code, Some(1), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("imports `clock`") && refused.err.contains("uses"), "{}", refused.err);
    language.uses(&project, &["state", "status", "http", "secrets", "clock", "random"]);
    tested(&project);

    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = crate::git::with_repo(&server, "ann", "tool").await;
    let admin = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let place = format!("/repos/{repo}/plugins");
    let digest = super::upload(&admin, &built(&project));
    let installed = admin.json("POST", &place, &json!({ "digest": digest, "name": "teller" }));
    assert_eq!(installed.status, 201, "{}", installed.text());
    let one = format!("{place}/{}", installed.json()["id"]);
    assert_eq!(admin.json("PATCH", &format!("{one}/events"), &json!({ "kinds": ["push"] })).status, 200);
    let tip = ann.git.commit(&dir, "plane.txt", "oiled\n", "Öl the plane").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("the commit has its status", async || {
        let statuses = admin.get(&format!("/repos/{repo}/commits/{tip}/statuses")).json();
        statuses[0]["description"] == "main: Öl the plane"
    })
    .await;
    server.stop().await.unwrap();
}

async fn whole_way(language: &Language) {
    let git = Git::new("ann").unwrap();
    let project = git.path("no-wip");
    let said = super::plugin(git.home(), &["new", "no-wip", "--lang", language.name]);
    assert!(said.code == Some(0) && said.out.contains(language.install), "{}{}", said.out, said.err);
    assert_eq!(super::plugin(git.home(), &["new", "no-wip", "--lang", language.name]).code, Some(1), "it is there");

    // Whoever has not installed the program yet is told how.
    let missing = author(&project, "/nowhere", &["build"]);
    assert!(missing.code == Some(1) && missing.err.contains(language.install), "{}{}", missing.out, missing.err);
    let programs = tools::componentizers().unwrap();
    std::os::unix::fs::symlink(programs.join(language.programs), project.join(language.programs)).unwrap();
    make_hostile(language, &project);
    let path = std::env::var("PATH").unwrap();
    let built = author(&project, &path, &["build"]);
    assert_eq!(built.code, Some(0), "{}{}", built.out, built.err);
    assert!(
        built.out.contains("no-wip.wasm (") && built.err.contains(&format!("component of {}", language.source)),
        "{}{}",
        built.out,
        built.err
    );
    let imports: Vec<&str> = built.out.split_once("it may use: ").unwrap().1.trim().split(", ").collect();
    assert!(imports.iter().all(|import| import.starts_with("hardie:plugin/")), "nothing of WASI: {imports:?}");

    scenarios(language, &project, &path);
    let component = std::fs::read(project.join("no-wip.wasm")).unwrap();
    pushes(&component).await;
}

/// Runs `hardie plugin` as the author of a project, with this search path.
fn author(project: &Path, path: &str, arguments: &[&str]) -> Said {
    let mut command = process::hardie(&["plugin"]).unwrap();
    ended(command.args(arguments).current_dir(project).env("PATH", OsString::from(path)))
}

fn make_hostile(language: &Language, project: &Path) {
    language.append(project, "hostile", "check");
    for (subject, class, _) in WRONGS.iter().chain(language.more) {
        let scenario = format!("expect.fault = \"{class}\"\n[[commit]]\nmessage = \"{subject}\"\n");
        std::fs::write(project.join(format!("tests/wrong-{subject}.toml")), scenario).unwrap();
    }
    let many: String = (0..700).map(|nth| format!("[[commit]]\nmessage = \"number {nth}: häßlich\"\n")).collect();
    std::fs::write(project.join("tests/many.toml"), format!("expect.accept = true\n{many}")).unwrap();
    for nth in 0..2 {
        let scenario = "expect.accept = true\n[[commit]]\nmessage = \"remember\"\n";
        std::fs::write(project.join(format!("tests/remember-{nth}.toml")), scenario).unwrap();
    }
    let settings = "expect.reject = \"work-in-progress\"\nexpect.contains = [\"begins with draft\"]\nconfig.words = [\"draft\"]\n[[commit]]\nmessage = \"draft of a letter\"\n";
    std::fs::write(project.join("tests/settings.toml"), settings).unwrap();
}

/// The template's own scenarios and ours; twice, and the same each time, without building or compiling again.
fn scenarios(language: &Language, project: &Path, path: &str) {
    let run = || {
        let said = author(project, path, &["test", "--json"]);
        assert_eq!((said.code, said.err.contains("component of")), (Some(0), false), "{}{}", said.out, said.err);
        said.json()
    };
    let (first, second) = (run(), run());
    let of = |run: &Value, name: &str| run["scenarios"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    for (subject, _, logged) in WRONGS.iter().chain(language.more) {
        let log = of(&first, &format!("wrong-{subject}"))["log"].to_string();
        assert!(log.contains(*logged), "{subject}: {log}");
    }
    let many = of(&first, "many");
    assert!(many["log"].to_string().contains("700 commits, the newest by Ann Author: number 699: häßlich"), "{many}");
    for nth in 0..2 {
        let log = of(&first, &format!("remember-{nth}"))["log"].to_string();
        assert!(log.contains("seen 1 times"), "one run remembers another: {log}");
    }
    for (one, other) in first["scenarios"].as_array().unwrap().iter().zip(second["scenarios"].as_array().unwrap()) {
        // What runs into a bound is stopped at the next check of it.
        let bounded = one["name"].as_str().unwrap().starts_with("wrong-");
        for part in ["verdict", "lines", "log", "host_calls", "host_bytes", "fuel"] {
            assert!(one[part] == other[part] || (bounded && part == "fuel"), "{}: {part}: {} then {}", one["name"], one[part], other[part]);
        }
    }
}

/// Installed, it refuses a push with its reasons and lets another through; settings that it does not know are refused.
async fn pushes(component: &[u8]) {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let file = super::file(&ann, "no-wip", component);
    let installed = remote(&server, &ann, &["install", &file, "--repo", &repo]);
    assert!(installed.code == Some(0) && installed.out.contains("no-wip 0.1.0 now guards"), "{}{}", installed.out, installed.err);
    let plugins = asker.get(&format!("/repos/{repo}/plugins")).json();
    assert_eq!(
        (&plugins[0]["component"]["worlds"], &plugins[0]["config"]["words"]),
        (&json!(["policy"]), &json!(["WIP", "fixup!"])),
        "{plugins}"
    );
    let one = format!("/repos/{repo}/plugins/{}", plugins[0]["id"]);
    for (config, field) in
        [(json!({ "word": ["x"] }), "word"), (json!({ "words": "x" }), "words"), (json!({ "words": ["x", " "] }), "words[1]")]
    {
        let refused = asker.json("PATCH", &one, &json!({ "config": config }));
        assert!(refused.status == 422 && refused.text().contains(field), "{config}: {} {}", refused.status, refused.text());
    }
    let dir = ann.git.init("tool").unwrap();
    let push = || ann.git.run(&dir, &["push", &server.http_remote(&repo), "main"]).unwrap();
    ann.git.commit(&dir, "plane.txt", "oiled\n", "Oil the plane").unwrap();
    let accepted = push();
    assert!(accepted.ok, "{}", accepted.stderr);
    let tip = ann.git.commit(&dir, "chisel.txt", "half\n", "WIP: half a chisel").unwrap();
    let refused = push();
    let line = format!("commit {} begins with WIP: WIP: half a chisel", &tip[..7]);
    assert!(!refused.ok && refused.stderr.contains(&line) && refused.stderr.contains("git rebase -i"), "{}", refused.stderr);
    server.stop().await.unwrap();
}
