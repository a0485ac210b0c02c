//! `hardie plugin run`: a clone of any make is judged as a server would judge the push.

use std::path::Path;

use hardie_app::plugins::{NewInstallation, Target, install, upload_component};
use hardie_domain::names::RepoPath;
use hardie_domain::plugin::Mode;
use hardie_testkit::server::people;
use hardie_testkit::{Git, TestServer, tools};

use super::{Said, plugin};

const LONG: &str = "This subject is much longer than the seventy-two characters that the default rule of this policy allows";

fn commit_message() -> String {
    tools::plugin("commit-message").unwrap().display().to_string()
}

fn run(folder: &Path, more: &[&str]) -> Said {
    plugin(folder, &[&["run", &commit_message()], more].concat())
}

/// What is the same each time.
fn facts(said: &Said) -> serde_json::Value {
    let mut json = said.json();
    json.as_object_mut().unwrap().remove("wall_micros");
    json
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_are_those_that_a_pusher_would_see() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let (git, url) = (&ann.git, server.http_remote(&repo));
    let dir = git.init("tool").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    let ctx = people::signed_in(app, &ann.token).await.unwrap();
    let digest = upload_component(app, &ctx, std::fs::read(commit_message()).unwrap().into()).await.unwrap().component.digest;
    let new = NewInstallation { digest, name: None, mode: Mode::Enforce, config: None, fail_open: false, hosts: Vec::new() };
    install(app, &ctx, &Target::Repo(RepoPath::parse(&repo).unwrap()), new).await.unwrap();
    git.commit(&dir, "a.txt", "a\n", LONG).unwrap();
    git.commit(&dir, "b.txt", "b\n", "wip").unwrap();
    let pushed = git.fails(&dir, &["push", &url, "main"]).unwrap();
    let pushed: Vec<&str> = pushed.lines().map(str::trim_end).filter(|line| line.starts_with("remote: [")).collect();
    let said = run(&dir, &["--range", "HEAD~2..main"]);
    let seen: Vec<&str> = said.out.lines().filter(|line| line.starts_with("remote: ")).collect();
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(pushed.len() >= 4);
    assert_eq!(seen, pushed);
    assert!(said.out.contains("rejected: ") && said.out.contains("fuel ") && said.out.contains("log lines"), "{}", said.out);
    server.stop().await.unwrap();
}

#[test]
fn loose_packed_borrowed_and_linked_objects_are_judged_alike() {
    let git = Git::new("run").unwrap();
    let dir = git.init("work").unwrap();
    let first = git.commit(&dir, "a.txt", "a\n", "A good subject").unwrap();
    git.commit(&dir, "b.txt", "b\n", LONG).unwrap();
    let bad = git.commit(&dir, "c.txt", "c\n", "Another good subject").unwrap();
    let range = format!("{first}..{bad}");
    let asked = ["--range", &range, "--ref", "refs/heads/main", "--json"];
    let loose = run(&dir, &asked);
    assert_eq!(loose.code, Some(1), "{}", loose.err);
    let loose = facts(&loose);
    assert!(loose["lines"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("subject-too-long")), "{loose}");
    // What borrows: an alternate whose own objects are loose, and a worktree.
    std::os::unix::fs::symlink("work", git.path("wörk")).unwrap();
    git.ok(git.home(), &["clone", "--quiet", "--shared", "wörk", "borrower"]).unwrap();
    let borrowed = std::fs::read_to_string(git.path("borrower").join(".git/objects/info/alternates")).unwrap();
    assert!(borrowed.contains("wörk"), "{borrowed}");
    git.ok(&dir, &["worktree", "add", "--quiet", "--detach", "../linked"]).unwrap();
    let judged = |folder: &str| facts(&run(&git.path(folder), &asked));
    assert_eq!((judged("borrower"), judged("linked")), (loose.clone(), loose.clone()));
    git.ok(&dir, &["gc", "--quiet"]).unwrap();
    assert_eq!((judged("work"), judged("borrower"), judged("linked")), (loose.clone(), loose.clone(), loose.clone()));
    // Half packed, half loose; a commit on top.
    git.commit(&dir, "d.txt", "d\n", "Good on top").unwrap();
    assert_eq!(judged("work"), loose);
    let (good, whole) = (run(&dir, &["--range", "main~1..main"]), run(&dir, &["--range", "main"]));
    assert_eq!((good.code, whole.code), (Some(0), Some(1)), "{}{}", good.err, whole.out);
    assert!(good.out.contains("\naccepted  [fuel "), "{}", good.out);
    let before = git.ok(&dir, &["count-objects", "-v"]).unwrap();
    run(&dir, &["--range", "main"]);
    assert_eq!(git.ok(&dir, &["count-objects", "-v"]).unwrap(), before, "the clone was changed");
}

#[test]
fn what_cannot_be_judged_ends_with_two_and_names_the_way_out() {
    let git = Git::new("run").unwrap();
    let dir = git.init("work").unwrap();
    git.commit(&dir, "a.txt", "a\n", "Second").unwrap();
    let fails = |folder: &Path, more: &[&str], text: &str| {
        let said = run(folder, more);
        assert!(
            said.code == Some(2) && said.err.contains(text) && said.out.is_empty(),
            "{more:?}: {:?} {}{}",
            said.code,
            said.out,
            said.err
        );
    };
    fails(&dir, &["--range", "HEAD~1...HEAD"], "A..B");
    fails(&dir, &["--range", "HEAD..HEAD"], "is empty");
    fails(&dir, &["--range", "nowhere..HEAD"], "\"nowhere\" names no commit");
    fails(&dir, &["--range", "HEAD~1..HEAD:a.txt"], "names no commit");
    fails(&dir, &["--range", "HEAD~1..HEAD", "--ref", "main"], "refs/heads/");
    let empty = git.path("empty");
    std::fs::create_dir(&empty).unwrap();
    fails(&empty, &["--range", "main"], "not a git repository");
    let url = format!("file://{}", dir.display());
    git.ok(git.home(), &["clone", "--quiet", "--depth=1", &url, "shallow"]).unwrap();
    fails(&git.path("shallow"), &["--range", "main"], "git fetch --unshallow");
    git.ok(&dir, &["config", "uploadpack.allowFilter", "true"]).unwrap();
    git.ok(git.home(), &["clone", "--quiet", "--filter=blob:none", &url, "partial"]).unwrap();
    fails(&git.path("partial"), &["--range", "main"], "partial clone");
    git.ok(git.home(), &["init", "--quiet", "--object-format=sha256", "other"]).unwrap();
    fails(&git.path("other"), &["--range", "main"], "sha256");
    let rules = git.path("rules.json");
    std::fs::write(&rules, r#"{"max-subject": "many"}"#).unwrap();
    fails(&dir, &["--range", "main", "--config", rules.to_str().unwrap()], "refuses its configuration");
    let said = plugin(&dir, &["run", "a.txt", "--range", "main"]);
    assert!(said.code == Some(2) && said.err.contains("not a WebAssembly file"), "{}", said.err);
}
