//! Teams on the lists of rules, and rules by which somebody may write under some paths alone.

use hardie_testkit::TestServer;
use serde_json::{Value, json};

use super::guarded::World;
use super::{Via, remote};
use crate::api::Asker;

/// Ann's organisation with a repository that has a commit. Bob may write in it, by the team `writers`; `crew` reaches it as well, `far` does not.
async fn world() -> World {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let asker = Asker::new(&server, Some(&ann));
    assert_eq!(asker.json("POST", "/orgs", &json!({ "username": "acme" })).status, 201);
    assert_eq!(asker.json("POST", "/orgs/acme/repos", &json!({ "name": "tool", "private": true })).status, 201);
    let dir = ann.git.init("tool").unwrap();
    ann.git.ok(&dir, &["push", "--quiet", &server.http_remote("acme/tool"), "main"]).unwrap();
    let w = World { server, ann, bob, repo: "acme/tool", dir, asker };
    for name in ["writers", "crew", "far"] {
        w.made("/orgs/acme/teams", &json!({ "name": name, "permission": "write", "units": ["repo.code"] }));
        if name != "far" {
            assert_eq!(w.asker.json("PUT", &format!("/repos/acme/tool/teams/{name}"), &Value::Null).status, 204);
        }
    }
    w.member("PUT", "writers");
    w
}

impl World {
    fn made(&self, path: &str, body: &Value) -> Value {
        let made = self.asker.json("POST", path, body);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()
    }

    /// Puts bob into a team, or takes him out.
    fn member(&self, method: &str, team: &str) {
        let team = self.asker.get(&format!("/orgs/acme/teams/search?q={team}")).json()["data"][0]["id"].clone();
        let answer = self.asker.json(method, &format!("/teams/{team}/members/bob"), &Value::Null);
        assert_eq!(answer.status, 204, "{}", answer.text());
    }

    /// A rule over paths; how refusals name it.
    fn narrow(&self, body: &Value) -> String {
        format!("path rule {}", self.made("/repos/acme/tool/path_rules", body)["id"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_on_a_list_counts_for_whoever_is_in_it_at_that_moment() {
    let w = world().await;
    w.rule(&json!({ "rule_name": "main", "enable_push": true, "enable_push_whitelist": true, "push_whitelist_teams": ["Crew"],
        "enable_force_push": true, "enable_force_push_allowlist": true, "force_push_allowlist_teams": ["Owners"] }));
    let bob = Asker::new(&w.server, Some(&w.bob));
    let rule = bob.get("/repos/acme/tool/branch_protections/main").json();
    assert_eq!((&rule["push_whitelist_teams"], &rule["force_push_allowlist_teams"]), (&json!(["crew"]), &json!(["Owners"])));
    let may = |asker: &Asker| asker.get("/repos/acme/tool/branches/main").json()["user_can_push"].clone();
    w.commit("a.txt", "1\n");
    // Neither an owner nor another team is on it.
    w.refuses(&w.ann, &["main"], &["only those on its list may push", "rule main"]);
    w.refuses(&w.bob, &["main"], &["only those on its list may push"]);
    w.member("PUT", "crew");
    assert_eq!((may(&bob), may(&w.asker)), (json!(true), json!(false)));
    w.takes(&w.bob, &["main"]);
    w.git(&["commit", "--quiet", "--amend", "-m", "Rewritten"]);
    w.refuses(&w.bob, &["--force", "main"], &["only those on its list may drop commits"]);
    w.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    w.member("DELETE", "crew");
    w.commit("b.txt", "1\n");
    w.refuses(&w.bob, &["--force", "main"], &["only those on its list may push", "only those on its list may drop commits"]);
    // Owners are a team too.
    let tags = "/repos/acme/tool/tag_protections";
    assert_eq!(w.made(tags, &json!({ "name_pattern": "v*", "whitelist_teams": ["Owners"] }))["whitelist_teams"], json!(["Owners"]));
    w.refuses(&w.bob, &["HEAD:refs/tags/v1"], &["protected tag"]);
    w.takes(&w.ann, &["main~1:refs/tags/v1"]);
    // A team that does not reach the repository is told from none by nobody.
    for team in ["far", "nothing"] {
        let said = w.asker.json("POST", tags, &json!({ "name_pattern": "w*", "whitelist_teams": [team] }));
        assert!(said.status == 422 && said.text().contains(&format!("no team \\\"{team}\\\" of")), "{}", said.text());
    }
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_narrowed_changes_their_paths_alone_by_every_door() {
    let w = world().await;
    w.commit("src/a.rs", "1\n");
    w.takes(&w.ann, &["main"]);
    let rule = w.narrow(&json!({ "teams": ["writers"], "paths": ["docs/**", "*.md"] }));
    w.commit("docs/deep/a.txt", "1\n");
    w.commit("NEWS.md", "1\n");
    w.takes(&w.bob, &["main"]);
    // Beside what is allowed, inside another folder, and by moving it to where it would be.
    w.commit("docs/b", "1\n");
    w.commit("src/readme.md", "1\n");
    let words = ["you write docs/**, *.md alone", "this changes 'src/readme.md';", "have somebody else push it", &rule];
    w.refuses(&w.bob, &["main"], &words);
    let url = remote(&w.server, Via::Ssh, "acme/tool");
    let said = w.bob.git.fails(&w.dir, &["push", &url, "main"]).unwrap();
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    w.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    // Another folder to whoever tells capitals apart.
    w.commit("Docs/a", "1\n");
    w.refuses(&w.bob, &["main"], &["this changes 'Docs/a';"]);
    w.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    w.git(&["mv", "src/a.rs", "docs/a.rs"]);
    w.git(&["commit", "--quiet", "-m", "Move"]);
    w.refuses(&w.bob, &["main"], &["this changes 'src/a.rs';"]);
    // Nor over a new branch, nor by dropping what others did.
    w.refuses(&w.bob, &["main:detour"], &["this changes 'src/a.rs';"]);
    w.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    w.takes(&w.bob, &["main:copy"]);
    w.refuses(&w.bob, &["--force", "main~3:copy"], &["this changes 'src/a.rs';"]);
    w.refuses(&w.bob, &[":copy"], &["you write docs/**, *.md alone, and do not delete it"]);
    let bob = Asker::new(&w.server, Some(&w.bob));
    let file = |path: &str| bob.json("POST", &format!("/repos/acme/tool/contents/{path}"), &json!({ "content": "" }));
    let (inside, outside) = (file("docs/api.txt"), file("api.txt"));
    assert_eq!((inside.status, outside.status), (201, 403), "{} {}", inside.text(), outside.text());
    assert!(outside.text().contains("'api.txt'"), "{}", outside.text());
    // Ann is not named. What she brought is no hindrance where a branch begins.
    w.git(&["pull", "--quiet", &w.server.http_remote("acme/tool"), "main"]);
    w.commit("src/b.rs", "1\n");
    w.takes(&w.ann, &["main:release/1"]);
    w.takes(&w.bob, &["main:release/2"]);
    w.commit("docs/c", "1\n");
    w.takes(&w.bob, &["main:release/3"]);
    w.refuses(&w.bob, &["main"], &["this changes 'src/b.rs';"]);
    // Another rule gives more.
    let more = w.narrow(&json!({ "usernames": ["bob"], "paths": ["src/*.rs"] }));
    w.takes(&w.bob, &["main"]);
    w.commit("x", "1\n");
    let (first, second) = (rule.trim_start_matches("path rule "), more.trim_start_matches("path rule "));
    w.refuses(&w.bob, &["main"], &["you write docs/**, *.md, src/*.rs alone", &format!("path rule {first}, {second}")]);
    // Whoever leaves the team is narrowed by what is left.
    w.member("PUT", "crew");
    w.member("DELETE", "writers");
    w.refuses(&w.bob, &["main"], &["you write src/*.rs alone", &more]);
    assert_eq!(w.asker.json("DELETE", &format!("/repos/acme/tool/path_rules/{second}"), &Value::Null).status, 204);
    w.takes(&w.bob, &["main"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_over_paths_is_about_its_branches_and_may_be_about_everybody() {
    let w = world().await;
    w.narrow(&json!({ "everyone": true, "paths": ["docs/**"], "branches": ["main", "release/*"] }));
    w.narrow(&json!({ "teams": ["crew"], "paths": ["**"], "branches": ["main"] }));
    w.commit("src", "1\n");
    // Free elsewhere, but that brings nothing to where it is not.
    w.takes(&w.bob, &["main:topic"]);
    w.refuses(&w.bob, &["main"], &["this changes 'src';"]);
    w.refuses(&w.bob, &["main:release/1"], &["this changes 'src';"]);
    w.takes(&w.bob, &["main~1:refs/heads/release/1"]);
    w.takes(&w.bob, &[":topic"]);
    // Administrators are bound as all are, and change the rule.
    w.refuses(&w.ann, &["main"], &["this changes 'src';"]);
    w.member("PUT", "crew");
    w.takes(&w.bob, &["main"]);
    w.refuses(&w.bob, &[":release/1"], &["do not delete it"]);
    w.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_over_paths_are_the_administrators_and_say_whom_and_what_they_mean() {
    let w = world().await;
    let rules = "/repos/acme/tool/path_rules";
    for (field, body) in [
        ("paths", json!({ "everyone": true })),
        ("paths", json!({ "everyone": true, "paths": ["/docs"] })),
        ("paths", json!({ "everyone": true, "paths": vec!["a"; 101] })),
        ("branches", json!({ "everyone": true, "paths": ["a"], "branches": ["refs/heads/main"] })),
        ("branches", json!({ "everyone": true, "paths": ["a"], "branches": vec!["a"; 21] })),
        ("usernames", json!({ "paths": ["a"] })),
        ("usernames", json!({ "paths": ["a"], "usernames": ["nobody-at-all"] })),
        ("teams", json!({ "paths": ["a"], "teams": ["far"] })),
    ] {
        let said = w.asker.json("POST", rules, &body);
        assert_eq!((said.status, &said.json()["field"]), (422, &json!(field)), "{body}: {}", said.text());
    }
    let made = w.made(rules, &json!({ "usernames": ["bob"], "teams": ["crew"], "paths": ["a"], "deploy_keys": true }));
    let one = format!("{rules}/{}", made["id"]);
    let edited = w.asker.json("PATCH", &one, &json!({ "paths": ["b/**"], "teams": [] })).json();
    let shown =
        |rule: &Value| [&rule["usernames"], &rule["teams"], &rule["paths"], &rule["branches"], &rule["deploy_keys"]].map(Clone::clone);
    assert_eq!(shown(&edited), [json!(["bob"]), json!([]), json!(["b/**"]), json!([]), json!(true)]);
    let nobody = json!({ "usernames": [], "deploy_keys": false });
    assert_eq!(w.asker.json("PATCH", &one, &nobody).json()["field"], "usernames");
    let bob = Asker::new(&w.server, Some(&w.bob));
    assert_eq!(shown(&bob.get(&one).json()), shown(&edited));
    for status in [
        bob.json("POST", rules, &json!({ "everyone": true, "paths": ["a"] })).status,
        bob.json("PATCH", &one, &json!({ "paths": ["**"] })).status,
        bob.json("DELETE", &one, &Value::Null).status,
    ] {
        assert_eq!(status, 403);
    }
    // Whoever may only read is not told who is meant; the audit log says what was done.
    assert_eq!(w.asker.json("PATCH", "/repos/acme/tool", &json!({ "private": false })).status, 200);
    let anybody = Asker::new(&w.server, None).get(&one).json();
    assert_eq!((&anybody["usernames"], &anybody["paths"]), (&json!([]), &json!(["b/**"])));
    let audit = w.asker.get("/repos/acme/tool/audit?action=path_rule.edit").json();
    assert!(audit[0]["detail"].as_str().unwrap().contains("b/**"), "{audit}");
    // Ids are those of the repository alone.
    assert_eq!(w.asker.json("POST", "/orgs/acme/repos", &json!({ "name": "other" })).status, 201);
    let elsewhere = format!("/repos/acme/other/path_rules/{}", made["id"]);
    assert_eq!([w.asker.get(&elsewhere).status, w.asker.json("DELETE", &elsewhere, &Value::Null).status], [404, 404]);
    w.server.stop().await.unwrap();
}
