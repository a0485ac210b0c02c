//! A plugin that answers web requests, in JavaScript and Python.

use hardie_testkit::{Git, TestServer};
use serde_json::{Value, json};

use super::{JS, Language, PYTHON, built, fixtures, tested};
use crate::api::Asker;
use crate::git::with_repo;
use crate::plugins::upload;

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_javascript_answers_web_requests() {
    answers(&JS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_python_answers_web_requests() {
    answers(&PYTHON).await;
}

async fn answers(language: &Language) {
    let git = Git::new("ann").unwrap();
    let project = language.project(&git, "notes", "web");
    language.append(&project, "notes", "handle");
    language.uses(&project, &["state", "caller", "http", "secrets", "clock", "random"]);
    std::fs::copy(fixtures().join("notes.toml"), project.join("tests/all.toml")).unwrap();
    let said = tested(&project).out;
    assert!(said.contains("worlds: web;") && said.contains("2 of 2 scenarios passed"), "{said}");

    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let (owner, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, None));
    let admin = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let place = format!("/repos/{repo}/plugins");
    let digest = upload(&admin, &built(&project));
    let installed = admin.json("POST", &place, &json!({ "digest": digest, "name": "notes" }));
    assert_eq!(installed.status, 201, "{}", installed.text());
    let id = installed.json()["id"].to_string();
    let ask = |who: &Asker, method: &str, path: &str, body: &str| {
        who.send(method, &format!("/plugins/{id}{path}"), &[("x-plugin-note", "for the plugin")], body.as_bytes())
    };

    assert_eq!(ask(&nobody, "GET", "/", "").status, 404);
    assert_eq!(ask(&owner, "PUT", "/", "Öl the plane").status, 204);
    let listed = ask(&owner, "GET", "/", "");
    assert_eq!((listed.status, listed.json(), listed.header("content-type")), (200, json!(["ann"]), "application/json"));
    assert_eq!(ask(&owner, "HEAD", "/", "").status, 200);
    assert_eq!(ask(&owner, "POST", "/", "x").header("allow"), "GET, HEAD, PUT");

    let subject = ann.git.ok(&dir, &["log", "-1", "--format=%s", "main"]).unwrap();
    let wanted = json!(["POST", "/mirror", "x=%20&y", format!("/plugins/{id}"), repo, subject.trim(), "for the plugin", null, "häßlich"]);
    assert_eq!(ask(&owner, "POST", "/mirror?x=%20&y", "häßlich").json(), wanted);
    let (bytes, html) = (ask(&owner, "POST", "/bytes", "\u{0}\u{1}ü"), ask(&owner, "GET", "/page", ""));
    assert_eq!((bytes.status, bytes.body.as_slice()), (200, &b"\x00\x01\xc3\xbc"[..]));
    assert_eq!(html.status, 502, "a page needs an origin of its own");

    // What it wrote before it failed is forgotten, and those who administer it see why.
    assert_eq!(ask(&owner, "DELETE", "/forgotten", "").status, 502);
    let record: Value = owner.get(&format!("{place}/{id}/requests")).json()[0].clone();
    assert_eq!((&record["outcome"], &record["path"]), (&json!("failed"), &json!("/forgotten")), "{record}");
    assert!(record["text"].as_str().unwrap().contains("the chisel is blunt"), "{record}");
    assert!(record["log"].to_string().contains("plugin."), "where it came from: {record}");
    assert_eq!(ask(&owner, "GET", "/denied", "").text(), "StateError denied");
    server.stop().await.unwrap();
}
