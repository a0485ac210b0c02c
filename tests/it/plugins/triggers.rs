//! Plugins that mark commits: one that asks a build server, which ends what it was asked for, and one that names projects.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, tools};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::sends::{ok, outbound, room};
use super::upload;
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

/// HMAC-SHA-256 as RFC 2104 writes it, for keys below a block: what a build server's own library says.
fn hmac(key: &str, body: &str) -> String {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|at| key.as_bytes().get(at).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::digest([pad(0x36).as_slice(), body.as_bytes()].concat());
    let outer = Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A header of a request, by its name in lower case.
fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let found = lines.filter_map(|line| line.split_once(": ")).find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).unwrap_or_else(|| panic!("no {name} in {request}"))
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// What a build server does with a result: the address and the context are those that it was told.
fn report(asker: &Asker, asked: &Value, state: &str) {
    let (url, context) = (asked["status"]["url"].as_str().unwrap(), &asked["status"]["context"]);
    let path = url.split_once("/api/v1").unwrap().1;
    let answer = asker.json("POST", path, &json!({ "state": state, "context": context, "target_url": "https://ci.example/log" }));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_built_elsewhere_and_its_commit_has_the_result() {
    let builder: Arc<OnceLock<Asker>> = Arc::default();
    let reports = builder.clone();
    let (address, heard) = room(move |request| {
        let asked: Value = serde_json::from_str(body(request)).unwrap_or_default();
        if asked["branch"] == "quick" {
            // Done before it says that it was asked.
            report(reports.get().unwrap(), &asked, "success");
        }
        ok(r#"{"target_url": "https://ci.example/builds/7"}"#)
    });
    let server = TestServer::start_with(Options { outbound: outbound(&[format!("POST {address}")]), ..Options::default() }).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    assert!(builder.set(Asker::new(&server, Some(&ann))).is_ok());
    let digest = upload(&admin, &std::fs::read(tools::plugin("ci-trigger").unwrap()).unwrap());
    let place = format!("/repos/{repo}/plugins");
    let unset = admin.json("POST", &place, &json!({ "digest": digest }));
    assert!(unset.status == 422 && unset.text().contains("url"), "{}", unset.text());
    // Under a name of its own: the context that the build server is told begins with it.
    let config = json!({ "url": format!("{address}/hook"), "server": server.url(), "branches": ["main", "quick"], "paths": ["src/**"] });
    let wish = json!({ "digest": digest, "name": "builds", "config": config, "hosts": [address], "mode": "off" });
    let installed = admin.json("POST", &place, &wish);
    assert_eq!(installed.status, 201, "{}", installed.text());
    let one = format!("{place}/{}", installed.json()["id"]);
    let key = ["hush", "hush", "4711"].join("-");
    assert_eq!(admin.json("PUT", &format!("{one}/secrets/ci"), &json!({ "destination": address, "value": key })).status, 201);
    assert_eq!(admin.json("PATCH", &one, &json!({ "mode": "enforce" })).status, 200);
    assert_eq!(admin.json("PATCH", &format!("{one}/events"), &json!({ "kinds": ["push"] })).status, 200);
    let push = |file: &str, to: &str| {
        let commit = ann.git.commit(&dir, file, "changed\n", &format!("Change {file}")).unwrap();
        ann.git.ok(&dir, &["push", "-q", "origin", &format!("HEAD:refs/heads/{to}")]).unwrap();
        commit
    };
    let statuses = |commit: &str| owner.get(&format!("/repos/{repo}/commits/{commit}/statuses")).json();
    let delivered = async |count: usize| {
        let all = async || {
            let all = owner.get(&format!("{one}/deliveries")).json();
            all.as_array().unwrap().iter().filter(|delivery| delivery["state"] == "done").count()
        };
        eventually("the event is handled", async || all().await == count).await;
    };

    let commit = push("src/a.rs", "main");
    let request = heard.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "X-Hardie-Signature"), format!("sha256={}", hmac(&key, body(&request))));
    assert_ne!(header(&request, "X-Hardie-Signature"), format!("sha256={}", hmac(&key, &format!("{} ", body(&request)))));
    let asked: Value = serde_json::from_str(body(&request)).unwrap();
    assert_eq!(header(&request, "X-Hardie-Timestamp"), asked["time"].to_string());
    assert_eq!((&asked["after"], &asked["repository"], &asked["pusher"]), (&json!(commit), &json!(repo), &json!("ann")));
    assert_eq!(asked["clone_url"], format!("{}/{repo}.git", server.url()));
    delivered(1).await;
    let waits = statuses(&commit);
    assert_eq!((&waits[0]["context"], &waits[0]["status"]), (&json!("builds/build"), &json!("pending")), "{waits}");
    assert_eq!(waits[0]["target_url"], "https://ci.example/builds/7");

    // The result takes the place of the waiting.
    report(&owner, &asked, "failure");
    let whole = owner.get(&format!("/repos/{repo}/commits/{commit}/status")).json();
    assert_eq!((&whole["state"], &whole["total_count"]), (&json!("failure"), &json!(1)), "{whole}");

    // What was not chosen is not asked for.
    push("docs/a.md", "main");
    delivered(2).await;
    push("src/b.rs", "topic");
    delivered(3).await;

    // One that is done before the handler is stays done.
    let quick = push("src/c.rs", "quick");
    heard.recv_timeout(Duration::from_secs(20)).unwrap();
    delivered(4).await;
    let said = statuses(&quick);
    assert_eq!((said.as_array().unwrap().len(), &said[0]["status"]), (1, &json!("success")), "{said}");
    assert!(heard.try_recv().is_err(), "nothing was asked for besides");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_project_that_a_push_touches_has_a_status() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    for (file, text) in [
        ("core/Cargo.toml", "[package]\nname = \"core\"\n"),
        ("app/Cargo.toml", "[package]\nname = \"app\"\n[dependencies]\ncore = { path = \"../core\" }\n"),
        ("web/package.json", "{\"name\": \"web\"}"),
    ] {
        ann.git.commit(&dir, file, text, file).unwrap();
    }
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let digest = upload(&admin, &std::fs::read(tools::plugin("affected").unwrap()).unwrap());
    let place = format!("/repos/{repo}/plugins");
    let installed = admin.json("POST", &place, &json!({ "digest": digest, "mode": "monitor" }));
    assert_eq!(installed.status, 201, "{}", installed.text());
    let one = format!("{place}/{}", installed.json()["id"]);
    assert_eq!(admin.json("PATCH", &format!("{one}/events"), &json!({ "kinds": ["push"] })).status, 200);

    ann.git.commit(&dir, "core/src/lib.rs", "// 1\n", "One").unwrap();
    let commit = ann.git.commit(&dir, "web/a.ts", "1\n", "Two").unwrap();
    let told = ann.git.run(&dir, &["push", "origin", "main"]).unwrap().stderr;
    assert!(told.contains("[affected] warning: main: touches core, web"), "{told}");
    let deliveries = || owner.get(&format!("{one}/deliveries")).json();
    eventually("the event is handled", async || deliveries()[0]["state"] == "done").await;
    let shown = || {
        let whole = owner.get(&format!("/repos/{repo}/commits/{commit}/status")).json();
        let of = |status: &Value| ["context", "status", "description"].map(|field| status[field].as_str().unwrap().to_owned());
        whole["statuses"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let expected = [("app", "needs what has changes"), ("core", "has changes"), ("web", "has changes")]
        .map(|(project, why)| [format!("affected/{project}"), "success".to_owned(), why.to_owned()]);
    assert_eq!(shown(), expected);

    // Told again it says the same.
    let again = format!("{one}/deliveries/{}/redeliver", deliveries()[0]["id"]);
    assert_eq!(admin.json("POST", &again, &json!({})).status, 202);
    eventually("it is handled again", async || {
        let all = owner.get(&format!("/repos/{repo}/commits/{commit}/statuses")).json();
        all.as_array().unwrap().len() == 6
    })
    .await;
    assert_eq!(shown(), expected);
    server.stop().await.unwrap();
}
