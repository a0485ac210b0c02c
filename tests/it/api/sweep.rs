//! Every operation of the description, asked by those who may not: what is described is what is tried, so a new address
//! cannot be forgotten here.

use hardie_testkit::TestServer;
use serde_json::Value;

use super::Asker;

/// Operations that anybody may ask, on anything. This list may only shrink.
pub const OPEN_TO_ALL: [&str; 20] = [
    "beginPasskeySession",
    "confirmSignUp",
    "createPasskeySession",
    "createSession",
    "forgotPassword",
    "getAccountSettings",
    "getGeneralAPISettings",
    "getHardieSettings",
    "getVersion",
    "orgGet",
    "orgGetAll",
    "orgListRepos",
    "repoSearch",
    "resetPassword",
    "signUp",
    "userGet",
    "userListGPGKeys",
    "userListKeys",
    "userListRepos",
    "userVerifyEmail",
];

/// Every operation: id, method and address with the names of things that exist but are not the asker's.
pub fn operations(document: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(_, o)| o["operationId"].is_string()) {
            let names = [
                ("{owner}", "ann"),
                ("{repo}", "tool"),
                ("{org}", "smiths"),
                ("{username}", "ann"),
                ("{id}", "1"),
                ("{token}", "test"),
                ("{basehead}", "main...main"),
            ];
            let mut address = names.iter().fold(path.clone(), |path, (name, value)| path.replace(name, value));
            while let (Some(from), Some(to)) = (address.find('{'), address.find('}')) {
                address.replace_range(from..=to, "main");
            }
            found.push((operation["operationId"].as_str().unwrap().to_owned(), method.to_ascii_uppercase(), address));
        }
    }
    assert!(found.len() > 80, "only {} operations are described", found.len());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_strangers_get_nothing_of_what_is_private() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&ann, "tool", true).await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    owner.json("POST", "/orgs", &serde_json::json!({ "username": "smiths" }));
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "main", "hello\n", "Begin").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let (nobody, stranger) = (Asker::new(&server, None), Asker::new(&server, Some(&bob)));
    let document = nobody.send("GET", "/api/openapi.json", &[], b"").json();
    let mut wrong = Vec::new();
    for (id, method, address) in operations(&document) {
        let body = if matches!(method.as_str(), "GET" | "DELETE") { Value::Null } else { serde_json::json!({}) };
        let anonymous = nobody.json(&method, &address, &body);
        if !OPEN_TO_ALL.contains(&id.as_str()) && !matches!(anonymous.status, 401 | 404) {
            wrong.push(format!("{id} by nobody: {} {}", anonymous.status, anonymous.text()));
        }
        if address.starts_with("/repos/ann/tool") {
            let hidden = stranger.json(&method, &address, &body);
            let absent = stranger.json(&method, &address.replace("/ann/tool", "/ann/none"), &body);
            let text = |a: &super::Answer| a.json()["message"].as_str().unwrap_or_default().replace("none", "tool");
            if hidden.status != absent.status || text(&hidden) != text(&absent) || hidden.status < 400 {
                wrong.push(format!(
                    "{id} by a stranger: {} {} but absent {} {}",
                    hidden.status,
                    hidden.text(),
                    absent.status,
                    absent.text()
                ));
            }
        }
        if anonymous.status >= 500 && anonymous.status != 501 {
            wrong.push(format!("{id} failed: {}", anonymous.text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.stop().await.unwrap();
}
