//! Rules over branches and tags, as pushers of every sort meet them.

use std::sync::Arc;

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::{Via, remote, with_repo};
use crate::api::Asker;
use crate::gate::Gate;

pub(super) struct World {
    pub server: TestServer,
    /// Administers the repository.
    pub ann: TestUser,
    /// May write.
    pub bob: TestUser,
    /// The repository.
    pub repo: &'static str,
    /// Ann's clone of it.
    pub dir: std::path::PathBuf,
    /// Ann.
    pub asker: Asker,
}

/// Ann's repository with a commit on main, in which bob may write.
async fn world() -> World {
    world_with(Options::default()).await
}

async fn world_with(options: Options) -> World {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
    let bob = server.user("bob").await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    assert_eq!(asker.json("PUT", "/repos/ann/tool/collaborators/bob", &json!({ "permission": "write" })).status, 204);
    World { server, ann, bob, repo: "ann/tool", dir, asker }
}

impl World {
    pub fn rule(&self, rule: &Value) {
        let name = rule["rule_name"].as_str().unwrap().replace('/', "%2F");
        let rules = format!("/repos/{}/branch_protections", self.repo);
        self.asker.json("DELETE", &format!("{rules}/{name}"), &Value::Null);
        let made = self.asker.json("POST", &rules, rule);
        assert_eq!(made.status, 201, "{}", made.text());
    }

    /// What git says when this person pushes from ann's clone, and whether it went well.
    pub fn push(&self, who: &TestUser, arguments: &[&str]) -> (bool, String) {
        let url = self.server.http_remote(self.repo);
        let at = arguments.iter().position(|argument| !argument.starts_with('-')).unwrap();
        let (options, specs) = arguments.split_at(at);
        let said = who.git.run(&self.dir, &[&["push"][..], options, &[&url], specs].concat()).unwrap();
        (said.ok, said.stderr)
    }

    pub fn takes(&self, who: &TestUser, arguments: &[&str]) {
        let (ok, said) = self.push(who, arguments);
        assert!(ok, "{}: {said}", who.name);
    }

    pub fn refuses(&self, who: &TestUser, arguments: &[&str], words: &[&str]) {
        let (ok, said) = self.push(who, arguments);
        assert!(!ok && words.iter().all(|word| said.contains(word)), "{}: {said}", who.name);
    }

    pub fn commit(&self, file: &str, text: &str) -> String {
        if let Some((folder, _)) = file.rsplit_once('/') {
            std::fs::create_dir_all(self.dir.join(folder)).unwrap();
        }
        self.ann.git.commit(&self.dir, file, text, "More").unwrap()
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.ann.git.ok(&self.dir, arguments).unwrap().trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_on_the_list_push_and_the_api_is_no_way_around() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "main", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["bob"] }));
    w.commit("a.txt", "1\n");
    // The owner is not on it.
    w.refuses(&w.ann, &["main"], &["protected branch: only those on its list may push", "rule main"]);
    let made = w.asker.json("POST", "/repos/ann/tool/contents/x", &json!({ "content": "", "branch": "main" }));
    assert!(made.status == 403 && made.text().contains("only those on its list"), "{}", made.text());
    w.takes(&w.bob, &["main"]);
    w.takes(&w.ann, &["main:other"]);
    w.rule(&json!({ "rule_name": "main", "enable_push": false, "enable_delete": true, "enable_force_push": true }));
    w.commit("a.txt", "2\n");
    w.refuses(&w.bob, &["main"], &["it is closed to pushes"]);
    // Nor is removing it one, where that would be allowed to those who may push.
    w.rule(&json!({ "rule_name": "other", "enable_push": false, "enable_delete": true }));
    w.refuses(&w.bob, &[":other"], &["it is closed to pushes"]);
    assert_eq!(w.asker.json("PATCH", "/repos/ann/tool/branches/other", &json!({ "name": "free" })).status, 403);
    let shown = w.asker.get("/repos/ann/tool/branches/main").json();
    assert_eq!((&shown["protected"], &shown["user_can_push"]), (&json!(true), &json!(false)));
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_key_is_on_a_list_by_itself_and_not_by_its_owner() {
    let w = world().await;
    let robot = hardie_testkit::Git::new("robot").unwrap();
    let key = robot.path("id");
    let made = robot.command("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(&key).status().unwrap();
    assert!(made.success());
    let robot = robot.with_ssh_key(&key);
    let line = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let added = w.asker.json("POST", "/repos/ann/tool/keys", &json!({ "title": "ci", "key": line.trim(), "read_only": false }));
    assert_eq!(added.status, 201, "{}", added.text());
    let url = w.server.ssh_remote("ann/tool");
    w.commit("a.txt", "1\n");
    let listed = json!({ "rule_name": "main", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["ann"] });
    w.rule(&listed);
    let said = robot.fails(&w.dir, &["push", &url, "main"]).unwrap();
    assert!(said.contains("only those on its list may push"), "{said}");
    let mut with_keys = listed;
    with_keys["push_whitelist_deploy_keys"] = json!(true);
    w.rule(&with_keys);
    robot.ok(&w.dir, &["push", "--quiet", &url, "main"]).unwrap();
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_commits_takes_the_list_for_it() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "*", "enable_force_push": true, "enable_force_push_allowlist": true,
        "force_push_allowlist_usernames": ["bob"] }));
    w.git(&["commit", "--quiet", "--amend", "-m", "Rewritten"]);
    w.refuses(&w.ann, &["--force", "main"], &["only those on its list may drop commits", "rule *"]);
    w.takes(&w.bob, &["--force", "main"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn linear_history_takes_no_merge_by_any_way() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "main", "require_linear_history": true }));
    w.rule(&json!({ "rule_name": "release/*", "require_linear_history": true }));
    w.commit("a.txt", "1\n");
    w.takes(&w.bob, &["main"]);
    w.git(&["switch", "--quiet", "-c", "side", "HEAD~1"]);
    w.commit("b.txt", "1\n");
    w.git(&["switch", "--quiet", "main"]);
    w.git(&["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    let merge = w.git(&["rev-parse", "--short=7", "HEAD"]);
    w.refuses(&w.bob, &["main"], &["its history is linear", &merge]);
    // That another branch has it makes it no older.
    w.takes(&w.bob, &["main:elsewhere"]);
    w.refuses(&w.bob, &["main"], &["its history is linear"]);
    w.refuses(&w.bob, &["main:release/1"], &["its history is linear", "rule release/*"]);
    w.takes(&w.bob, &["main~1:refs/heads/release/1"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_paths_stay_and_open_ones_are_for_all_writers() {
    let w = world().await;
    w.commit("Docs/deep/a.md", "1\n");
    w.commit("ci/build.yml", "1\n");
    w.takes(&w.ann, &["main"]);
    w.rule(&json!({ "rule_name": "*", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["ann"],
        "protected_file_patterns": "CI/**; *.lock", "unprotected_file_patterns": "docs/**" }));
    w.commit("docs/b.md", "1\n");
    w.takes(&w.bob, &["main"]);
    w.commit("src.txt", "1\n");
    w.refuses(&w.bob, &["main"], &["only those on its list may push"]);
    w.takes(&w.ann, &["main"]);
    // Moved away is changed too, and a commit that takes it back again leaves nothing.
    w.git(&["mv", "ci/build.yml", "build.yml"]);
    w.git(&["commit", "--quiet", "-m", "Move"]);
    w.refuses(&w.ann, &["main"], &["no push may change 'ci/build.yml'", "rule *"]);
    // Neither is a detour over a new branch that the rule is about.
    w.refuses(&w.ann, &["main:detour"], &["no push may change 'ci/build.yml'"]);
    let made = w.asker.json("POST", "/repos/ann/tool/contents/yarn.LOCK", &json!({ "content": "" }));
    assert!(made.status == 403 && made.text().contains("yarn.LOCK"), "{}", made.text());
    w.git(&["revert", "--no-edit", "HEAD"]);
    w.takes(&w.ann, &["main"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn required_checks_must_have_succeeded_for_the_commit_itself() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci/*", "lint"] }));
    let commit = w.commit("a.txt", "1\n");
    let say = |context: &str, state: &str| {
        let said = w.asker.json("POST", &format!("/repos/ann/tool/statuses/{commit}"), &json!({ "context": context, "state": state }));
        assert_eq!(said.status, 201, "{}", said.text());
    };
    w.refuses(&w.ann, &["main"], &["the checks 'ci/*', 'lint' have not succeeded for", "push the commit to another branch first"]);
    w.takes(&w.bob, &["main:topic"]);
    say("ci/push/linux", "success");
    say("lint", "pending");
    w.refuses(&w.bob, &["main"], &["the checks 'lint' have not succeeded"]);
    say("lint", "success");
    say("ci/push/mac", "failure");
    w.refuses(&w.bob, &["main"], &["the checks 'ci/*' have not succeeded"]);
    // Only an administrator of the repository, and only by saying so.
    let overriding = ["-o", "override-checks", "main"];
    let url = w.server.http_remote("ann/tool");
    let said = w.bob.git.fails(&w.dir, &[&["push"][..], &overriding[..2], &[&url, "main"]].concat()).unwrap();
    assert!(said.contains("the checks 'ci/*' have not succeeded"), "{said}");
    w.rule(
        &json!({ "rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci/*"], "block_admin_merge_override": true }),
    );
    let said = w.ann.git.fails(&w.dir, &[&["push"][..], &overriding[..2], &[&url, "main"]].concat()).unwrap();
    assert!(said.contains("the checks 'ci/*' have not succeeded"), "{said}");
    w.rule(&json!({ "rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci/*"] }));
    let said = w.ann.git.run(&w.dir, &[&["push"][..], &overriding[..2], &[&url, "main"]].concat()).unwrap();
    assert!(said.ok && said.stderr.contains("Overridden as an administrator"), "{}", said.stderr);
    // With none named, all that there are count, and there must be one.
    w.rule(&json!({ "rule_name": "main", "enable_status_check": true }));
    let commit = w.commit("a.txt", "2\n");
    w.refuses(&w.bob, &["main"], &["no check has succeeded"]);
    w.takes(&w.bob, &["main:topic"]);
    let said = w.asker.json("POST", &format!("/repos/ann/tool/statuses/{commit}"), &json!({ "context": "any", "state": "success" }));
    assert_eq!(said.status, 201);
    w.takes(&w.bob, &["main"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_is_named_at_once_and_signatures_are_asked_for_of_new_commits() {
    let w = world().await;
    let key = w.ann.git.path("id_ed25519").display().to_string();
    for (name, value) in [("gpg.format", "ssh"), ("user.signingkey", key.as_str())] {
        w.git(&["config", name, value]);
    }
    w.rule(&json!({ "rule_name": "main", "require_signed_commits": true, "require_linear_history": true,
        "protected_file_patterns": "ci/**", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_usernames": ["ann"] }));
    w.git(&["switch", "--quiet", "-c", "side"]);
    w.commit("ci/x", "1\n");
    w.git(&["switch", "--quiet", "main"]);
    w.git(&["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    w.refuses(
        &w.bob,
        &["main"],
        &[
            "only those on its list may push",
            "no push may change 'ci/x'",
            "its history is linear",
            "must be signed",
            "is not signed",
            "rule main",
        ],
    );
    w.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    // Unsigned commits of before are no hindrance; one that is signed goes in, by whomever it is pushed.
    std::fs::write(w.dir.join("s"), "1\n").unwrap();
    w.git(&["add", "s"]);
    w.git(&["commit", "--quiet", "-S", "-m", "Signed"]);
    w.takes(&w.ann, &["main"]);
    // One unsigned below a signed one is seen, also where another branch had it first.
    w.commit("t", "1\n");
    w.git(&["commit", "--quiet", "--allow-empty", "-S", "-m", "Signed"]);
    w.takes(&w.ann, &["main:elsewhere"]);
    let unsigned = w.git(&["rev-parse", "--short=7", "HEAD~1"]);
    w.refuses(&w.ann, &["main"], &["must be signed", &unsigned]);
    // What the API makes is not signed.
    let made = w.asker.json("POST", "/repos/ann/tool/contents/x", &json!({ "content": "" }));
    assert!(made.status == 403 && made.text().contains("must be signed"), "{}", made.text());
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_tags_are_made_moved_and_removed_by_those_on_a_list() {
    let w = world().await;
    let add = |body: Value| {
        let made = w.asker.json("POST", "/repos/ann/tool/tag_protections", &body);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_i64().unwrap()
    };
    let id = add(json!({ "name_pattern": "v*", "whitelist_usernames": ["bob"] }));
    assert_eq!(w.asker.json("POST", "/repos/ann/tool/tag_protections", &json!({ "name_pattern": "v*" })).status, 409);
    for bad in [json!({ "name_pattern": "/^v/" }), json!({ "name_pattern": "x", "whitelist_teams": ["a"] }), json!({ "name_pattern": "" })]
    {
        assert_eq!(w.asker.json("POST", "/repos/ann/tool/tag_protections", &bad).status, 422, "{bad}");
    }
    w.git(&["tag", "v1"]);
    for via in [Via::Http, Via::Ssh] {
        let said = w.ann.git.fails(&w.dir, &["push", &remote(&w.server, via, "ann/tool"), "v1"]).unwrap();
        assert!(said.contains("protected tag: only those on its list") && said.contains("rule v*"), "{via:?}: {said}");
    }
    assert_eq!(w.asker.json("POST", "/repos/ann/tool/tags", &json!({ "tag_name": "v2" })).status, 403);
    w.takes(&w.bob, &["v1"]);
    w.refuses(&w.ann, &[":refs/tags/v1"], &["protected tag"]);
    w.commit("a.txt", "1\n");
    w.refuses(&w.ann, &["--force", "HEAD:refs/tags/v1"], &["protected tag"]);
    assert_eq!(w.asker.json("DELETE", "/repos/ann/tool/tags/v1", &Value::Null).status, 403);
    w.takes(&w.ann, &["HEAD:refs/tags/w1"]);
    let one = format!("/repos/ann/tool/tag_protections/{id}");
    assert_eq!(w.asker.get(&one).json()["whitelist_usernames"], json!(["bob"]));
    let edited = w.asker.json("PATCH", &one, &json!({ "whitelist_usernames": ["ann"] }));
    assert_eq!((edited.status, &edited.json()["name_pattern"]), (200, &json!("v*")));
    w.refuses(&w.bob, &[":refs/tags/v1"], &["protected tag"]);
    w.takes(&w.ann, &[":refs/tags/v1"]);
    let bob = Asker::new(&w.server, Some(&w.bob));
    assert_eq!(bob.json("PATCH", &one, &json!({ "whitelist_usernames": ["bob"] })).status, 403);
    assert_eq!(bob.json("DELETE", &one, &Value::Null).status, 403);
    assert_eq!([w.asker.json("DELETE", &one, &Value::Null).status, w.asker.get(&one).status], [204, 404]);
    w.server.stop().await.unwrap();
}

/// Rules of before priorities are set to it by hand here; that an upgrade leaves them so is the store's test.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_always_holds_is_not_opened_by_one_that_comes_first() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "release/**", "enable_force_push": false, "enable_delete": false }));
    let old = "/repos/ann/tool/branch_protections/release%2F**";
    assert_eq!(w.asker.json("PATCH", old, &json!({ "priority": 0 })).json()["priority"], 0);
    w.rule(&json!({ "rule_name": "release/1", "enable_force_push": true, "enable_delete": true, "enable_push": false }));
    w.rule(&json!({ "rule_name": "release/*", "enable_force_push": true, "enable_delete": true }));
    w.takes(&w.ann, &["main:release/2"]);
    w.refuses(&w.ann, &[":release/2"], &["deletion is not allowed (rule release/**)"]);
    // All of those that hold are named, and none behind the first of the others.
    let (ok, said) = w.push(&w.ann, &["main:release/1"]);
    assert!(
        !ok && said.contains("it is closed to pushes") && said.contains("(rule release/1)") && !said.contains("rule release/*"),
        "{said}"
    );
    let shown = w.asker.get("/repos/ann/tool/branches/release/2").json();
    assert_eq!(shown["effective_branch_protection_name"], "release/**");
    // Put among the others it goes behind them.
    assert_eq!(w.asker.json("PATCH", old, &json!({ "priority": 9 })).status, 200);
    w.takes(&w.ann, &[":release/2"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_fails_and_a_key_that_goes_after_the_judgement_still_count() {
    let gate = Arc::new(Gate::default());
    let mut options = Options::default();
    options.ports.files = gate.clone();
    let w = world_with(options).await;
    let push = |specs: &'static [&'static str]| {
        let (git, dir, url) = (w.ann.git.clone(), w.dir.clone(), w.server.http_remote(w.repo));
        std::thread::spawn(move || git.run(&dir, &[&["push", &url][..], specs].concat()).unwrap())
    };
    w.rule(&json!({ "rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci"] }));
    let commit = w.commit("a.txt", "1\n");
    w.takes(&w.ann, &["main:topic"]);
    let say = |state: &str| {
        let said = w.asker.json("POST", &format!("/repos/ann/tool/statuses/{commit}"), &json!({ "context": "ci", "state": state }));
        assert_eq!(said.status, 201, "{}", said.text());
    };
    say("success");
    // Beside what was checked goes a branch with a pack, at which the gate stops.
    w.git(&["switch", "--quiet", "-c", "beside"]);
    w.commit("b.txt", "1\n");
    let (arrived, go_on) = gate.arm();
    let pushing = push(&["main", "beside"]);
    arrived.recv().unwrap();
    say("failure");
    go_on.send(()).unwrap();
    let said = pushing.join().unwrap();
    assert!(!said.ok && said.stderr.contains("the checks 'ci' have not succeeded"), "{}", said.stderr);
    assert!(w.git(&["ls-remote", &w.server.http_remote(w.repo)]).contains("refs/heads/beside"), "it was judged by itself");
    say("success");
    w.takes(&w.ann, &["main"]);
    // The same for the key of a signature.
    w.rule(&json!({ "rule_name": "main", "require_signed_commits": true }));
    w.git(&["switch", "--quiet", "main"]);
    let signing = w.ann.git.path("signing");
    let made = w.ann.git.command("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(&signing).status().unwrap();
    assert!(made.success());
    let line = std::fs::read_to_string(signing.with_extension("pub")).unwrap();
    let added = w.asker.json("POST", "/user/keys", &json!({ "title": "signing", "key": line.trim() }));
    assert_eq!(added.status, 201, "{}", added.text());
    for (name, value) in [("gpg.format", "ssh".to_owned()), ("user.signingkey", signing.display().to_string())] {
        w.git(&["config", name, &value]);
    }
    std::fs::write(w.dir.join("s"), "1\n").unwrap();
    w.git(&["add", "s"]);
    w.git(&["commit", "--quiet", "-S", "-m", "Signed"]);
    let (arrived, go_on) = gate.arm();
    let pushing = push(&["main"]);
    arrived.recv().unwrap();
    assert_eq!(w.asker.json("DELETE", &format!("/user/keys/{}", added.json()["id"]), &Value::Null).status, 204);
    go_on.send(()).unwrap();
    let said = pushing.join().unwrap();
    assert!(!said.ok && said.stderr.contains("must be signed"), "{}", said.stderr);
    w.server.stop().await.unwrap();
}
