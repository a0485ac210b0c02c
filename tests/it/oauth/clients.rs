//! Other people's clients: Authlib, a client of OAuth 2 and OpenID Connect for Python.

use hardie_testkit::{TestServer, tools};
use serde_json::json;

use super::register;
use crate::api::Asker;

const SCRIPT: &str = include_str!("authlib.py");

#[tokio::test(flavor = "multi_thread")]
async fn authlib_signs_somebody_in_and_knows_who_it_is() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    assert_eq!(owner.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    let (id, secret) = register(&server, &ann, json!({ "redirect_uris": ["http://127.0.0.1/done"] }));
    let mut command = ann.git.command(tools::python().unwrap());
    command.args(["-c", SCRIPT, &server.url(), "http://forge.test", &id, &secret, &ann.name, &ann.password]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    server.stop().await.unwrap();
}
