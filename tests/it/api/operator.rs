//! What an operator's probes ask.

use hardie_testkit::{TestServer, process};

use super::Asker;

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_answer_without_a_credential_and_without_secrets() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (nobody, asker) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    assert_eq!(nobody.send("GET", "/healthz", &[], b"").text(), "ok\n");
    let ready = nobody.send("GET", "/readyz", &[], b"");
    assert_eq!((ready.status, ready.text().as_str()), (200, "database: ok\nmigrations: ok\npacks: ok\n"));
    asker.get("/user?token=very-secret");
    let metrics = nobody.send("GET", "/metrics", &[], b"");
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert!(
        metrics.text().contains("hardie_http_requests_total{route=\"/api/v1/user\",method=\"GET\",status=\"200\"} 1\n"),
        "{}",
        metrics.text()
    );
    assert!(!metrics.text().contains("secret") && !metrics.text().contains(&ann.token));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_is_one_that_gitea_s_clients_can_compare() {
    let server = TestServer::start().await.unwrap();
    let nobody = Asker::new(&server, None);
    let version = nobody.get("/version").json()["version"].as_str().unwrap().to_owned();
    assert!(version.starts_with("1.24.0+hardie.") && !version.contains("gitea-"), "{version}");
    assert_eq!(nobody.get("/settings/api").json()["max_response_items"], 50);
    let document = nobody.send("GET", "/api/openapi.json", &[], b"");
    assert_eq!(document.body, nobody.send("GET", "/swagger.v1.json", &[], b"").body);
    assert_eq!(document.json()["openapi"], "3.1.0");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_must_be_changed_is_not_promised() {
    let server = TestServer::start().await.unwrap();
    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let new = |name: &str, must: Option<bool>| {
        let mut body = serde_json::json!({ "username": name, "email": format!("{name}@example.org"), "password": "correct horse battery" });
        if let Some(must) = must {
            body["must_change_password"] = must.into();
        }
        root.json("POST", "/admin/users", &body)
    };
    let refused = new("ann", Some(true)).refusal();
    assert!(refused.0 == 422 && refused.1.starts_with("must_change_password: "), "{refused:?}");
    assert_eq!(root.get("/users/ann").status, 404);
    assert_eq!((new("ann", Some(false)).status, new("bob", None).status), (201, 201));
    let edit =
        |must: bool| root.json("PATCH", "/admin/users/ann", &serde_json::json!({ "must_change_password": must, "full_name": "Ann" }));
    assert_eq!((edit(true).status, edit(false).status), (422, 200));
    server.stop().await.unwrap();
}

#[test]
fn administration_of_a_mistyped_folder_is_refused_and_makes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    for command in [&["verify"][..], &["user", "list"], &["token", "create", "ann", "--name", "t", "--scopes", "all"]] {
        let said = process::admin(&data, command, "").unwrap_err().to_string();
        assert!(said.contains(&format!("no server's data in {}", data.display())), "{said}");
        assert!(!data.exists());
    }
    std::fs::write(place.path().join("thesis.txt"), "x").unwrap();
    let create = ["user", "create", "ann", "--email", "ann@example.org", "--password-stdin"];
    let said = process::admin(place.path(), &create, "correct horse battery\n").unwrap_err().to_string();
    assert!(said.contains("thesis.txt") && !place.path().join("hardie.db").exists(), "{said}");
    // The first user comes before the first start, and what is not there is refused by its name.
    process::admin(&data, &create, "correct horse battery\n").unwrap();
    assert!(process::admin(&data, &["verify", "--data-dir", data.to_str().unwrap()], "").is_ok());
    assert!(process::admin(&data, &["user", "disable", "bob"], "").unwrap_err().to_string().contains("there is no user bob"));
    let there = process::admin(&data, &["export", "ann/tool", place.path().to_str().unwrap()], "").unwrap_err().to_string();
    assert!(there.contains("is there already"), "{there}");
    assert!(
        process::admin(&data, &["export", "ann/tool", "/nonexistent/x"], "").unwrap_err().to_string().contains("no repository ann/tool")
    );
}
