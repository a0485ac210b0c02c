//! Who did what, by which proof, from where, and what came of it; who may read that.

use hardie_testkit::{Options, TestServer};
use serde_json::{Value, json};

use crate::api::Asker;
use crate::support::eventually;

fn list(answer: &crate::api::Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_by_which_door_and_proof_in_which_request() {
    let server = TestServer::start_with(Options { trusted_proxies: vec!["127.0.0.1".to_owned()], ..Options::default() }).await.unwrap();
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let made = Asker::new(&server, Some(&ann)).send(
        "POST",
        "/api/v1/user/repos",
        &[("content-type", "application/json"), ("x-forwarded-for", "192.0.2.9")],
        br#"{"name":"tool"}"#,
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let git = &ann.git;
    let dir = git.init("work").unwrap();
    git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let by_root = Asker::new(&server, Some(&root));
    let line = list(&by_root.get("/admin/audit?action=repository.create")).remove(0);
    assert_eq!((&line["door"], &line["result"], &line["times"]), (&json!("api"), &json!("done"), &json!(1)), "{line}");
    assert!(line["credential"].as_str().unwrap().starts_with("token:"), "{line}");
    assert_eq!((line["request_id"].as_str().unwrap(), &line["address"]), (made.header("x-request-id"), &json!("192.0.2.9")));
    let line = list(&by_root.get("/admin/audit?action=push&target=ann/tool")).remove(0);
    assert_eq!(line["door"], "http", "{line}");
    assert!(!line["request_id"].as_str().unwrap().is_empty(), "{line}");
    for (query, count) in
        [("result=failed", 0), ("from=2100-01-01T00:00:00Z", 0), ("to=1999-01-01T00:00:00Z", 0), ("target=ann/tool&actor=root", 0)]
    {
        assert_eq!(list(&by_root.get(&format!("/admin/audit?{query}"))).len(), count, "{query}");
    }
    for query in ["result=maybe", "from=yesterday"] {
        assert_eq!(by_root.get(&format!("/admin/audit?{query}")).status, 422, "{query}");
    }
    assert_eq!(by_root.get("/admin/audit?target=ann/absent").status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_leaves_a_line_at_each_door_and_many_of_a_kind_one_more() {
    let server = TestServer::start().await.unwrap();
    let (ann, eve, root) = (server.user("ann").await.unwrap(), server.user("eve").await.unwrap(), server.admin("root").await.unwrap());
    server.repo(&ann, "open", false).await.unwrap();
    server.repo(&ann, "secret", true).await.unwrap();
    let (by_ann, by_eve, by_root) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&eve)), Asker::new(&server, Some(&root)));
    for _ in 0..5 {
        assert_eq!(by_eve.json("POST", "/repos/ann/open/keys", &json!({})).status, 403);
    }
    assert_eq!(by_eve.json("DELETE", "/repos/ann/secret", &Value::Null).status, 404);
    assert_eq!(by_eve.get("/admin/users").status, 403);
    assert_eq!(Asker::new(&server, None).json("POST", "/user/repos", &json!({"name": "x"})).status, 401);
    let dir = eve.git.init("work").unwrap();
    eve.git.fails(&dir, &["push", "-q", &server.ssh_remote("ann/open"), "HEAD:refs/heads/main"]).unwrap();
    // A rule of the repository refuses its own people too.
    assert_eq!(by_ann.json("POST", "/repos/ann/open/branch_protections", &json!({ "branch_name": "main" })).status, 201);
    let dir = ann.git.init("work").unwrap();
    let remote = server.http_remote("ann/open");
    ann.git.ok(&dir, &["push", "-q", &remote, "HEAD:refs/heads/main"]).unwrap();
    ann.git.fails(&dir, &["push", "-q", &remote, ":refs/heads/main"]).unwrap();
    let refused = list(&by_ann.get("/repos/ann/open/audit?action=push&result=denied")).remove(0);
    assert!(refused["detail"].as_str().unwrap().contains("refs/heads/main"), "{refused}");
    let denied = || list(&by_root.get("/admin/audit?action=denied&result=denied&limit=50"));
    eventually("what was refused is written", async || denied().len() >= 5).await;
    let lines = denied();
    let find = |what: &str, door: &str| {
        let found = lines.iter().find(|line| line["door"] == door && line["detail"].as_str().unwrap().contains(what));
        found.unwrap_or_else(|| panic!("{what} by {door}: {lines:?}"))
    };
    let id = |name: &str| by_ann.get(&format!("/repos/ann/{name}")).json()["id"].clone();
    assert_eq!(find("to administer ann/open", "api")["repository_id"], id("open"));
    assert_eq!(find("to rename, transfer or delete ann/secret", "api")["repository_id"], id("secret"));
    find("GET /api/v1/admin/users", "api");
    assert_eq!(find("POST /api/v1/user/repos", "api")["actor_id"], Value::Null);
    find("to push to ann/open", "ssh");
    // The administrators of a repository see who tried, and nobody else does.
    assert!(!list(&by_ann.get("/repos/ann/secret/audit?result=denied")).is_empty());
    assert_eq!(by_eve.get("/repos/ann/open/audit").status, 403);
    assert_eq!(by_eve.get("/admin/audit/export").status, 403);
    // The four others of a kind are counted, and written at the end of the minute or of the server.
    let data = server.stop().await.unwrap();
    let exported = crate::backup::done(data.path(), &["audit", "verify", "--json"]);
    assert!(exported.contains("\"fault\":null"), "{exported}");
    let server = TestServer::start_in(data, Options::default()).await.unwrap();
    let by_root = Asker::new(&server, Some(&root));
    let counted: u64 = list(&by_root.get("/admin/audit?action=denied&actor=eve&limit=50"))
        .iter()
        .filter(|line| line["detail"].as_str().unwrap().contains("to administer ann/open"))
        .map(|line| line["times"].as_u64().unwrap())
        .sum();
    // eve looked at the log of the repository, too.
    assert_eq!(counted, 6);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_of_an_organisation_read_what_concerns_it_and_no_more() {
    let server = TestServer::start().await.unwrap();
    let (head, eve) = (server.user("head").await.unwrap(), server.user("eve").await.unwrap());
    let (by_head, by_eve) = (Asker::new(&server, Some(&head)), Asker::new(&server, Some(&eve)));
    assert_eq!(by_head.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    assert_eq!(by_head.json("POST", "/orgs/smiths/repos", &json!({ "name": "forge" })).status, 201);
    server.repo(&eve, "own", false).await.unwrap();
    let lines = list(&by_head.get("/orgs/smiths/audit"));
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["repository.create", "organization.create"]);
    assert_eq!(by_eve.get("/orgs/smiths/audit").status, 403);
    assert_eq!(by_head.get("/orgs/smiths/audit?target=eve/own").status, 403);
    assert_eq!(Asker::new(&server, None).get("/orgs/smiths/audit").status, 401);
    server.stop().await.unwrap();
}
