//! Who may have a webhook, and what none may be.

use hardie_testkit::{FakeClock, TestServer};
use serde_json::{Value, json};

use super::{make, options};
use crate::api::Asker;
use crate::git::with_repo;

fn new(url: &str) -> Value {
    json!({ "type": "gitea", "active": true, "config": { "url": url, "content_type": "json" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_for_those_who_administer_and_no_plugins_are_found_by_their_ids() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let (bob, root) = (server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let (asker, admin, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)), Asker::new(&server, None));
    let hook = make(&asker, &repo, "https://ci.example.org/hook", &[], json!({}));
    assert_eq!(asker.get(&hook).json()["events"], json!(["push"]));
    let id = hook.rsplit('/').next().unwrap().to_owned();
    let other = Asker::new(&server, Some(&bob));
    for (method, path) in [
        ("GET", format!("/repos/{repo}/hooks")),
        ("GET", hook.clone()),
        ("GET", format!("{hook}/deliveries")),
        ("DELETE", hook.clone()),
        ("PATCH", hook.clone()),
        ("POST", format!("{hook}/tests")),
        ("POST", format!("{hook}/resume")),
        ("POST", format!("{hook}/redeliver")),
    ] {
        let asked = |asker: &Asker| asker.json(method, &path, &if method == "GET" { Value::Null } else { json!({}) }).status;
        assert_eq!(asked(&other), 404, "{method} {path}");
        assert!([401, 404].contains(&asked(&nobody)), "{method} {path}");
    }
    // A role that may push is not enough.
    assert_eq!(asker.json("PUT", &format!("/repos/{repo}/collaborators/bob"), &json!({ "permission": "write" })).status, 204);
    assert_eq!(
        (other.get(&hook).status, other.json("POST", &format!("/repos/{repo}/hooks"), &new("https://a.example")).status),
        (403, 403)
    );
    assert_eq!((asker.get("/admin/hooks").status, admin.get("/admin/hooks").json()), (403, json!([])));
    assert_eq!(admin.json("POST", "/admin/hooks", &new("https://a.example")).status, 201);
    assert_eq!(admin.get(&format!("/admin/hooks/{id}")).status, 404, "it is looked up where it was made");

    // The same numbers, and neither is the other.
    let plugins = format!("/repos/{repo}/plugins");
    assert_eq!((asker.get(&format!("{plugins}/{id}")).status, asker.get(&plugins).json()), (404, json!([])));
    for (method, path) in
        [("DELETE", ""), ("PATCH", ""), ("GET", "/events"), ("GET", "/deliveries"), ("GET", "/secrets"), ("POST", "/resume")]
    {
        let body = if method == "GET" { Value::Null } else { json!({}) };
        assert_eq!(admin.json(method, &format!("{plugins}/{id}{path}"), &body).status, 404, "{method} {path}");
    }
    let zeros = json!({ "digest": format!("sha256:{}", "0".repeat(64)) });
    assert_eq!(admin.json("POST", &plugins, &zeros).status, 422, "what stands for webhooks is not installed");

    // An organisation's, and its owner's.
    assert_eq!(asker.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    assert_eq!(asker.json("POST", "/orgs/smiths/hooks", &new("https://a.example")).status, 201);
    assert_eq!((asker.get("/orgs/smiths/hooks").json().as_array().unwrap().len(), other.get("/orgs/smiths/hooks").status), (1, 403));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_webhook_can_be_is_refused_by_name() {
    type Change = dyn Fn(&mut Value);
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    let hooks = format!("/repos/{repo}/hooks");
    let with = |change: &Change| {
        let mut body = new("https://ci.example.org/hook");
        change(&mut body);
        asker.json("POST", &hooks, &body).refusal()
    };
    let cases: [(&Change, &str); 12] = [
        (&|body| body["type"] = json!("slack"), "chat-notifier"),
        (&|body| body["events"] = json!(["pushes"]), "pushes"),
        (&|body| body["branch_filter"] = json!("refs/heads/main"), "branch"),
        (&|body| body["config"]["content_type"] = json!("xml"), "xml"),
        (&|body| body["config"]["url"] = json!("ftp://ci.example.org"), "https://"),
        (&|body| body["config"]["url"] = json!("https://ci.example.org\\@evil.example"), "backslash"),
        (&|body| body["config"]["url"] = json!(format!("https://ci.example.org/{}", "x".repeat(2048))), "2048"),
        (&|body| body["config"] = json!({}), "url"),
        (&|body| body["config"]["channel"] = json!("x"), "channel"),
        (&|body| body["config"]["secret"] = json!("x".repeat(1025)), "1024"),
        (&|body| body["authorization_header"] = json!("a\r\nX-Evil: 1"), "line break"),
        (&|body| body["config"]["url"] = json!("https://user@ci.example.org"), "user name"),
    ];
    for (change, expected) in cases {
        let (status, text) = with(change);
        assert!(status == 422 && text.contains(expected), "{status} {text}: {expected}");
    }
    assert_eq!(asker.get(&hooks).json(), json!([]));

    // A header stays with its host.
    let hook = make(&asker, &repo, "https://ci.example.org/hook", &["push"], json!({ "authorization_header": "Bearer abc" }));
    let moved = asker.json("PATCH", &hook, &json!({ "config": { "url": "https://evil.example/hook" } })).refusal();
    assert!(moved.0 == 422 && moved.1.contains("https://ci.example.org"), "{moved:?}");
    let edit = |body: &Value| asker.json("PATCH", &hook, body);
    assert_eq!(edit(&json!({ "config": { "url": "https://ci.example.org/other" } })).status, 200);
    let changed = edit(
        &json!({ "config": { "url": "https://b.example", "secret": "abc" }, "authorization_header": "", "events": ["status"], "active": false }),
    );
    assert_eq!((changed.status, &changed.json()["events"], &changed.json()["state"]), (200, &json!(["status"]), &json!("off")));
    assert_eq!(
        (&changed.json()["signed"], &changed.json()["config"]["content_type"]),
        (&json!(true), &json!("json")),
        "what is not named stays"
    );

    for _ in 1..30 {
        make(&asker, &repo, "https://ci.example.org/hook", &["push"], json!({}));
    }
    let full = asker.json("POST", &hooks, &new("https://ci.example.org")).refusal();
    assert!(full.1.contains("30 webhooks"), "{full:?}");
    assert_eq!(asker.get(&format!("{hooks}?limit=50")).json().as_array().unwrap().len(), 30);
    server.stop().await.unwrap();
}
