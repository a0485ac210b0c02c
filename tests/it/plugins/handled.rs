//! A real component that handles events: from a push to what it wrote.

use bytes::Bytes;
use hardie_domain::ids::InstallationId;
use hardie_store::plugin_state::StateOf;
use hardie_testkit::TestServer;
use serde_json::json;

use super::upload;
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::{component_with, eventually};

/// A fixture of the world `events`; what it does is about this commit.
fn handler(name: &str, commit: &str) -> Bytes {
    let bytes: String = commit.as_bytes().chunks(2).map(|pair| format!("\\{}", String::from_utf8_lossy(pair))).collect();
    component_with(name, |text| text.replace("@COMMIT@", &bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_handler_writes_is_there_once_and_what_traps_is_tried_again() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let commit = ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    let place = format!("/repos/{repo}/plugins");
    let new = |component: &[u8], name: &str| json!({ "digest": upload(&admin, component), "name": name });
    let writes = new(&handler("event-write", &commit), "writer");
    let refused = owner.json("POST", &place, &writes);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let installed = admin.json("POST", &place, &writes);
    assert_eq!(installed.status, 201, "{}", installed.text());
    let id = installed.json()["id"].clone();
    let trap = admin.json("POST", &place, &new(&handler("event-trap", &commit), "trap")).json()["id"].clone();
    for plugin in [&id, &trap] {
        assert_eq!(admin.json("PATCH", &format!("{place}/{plugin}/events"), &json!({ "kinds": ["push"] })).status, 200);
    }
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let newest = |plugin: &serde_json::Value| owner.get(&format!("{place}/{plugin}/deliveries")).json()[0].clone();
    eventually("it is done", async || newest(&id)["state"] == "done").await;
    let statuses = owner.get(&format!("/repos/{repo}/commits/{commit}/statuses")).json();
    assert_eq!((statuses[0]["context"].as_str(), statuses[0]["status"].as_str()), (Some("writer/ci"), Some("success")), "{statuses}");
    assert_eq!(newest(&id)["text"], "");
    assert!(newest(&id)["fuel"].as_i64().unwrap() > 0);
    let repo_id = server.server.app.store.find_repo_by_path("ann", "tool").await.unwrap().unwrap().repo.id;
    let of = StateOf { installation: InstallationId(id.as_i64().unwrap()), repo: Some(repo_id) };
    assert_eq!(server.server.app.store.find_state(of, "key").await.unwrap().as_deref(), Some(&b"hostile"[..]));
    eventually("a trap is tried again later", async || newest(&trap)["state"] == "failed").await;
    assert_eq!((newest(&trap)["outcome"].as_str(), newest(&trap)["attempt"].as_i64()), (Some("trap"), Some(1)));
    server.stop().await.unwrap();
}
