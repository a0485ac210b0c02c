//! What Gitea has and this server has not is named, not passed over in silence.

use hardie_testkit::TestServer;
use serde_json::json;

use super::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_would_promise_more_protection_than_there_is_is_refused_by_name() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let rules = "/repos/ann/tool/branch_protections";
    for (field, value) in [
        ("push_whitelist_teams", json!(["makers"])),
        ("approvals_whitelist_teams", json!(["makers"])),
        ("push_whitelist_usernames", json!(["nobody-at-all"])),
        ("status_check_contexts", json!([""])),
        ("protected_file_patterns", json!("[ab].lock")),
        ("required_approvals", json!(-1)),
        ("require_code_owners", json!(true)),
    ] {
        let answer = asker.json("POST", rules, &json!({ "rule_name": "main", field: value }));
        assert_eq!((answer.status, &answer.json()["field"]), (422, &json!(field)), "{}", answer.text());
    }
    // As terraform and tea send what they do not want.
    let quiet = json!({ "rule_name": "main", "enable_push": true, "required_approvals": 0, "require_signed_commits": false,
        "protected_file_patterns": "", "push_whitelist_usernames": [], "status_check_contexts": null });
    let made = asker.json("POST", rules, &quiet);
    assert_eq!(made.status, 201, "{}", made.text());
    // A client may send back what it was shown.
    assert_eq!(asker.json("PATCH", &format!("{rules}/main"), &made.json()).status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_would_be_something_else_is_refused_by_name() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    for (field, value) in [("template", json!(true)), ("trust_model", json!("committer")), ("license", json!("MIT"))] {
        let answer = asker.json("POST", "/user/repos", &json!({ "name": "tool", field: value }));
        assert_eq!((answer.status, &answer.json()["field"]), (422, &json!(field)), "{}", answer.text());
    }
    let quiet =
        json!({ "name": "tool", "template": false, "trust_model": "default", "license": "", "readme": "Default", "gitignores": "" });
    assert_eq!(asker.json("POST", "/user/repos", &quiet).status, 201);
    let wiki = asker.json("PATCH", "/repos/ann/tool", &json!({ "has_wiki": true }));
    assert_eq!((wiki.status, &wiki.json()["field"]), (422, &json!("has_wiki")));
    assert_eq!(asker.json("PATCH", "/repos/ann/tool", &json!({ "has_wiki": false, "description": "x" })).status, 200);
    let wrong = asker.json("POST", "/user/repos", &json!({ "name": 5 }));
    assert_eq!((wrong.status, &wrong.json()["field"]), (422, &json!("name")));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_giteas_that_is_not_there_yet_says_what_is_missing() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", true).await.unwrap();
    let (asker, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, None));
    let issues = (501, "this server does not have issues yet".to_owned());
    for asked in [&asker, &nobody] {
        // Whether the repository exists is not told.
        assert_eq!(asked.get("/repos/ann/tool/issues").refusal(), issues);
        assert_eq!(asked.get("/repos/ann/nothing/issues").refusal(), issues);
    }
    for (method, path) in [("POST", "diffpatch"), ("GET", "pulls"), ("POST", "pulls")] {
        assert_eq!(asker.json(method, &format!("/repos/ann/tool/{path}"), &json!({})).status, 501, "{method} {path}");
    }
    assert_eq!(asker.get("/nonsense").refusal(), (404, "there is nothing at this address".to_owned()));
    assert_eq!(asker.json("PATCH", "/version", &json!({})).status, 405);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_at_the_ports_top_is_led_to_the_ui_and_others_are_told_what_this_is() {
    let server = TestServer::start().await.unwrap();
    let nobody = Asker::new(&server, None);
    let page = nobody.send("GET", "/", &[("accept", "text/html,*/*;q=0.8")], b"");
    assert_eq!((page.status, page.header("location")), (302, "http://forge.test"));
    let text = nobody.send("GET", "/", &[("accept", "*/*")], b"");
    assert!(text.status == 200 && text.text().contains("/api/v1") && text.text().contains("http://forge.test"), "{}", text.text());
    server.stop().await.unwrap();
}
