//! Commit statuses, as CI writes them and other programs read them.

use hardie_app::state::GitRules;
use hardie_domain::hidden::HiddenRefs;
use hardie_domain::ids::EventSeq;
use hardie_domain::oid::Oid;
use hardie_domain::status::Finding;
use hardie_store::statuses::NewCommitStatus;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::Asker;
use crate::support::eventually;

/// A repository of Ann's with two commits on `main` and one on `feature/x`; their ids, the oldest first.
async fn begin(server: &TestServer, ann: &TestUser, name: &str, private: bool) -> Vec<String> {
    let repo = server.repo(ann, name, private).await.unwrap();
    let dir = ann.git.init(name).unwrap();
    let commits = ["one", "two", "three"].map(|text| ann.git.commit(&dir, "a.txt", &format!("{name} {text}\n"), text).unwrap());
    let refs = ["HEAD~1:refs/heads/main", "HEAD:refs/heads/feature/x"];
    ann.git.ok(&dir, &[&["push", "-q", &server.http_remote(&repo)][..], &refs].concat()).unwrap();
    commits.to_vec()
}

fn field<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_said_listed_and_taken_together() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let commits = begin(&server, &ann, "tool", false).await;
    let (asker, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, None));
    let of = format!("/repos/ann/tool/statuses/{}", commits[1]);
    let none = nobody.get("/repos/ann/tool/commits/main/status").json();
    assert_eq!((&none["state"], &none["total_count"], &none["statuses"]), (&json!(""), &json!(0), &json!([])));

    let body = json!({ "state": "pending", "context": "ci/build", "description": "runs", "target_url": "https://ci.example/1" });
    let made = asker.json("POST", &of, &body);
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let id = made["id"].as_i64().unwrap();
    assert_eq!(made["creator"]["login"], "ann");
    assert_eq!(made["created_at"], made["updated_at"]);
    let names: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["context", "created_at", "creator", "description", "id", "status", "target_url", "updated_at", "url"]);
    assert_eq!(made["url"], format!("http://forge.test/api/v1{of}"));
    assert_eq!(
        (&made["status"], &made["context"], &made["description"], &made["target_url"]),
        (&json!("pending"), &json!("ci/build"), &json!("runs"), &json!("https://ci.example/1"))
    );
    for (state, context) in [("success", Some("ci/build")), ("warning", None), ("skipped", Some("docs"))] {
        assert_eq!(asker.json("POST", &of, &json!({ "state": state, "context": context, "target_url": null })).status, 201);
    }

    let all = nobody.get("/repos/ann/tool/commits/main/statuses");
    assert_eq!(field(&all.json(), "status"), ["skipped", "warning", "success", "pending"]);
    assert_eq!(all.header("x-total-count"), "4");
    assert_eq!(all.json()[3]["id"], id);
    assert_eq!(nobody.get(&of).json(), all.json());
    let page = nobody.get(&format!("{of}?page=2&limit=3"));
    assert_eq!((field(&page.json(), "status"), page.header("x-total-count")), (vec!["pending"], "4"));
    assert_eq!(nobody.get(&format!("{of}?page=9")).text(), "[]");
    assert_eq!(field(&nobody.get(&format!("{of}?sort=oldest&limit=1")).json(), "status"), ["pending"]);
    assert_eq!(field(&nobody.get(&format!("{of}?state=success")).json(), "context"), ["ci/build"]);
    assert_eq!(nobody.get(&format!("{of}?state=good")).json()["field"], "state");

    let together = nobody.get("/repos/ann/tool/commits/main/status");
    assert_eq!(together.header("x-total-count"), "3");
    let together = together.json();
    assert_eq!((&together["state"], &together["total_count"], &together["sha"]), (&json!("warning"), &json!(3), &json!(commits[1])));
    assert_eq!(field(&together["statuses"], "context"), ["ci/build", "default", "docs"]);
    assert_eq!(field(&together["statuses"], "status"), ["success", "warning", "skipped"]);
    assert_eq!(together["repository"]["full_name"], "ann/tool");
    assert_eq!(together["url"], format!("http://forge.test/api/v1/repos/ann/tool/commits/{}/status", commits[1]));
    assert_eq!(together["commit_url"], format!("http://forge.test/api/v1/repos/ann/tool/git/commits/{}", commits[1]));
    let part = nobody.get("/repos/ann/tool/commits/main/status?limit=1&page=2").json();
    assert_eq!((field(&part["statuses"], "context"), &part["state"]), (vec!["default"], &json!("warning")));

    // A list of commits has it beside each.
    let listed = nobody.get("/repos/ann/tool/commits?sha=main").json();
    assert_eq!(listed[0]["status"], json!({ "state": "warning", "total_count": 3, "target_url": "" }));
    assert_eq!(listed[1]["status"], Value::Null);

    // A branch with a slash, as Renovate and the SDK write it; the commit before has nothing.
    assert_eq!(asker.json("POST", &format!("/repos/ann/tool/statuses/{}", commits[2]), &json!({ "state": "failure" })).status, 201);
    assert_eq!(nobody.get("/repos/ann/tool/commits/feature%2Fx/status").json()["state"], "failure");
    assert_eq!(nobody.get(&format!("/repos/ann/tool/commits/{}/statuses", commits[0])).text(), "[]");
    assert_eq!(nobody.get("/repos/ann/tool/commits/gone/statuses").status, 404);

    let app = &server.server.app;
    eventually("five events", async || {
        let events = app.store.list_events_since(EventSeq(0), 100).await.unwrap();
        let said: Vec<_> = events.iter().filter(|event| event.kind == "status").collect();
        said.len() == 5 && {
            let first: Value = serde_json::from_str(&said[0].payload).unwrap();
            assert_eq!((&first["sha"], &first["state"], &first["id"]), (&json!(commits[1]), &json!("pending"), &json!(id)));
            assert_eq!((&first["repository"]["full_name"], &first["actor"]["login"]), (&json!("ann/tool"), &json!("ann")));
            true
        }
    })
    .await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_push_say_statuses_and_only_of_commits_that_they_see() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let commits = begin(&server, &ann, "tool", false).await;
    let others = begin(&server, &ann, "vault", true).await;
    let (asker, other, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    let say = |who: &Asker, repo: &str, sha: &str, body: &Value| who.json("POST", &format!("/repos/ann/{repo}/statuses/{sha}"), body);
    let good = json!({ "state": "success" });

    // What is of another repository is not here, as what is nowhere.
    let absent = say(&asker, "tool", &"1".repeat(40), &good).refusal();
    assert_eq!(absent.0, 404);
    assert_eq!(say(&asker, "tool", &others[0], &good).refusal(), absent);
    let tree = ann.git.ok(&ann.git.path("tool"), &["rev-parse", "HEAD^{tree}"]).unwrap();
    assert_eq!(say(&asker, "tool", &tree, &good).refusal(), absent);
    assert_eq!(say(&asker, "tool", "main", &good).json()["field"], "sha");
    assert_eq!(say(&asker, "tool", &commits[0][..10], &good).json()["field"], "sha");
    assert_eq!(say(&asker, "tool", &commits[0].to_uppercase(), &good).status, 201);

    for (body, field) in [
        (json!({}), "state"),
        (json!({ "state": "good" }), "state"),
        (json!({ "state": 1 }), "state"),
        (json!({ "state": "success", "target_url": "javascript:alert(1)" }), "target_url"),
        (json!({ "state": "success", "target_url": format!("https://a/{}", "x".repeat(2048)) }), "target_url"),
        (json!({ "state": "success", "context": "x".repeat(256) }), "context"),
    ] {
        let answer = say(&asker, "tool", &commits[0], &body);
        assert_eq!((answer.status, &answer.json()["field"]), (422, &json!(field)), "{}", answer.text());
    }
    let long = say(&asker, "tool", &commits[0], &json!({ "state": "error", "description": "x".repeat(300) }));
    assert_eq!((long.status, long.json()["description"].as_str().unwrap().chars().count()), (201, 255));

    // A reader of a public repository; nobody; a stranger to a private one.
    assert_eq!(say(&other, "tool", &commits[0], &good).status, 403);
    assert_eq!(say(&nobody, "tool", &commits[0], &good).status, 401);
    assert_eq!(say(&other, "vault", &others[0], &good).status, 404);
    assert_eq!(asker.json("PUT", "/repos/ann/vault/collaborators/bob", &json!({ "permission": "read" })).status, 204);
    assert_eq!(say(&other, "vault", &others[0], &good).status, 403);
    assert_eq!(other.get("/repos/ann/vault/commits/main/status").status, 200);
    assert_eq!(nobody.get("/repos/ann/vault/commits/main/status").status, 404);
    assert_eq!(asker.json("PUT", "/repos/ann/vault/collaborators/bob", &json!({ "permission": "write" })).status, 204);
    assert_eq!(say(&other, "vault", &others[0], &good).json()["creator"]["login"], "bob");

    // A token must have the scope; nothing is said of an archived repository.
    let made = asker.json("POST", "/users/ann/tokens", &json!({ "name": "look", "scopes": ["read:repository"] })).json();
    let head = format!("token {}", made["sha1"].as_str().unwrap());
    let headers = [("authorization", head.as_str()), ("content-type", "application/json")];
    let path = format!("/api/v1/repos/ann/tool/statuses/{}", commits[0]);
    assert_eq!(nobody.send("GET", &path, &headers, b"").status, 200);
    assert_eq!(nobody.send("POST", &path, &headers, good.to_string().as_bytes()).status, 403);
    assert_eq!(asker.json("PATCH", "/repos/ann/tool", &json!({ "archived": true })).status, 200);
    assert_eq!(say(&asker, "tool", &commits[0], &good).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_a_commit_that_only_a_hidden_ref_reaches() {
    let git_rules = GitRules { hidden_refs: HiddenRefs::parse(&["refs/heads/feature"]).unwrap(), ..GitRules::default() };
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let commits = begin(&server, &ann, "tool", false).await;
    let server = TestServer::start_in(server.stop().await.unwrap(), Options { git_rules, ..Options::default() }).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let say = |sha: &str| asker.json("POST", &format!("/repos/ann/tool/statuses/{sha}"), &json!({ "state": "success" })).refusal();
    assert_eq!(say(&commits[1]).0, 201);
    assert_eq!(say(&commits[2]).0, 404);
    assert_eq!(say(&commits[2]), say(&"2".repeat(40)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_holds_so_many_contexts_and_so_many_findings_of_each() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let commits = begin(&server, &ann, "tool", false).await;
    let (asker, app) = (Asker::new(&server, Some(&ann)), &server.server.app);
    let repo = asker.get("/repos/ann/tool").json()["id"].as_i64().unwrap();
    let mut tx = app.store.begin().await.unwrap();
    for number in 0..1000 {
        let finding = Finding::new("success", &format!("c{number}"), "", "").unwrap();
        let sha = Oid::from_hex(commits[0].as_bytes()).unwrap();
        let repo = hardie_domain::ids::RepoId(repo);
        tx.insert_commit_status(&NewCommitStatus { repo, sha, finding: &finding, creator: None, at: app.clock.now() }, 100).await.unwrap();
    }
    tx.commit().await.unwrap();
    let of = format!("/repos/ann/tool/statuses/{}", commits[0]);
    let one_more = asker.json("POST", &of, &json!({ "state": "success", "context": "one more" }));
    assert!(one_more.status == 413 && one_more.text().contains("1000 contexts"), "{}", one_more.text());
    for _ in 0..101 {
        assert_eq!(asker.json("POST", &of, &json!({ "state": "failure", "context": "c7" })).status, 201);
    }
    assert_eq!(asker.get(&of).header("x-total-count"), "1099");
    let together = asker.get(&format!("/repos/ann/tool/commits/{}/status", commits[0])).json();
    assert_eq!((&together["state"], &together["total_count"]), (&json!("failure"), &json!(1000)));
    assert_eq!(together["statuses"].as_array().unwrap().len(), 30);
    server.stop().await.unwrap();
}
