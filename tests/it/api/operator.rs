//! What an operator's probes ask.

use hardie_testkit::TestServer;

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
