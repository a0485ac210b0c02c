use hardie_plugin::http::Response;
use hardie_plugin::mock::{Handled, MockCommit, MockEvent, MockPush};
use hardie_plugin::{Error, Failure, Handler as _};
use serde_json::{Value, json};

use super::*;

fn config(more: Value) -> Config {
    let mut all = json!({ "url": "https://ci.example.org/hook", "server": "https://git.example.org/" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config: Config = serde_json::from_value(all).unwrap();
    assert_eq!(config.errors(), []);
    config
}

fn pushed() -> MockPush {
    MockPush::new().base("First").commit(MockCommit::new("Second").file("src/a.rs", "1"))
}

fn handled(push: MockPush, more: Value) -> Handled {
    MockEvent::push(push).answer(202, "").handle::<CiTrigger>(&config(more))
}

fn asks(push: MockPush, more: Value) -> usize {
    handled(push, more).requests.len()
}

#[test]
fn a_push_asks_for_a_build_and_its_commit_waits() {
    let handled = handled(pushed(), json!({ "token": "jenkins" }));
    assert_eq!(handled.result, Ok(()));
    let request = &handled.requests[0];
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://ci.example.org/hook"));
    let header = |name: &str| request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(header("X-Hardie-Signature"), Some("sha256={hmac-sha256:ci}"));
    assert_eq!(header("X-Hardie-Timestamp"), Some("1700000000000"));
    assert_eq!(header("Authorization"), Some("Bearer {secret:jenkins}"));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let commit = handled.statuses[0].commit.to_string();
    assert_eq!(body["time"], json!(1_700_000_000_000_i64), "what is signed holds the time");
    assert_eq!((&body["after"], &body["branch"], &body["tag"]), (&json!(commit), &json!("main"), &Value::Null));
    assert_eq!(body["clone_url"], "https://git.example.org/ann/demo.git");
    assert_eq!(body["status"]["url"], format!("https://git.example.org/api/v1/repos/ann/demo/statuses/{commit}"));
    assert_eq!(body["status"]["context"], "plugin/build", "the name under which it is installed stands before it");
    let status = &handled.statuses[0];
    assert_eq!((status.state.as_str(), status.context.as_str()), ("pending", "build"));
    assert_eq!(handled.statuses.len(), 1);
}

#[test]
fn the_answer_may_say_more_than_that_it_came() {
    let said = |status: u16, body: &str| {
        let handled = MockEvent::push(pushed()).answer(status, body).handle::<CiTrigger>(&config(json!({})));
        assert_eq!(handled.result, Ok(()));
        let status = handled.statuses[0].clone();
        (status.state, status.target_url)
    };
    let is = |state: &str, url: &str| (state.to_owned(), url.to_owned());
    assert_eq!(said(200, r#"{"target_url": "https://ci.example.org/7", "n": 7}"#), is("pending", "https://ci.example.org/7"));
    assert_eq!(said(200, r#"{"state": "skipped"}"#), is("skipped", ""));
    assert_eq!(said(201, r#"{"state": "success", "target_url": "javascript:alert(1)"}"#), is("success", ""));
    assert_eq!(said(200, r#"{"state": "excellent"}"#), is("pending", ""));
    for body in ["", "queued", "[]", r#"{"state": 3}"#] {
        assert_eq!(said(200, body), is("pending", ""), "{body}");
    }
    assert_eq!(said(404, r#"{"state": "success"}"#), is("error", ""), "who refuses has built nothing");
}

#[test]
fn a_server_that_is_busy_or_gone_is_asked_again() {
    let event = |answer| MockEvent::push(pushed()).answer_with(answer).handle::<CiTrigger>(&config(json!({})));
    let busy = Response { status: 429, headers: vec![("retry-after".into(), "30".into())], body: Vec::new() };
    let handled = event(Ok(busy));
    assert!(matches!(handled.result, Err(Failure::Retry(Some(after), _)) if after.as_secs() == 30) && handled.statuses.is_empty());
    assert!(matches!(event(Err(Error::coded("failed", "gone"))).result, Err(Failure::Retry(None, _))));
    assert!(matches!(event(Err(Error::coded("denied", "not granted"))).result, Err(Failure::Permanent(_))));
}

#[test]
fn only_what_is_chosen_is_built() {
    let to = |name: &str| pushed().to(name);
    assert_eq!(
        (asks(to("refs/heads/topic"), json!({})), asks(to("refs/tags/v1"), json!({})), asks(to("refs/notes/x"), json!({}))),
        (1, 0, 0)
    );
    let chosen = json!({ "branches": ["main", "release/*"], "tags": ["v*"] });
    for (name, wanted) in [("heads/release/1", 1), ("heads/mainly", 0), ("tags/v2", 1), ("tags/x", 0)] {
        assert_eq!(asks(to(&format!("refs/{name}")), chosen.clone()), wanted, "{name}");
    }
    assert_eq!(asks(pushed().deleting(), json!({})), 0);
    let paths = |paths: Value| asks(pushed(), json!({ "paths": paths }));
    assert_eq!((paths(json!(["src/**"])), paths(json!(["docs/**"])), paths(json!(["*.rs"]))), (1, 0, 1));
    let new = pushed().to("refs/heads/new").creating();
    assert_eq!(asks(new, json!({ "paths": ["docs/**"] })), 1, "with nothing to compare with all counts as changed");
}

#[test]
fn a_build_can_be_asked_not_to_happen() {
    let marked = || MockPush::new().base("First").commit("Typo\n\n[skip ci]");
    assert_eq!((asks(marked(), json!({})), asks(marked(), json!({ "skip": false }))), (0, 1));
    assert_eq!(asks(pushed().option("ci.skip"), json!({})), 0);
}

#[test]
fn a_push_of_many_refs_asks_for_twenty_builds() {
    let push = (0..25).fold(pushed(), |push, n| push.and_to(&format!("refs/heads/b{n}")));
    let event = (0..25).fold(MockEvent::push(push), |event, _| event.answer(200, ""));
    let handled = event.handle::<CiTrigger>(&config(json!({})));
    assert_eq!((handled.result, handled.requests.len()), (Ok(()), 20));
}

#[test]
fn other_events_ask_for_nothing() {
    let status = MockEvent::status(&"1".repeat(40), "success", "x", "", "").handle::<CiTrigger>(&config(json!({})));
    let other = MockEvent::new("repository.later", &json!({})).handle::<CiTrigger>(&config(json!({})));
    assert!(status.requests.is_empty() && other.requests.is_empty() && other.result == Ok(()));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_their_field() {
    let wrong = |more: Value| {
        let config: Config = serde_json::from_value(more).unwrap();
        CiTrigger::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    assert_eq!(wrong(json!({})), ["url"], "where to has no default");
    let base = |field: &str, value: Value| json!({ "url": "https://ci.example.org", field: value });
    for (field, value) in [
        ("url", json!("ftp://ci")),
        ("server", json!("git.example.org")),
        ("secret", json!("")),
        ("secret", json!("A b")),
        ("token", json!("a/b")),
        ("branches", json!([""])),
        ("paths", json!(vec!["x"; 101])),
        ("context", json!(" ")),
        ("context", json!("x".repeat(151))),
    ] {
        assert_eq!(wrong(base(field, value)), [field]);
    }
}
