//! Compiled code that somebody altered on the disk while nobody looked.

use hardie_testkit::TestServer;
use serde_json::json;

use super::upload;
use crate::api::Asker;
use crate::support::{component, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn altered_code_never_runs_is_audited_and_compiled_anew() {
    let server = TestServer::start().await.unwrap();
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let repo = server.repo(&ann, "tool", false).await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    let digest = upload(&owner, &component("refuse"));
    let new = json!({ "digest": digest, "name": "guard", "mode": "enforce" });
    assert_eq!(owner.json("POST", &format!("/repos/{repo}/plugins"), &new).status, 201);
    let data = server.stop().await.unwrap();
    let cache = std::fs::read_dir(data.path().join("plugin-cache")).unwrap().next().unwrap().unwrap().path();
    let mut code = std::fs::read(&cache).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    std::fs::write(&cache, code).unwrap();

    let server = TestServer::start_in(data, hardie_testkit::Options::default()).await.unwrap();
    let admin = Asker::new(&server, Some(&root));
    let lines = || admin.get("/admin/audit?action=plugin.altered").json();
    eventually("a line of audit", async || !lines().as_array().unwrap().is_empty()).await;
    assert!(lines()[0]["detail"].as_str().unwrap().contains(&digest), "{}", lines());
    let dir = ann.git.init("tool").unwrap();
    ann.git.commit(&dir, "a.txt", "a\n", "Say a").unwrap();
    eventually("it judges again", async || {
        let pushed = ann.git.run(&dir, &["push", &server.http_remote(&repo), "HEAD:refs/heads/main"]).unwrap();
        assert!(!pushed.ok, "what is enforced holds all the while: {}", pushed.stderr);
        let judged = !pushed.stderr.contains("unavailable");
        assert!(!judged || pushed.stderr.contains("guard"), "{}", pushed.stderr);
        judged
    })
    .await;
    assert_eq!(lines().as_array().unwrap().len(), 1);
    server.stop().await.unwrap();
}
