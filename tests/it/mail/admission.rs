//! Servers that answer only those who have signed in.

use hardie_testkit::{Options, TestServer};

use super::Asker;
use crate::api::sweep::operations;

/// What the UI must have before anybody signs in, and nothing more.
const BEFORE: [&str; 4] = ["getVersion", "getGeneralAPISettings", "getHardieSettings", "getAccountSettings"];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_anything_where_signing_in_is_asked_for() {
    let server = TestServer::start_with(Options { require_sign_in: true, ..Options::default() }).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "main", "hello\n", "Begin").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let document = by_ann.send("GET", "/api/openapi.json", &[], b"").json();
    let mut wrong = Vec::new();
    for (id, method, address) in operations(&document) {
        let answer = nobody.get(&address);
        if method == "GET" && answer.status != if BEFORE.contains(&id.as_str()) { 200 } else { 401 } {
            wrong.push(format!("{id}: {} {}", answer.status, answer.text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for path in [
        "/api/openapi.json",
        "/api/docs",
        "/swagger.v1.json",
        "/ann/tool/raw/branch/main/main",
        "/ann/tool/archive/main.tar.gz",
        "/ann/tool.git/info/refs?service=git-upload-pack",
        "/ann/tool.git/info/lfs/locks",
        "/plugins/1/",
        "/metrics",
    ] {
        assert_eq!(nobody.send("GET", path, &[], b"").status, 401, "{path}");
    }
    assert_eq!(by_ann.send("GET", "/metrics", &[], b"").status, 200);
    for path in ["/healthz", "/readyz", "/login/forgot"] {
        assert_eq!(nobody.send("GET", path, &[], b"").status, 200, "{path}");
    }
    // A cookie of a session that ended is nobody's.
    assert_eq!(nobody.send("GET", "/api/v1/repos/ann/tool", &[("cookie", "hardie_session=gone")], b"").status, 401);
    let session = super::post(&nobody, "/user/sessions", &serde_json::json!({ "username": "ann", "password": ann.password }));
    assert_eq!(session.status, 201);
    assert_eq!(by_ann.get("/repos/ann/tool").status, 200);
    ann.git.ok(&dir, &["fetch", "-q", &server.http_remote("ann/tool")]).unwrap();
    ann.git.ok(&dir, &["fetch", "-q", &server.ssh_remote("ann/tool")]).unwrap();
    server.stop().await.unwrap();
}
