//! Webhooks as their receivers see them: real pushes, real requests, signatures checked by another program.

mod down;
mod hostile;
mod life;
pub mod receiver;
mod refused;
mod rights;

use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{FakeClock, TestServer};
use serde_json::{Value, json};

use crate::api::Asker;
use crate::support::eventually;

/// Webhooks may send to loopback, and the clock stands until it is moved.
pub fn options(clock: &FakeClock) -> Options {
    let webhooks = Outbound { hosts: Vec::new(), permit: vec!["127.0.0.1".parse().unwrap()] };
    let mut options = Options { webhooks, ..Options::default() };
    options.ports.clock = std::sync::Arc::new(clock.clone());
    options
}

/// Makes an active webhook of a repository; its address in the API.
pub fn make(asker: &Asker, repo: &str, url: &str, events: &[&str], more: Value) -> String {
    let mut new = json!({ "type": "gitea", "active": true, "events": events, "config": { "url": url, "content_type": "json" } });
    for (name, value) in more.as_object().into_iter().flatten() {
        match name.as_str() {
            "secret" | "content_type" => new["config"][name] = value.clone(),
            _ => new[name] = value.clone(),
        }
    }
    let made = asker.json("POST", &format!("/repos/{repo}/hooks"), &new);
    assert_eq!(made.status, 201, "{}", made.text());
    format!("/repos/{repo}/hooks/{}", made.json()["id"])
}

/// What was announced before has its place in the log.
pub async fn in_order(server: &TestServer) {
    let store = &server.server.app.store;
    eventually("the log is in order and told", async || {
        store.count_outbox().await.unwrap() == 0 && !store.has_undelivered().await.unwrap()
    })
    .await;
}

/// State of each delivery with what it is about, the oldest event first.
pub fn told(asker: &Asker, hook: &str) -> Vec<(String, String)> {
    let list = asker.get(&format!("{hook}/deliveries?limit=50")).json();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().rev().map(|one| (text(one, "state"), text(one, "about"))).collect()
}

/// Waits until a webhook has nothing left to send.
pub async fn all_sent(asker: &Asker, hook: &str) {
    eventually("all is sent", async || {
        let told = told(asker, hook);
        !told.is_empty() && told.iter().all(|(state, _)| state == "done")
    })
    .await;
}
