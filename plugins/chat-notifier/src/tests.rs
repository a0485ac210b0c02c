use hardie_plugin::http::Response;
use hardie_plugin::mock::{Handled, MockCommit, MockEvent, MockPush};
use hardie_plugin::{Error, Failure, Handler as _};
use serde_json::{Value, json};

use super::*;

fn config(more: Value) -> Config {
    let mut all = json!({ "server": "https://git.example.org" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config: Config = serde_json::from_value(all).unwrap();
    assert_eq!(config.errors(), []);
    config
}

fn told(event: MockEvent, more: Value) -> Handled {
    event.answer(200, "ok").handle::<ChatNotifier>(&config(more))
}

fn sent(handled: &Handled) -> Value {
    assert_eq!(handled.result, Ok(()));
    serde_json::from_str(&handled.requests[0].body).unwrap()
}

fn text(event: MockEvent, more: Value) -> String {
    sent(&told(event, more))["text"].as_str().unwrap().to_owned()
}

const MATRIX: &str = r#"{"format": "matrix", "url": "https://matrix.example.org/", "room": "!abc:example.org", "token": "bot"}"#;

fn matrix() -> Value {
    serde_json::from_str(MATRIX).unwrap()
}

#[test]
fn a_push_is_one_message_with_its_newest_commits() {
    let push = MockPush::new().base("First").commit("Sharpen the chisel").commit("Oil the plane\n\nWith care.");
    let handled = told(MockEvent::push(push), json!({}));
    assert_eq!((handled.requests[0].method.as_str(), handled.requests.len()), ("POST", 1));
    assert_eq!(handled.requests[0].url, "https://hooks.slack.com/services/{secret:chat}");
    let body = sent(&handled);
    let lines: Vec<&str> = body["text"].as_str().unwrap().lines().collect();
    assert_eq!(
        lines[0],
        "<https://git.example.org/ann/demo|ann/demo> ann moved branch <https://git.example.org/ann/demo/src/branch/main|main>:\u{200b} 2 new commits"
    );
    assert!(lines[1].starts_with("<https://git.example.org/ann/demo/commit/01000000"), "{lines:?}");
    assert!(lines[1].ends_with("> Oil the plane (Ann Author)") && lines[2].ends_with("> Sharpen the chisel (Ann Author)"), "{lines:?}");
    assert_eq!(lines.len(), 3);
}

#[test]
fn more_commits_than_wanted_are_counted() {
    let push = (0..8).fold(MockPush::new(), |push, _| push.commit("More"));
    let shown = text(MockEvent::push(push.clone()), json!({}));
    assert!(shown.contains("8 new commits") && shown.ends_with("… and 3 more") && shown.lines().count() == 7, "{shown}");
    assert_eq!(text(MockEvent::push(push), json!({ "commits": 0 })).lines().count(), 1);
}

#[test]
fn nobody_is_mentioned_and_nothing_is_formatted_by_what_people_write() {
    let evil = "@everyone <!channel> <@U1> [x](https://evil.example) **b** <b>&amp; \u{202e}`c` @room";
    let event = || MockEvent::push(MockPush::new().commit(MockCommit::new(evil).author("@here <b>", "a@b")));
    let slack = text(event(), json!({}));
    assert!(!slack.contains("@everyone") && !slack.contains("<!") && !slack.contains("<@") && !slack.contains("https://evil"), "{slack}");
    assert!(slack.contains("&lt;!channel&gt;") && slack.contains("&amp;amp;") && slack.contains('\u{fffd}'), "{slack}");
    let discord = sent(&told(event(), json!({ "format": "discord", "url": "https://discord.com/api/webhooks/{secret:chat}" })));
    let content = discord["content"].as_str().unwrap();
    assert_eq!(discord["allowed_mentions"], json!({ "parse": [] }));
    assert!(!content.contains("@everyone") && !content.contains("@here") && content.contains("\\[x\\]\\("), "{content}");
    assert!(!content.contains("\\*\\*\\*") && content.contains("\\*\\*b\\*\\*"), "{content}");
    let mattermost = text(event(), json!({ "format": "mattermost", "url": "https://chat.example/hooks/{secret:chat}" }));
    assert!(!mattermost.contains("@here") && !mattermost.contains("](https://evil"), "{mattermost}");
    let matrix = sent(&told(event(), matrix()));
    let html = matrix["formatted_body"].as_str().unwrap();
    assert!(!html.contains("<b>") && !html.contains("@room") && html.contains("&lt;b&gt;") && html.contains("<br>"), "{html}");
    assert!(!matrix["body"].as_str().unwrap().contains("@room"));
    assert_eq!((&matrix["m.mentions"], &matrix["msgtype"]), (&json!({}), &json!("m.notice")));
}

#[test]
fn a_ref_cannot_break_out_of_its_link() {
    let push = MockPush::new().to("refs/heads/f/a\">|)(<b>%2f@x").creating().commit("One");
    for more in [json!({}), json!({ "format": "discord" }), json!({ "format": "mattermost" }), matrix()] {
        let body = sent(&told(MockEvent::push(push.clone()), more));
        let shown = ["text", "content", "formatted_body"].into_iter().find_map(|field| body[field].as_str()).unwrap();
        assert!(shown.contains("src/branch/f%2Fa%22%3E%7C%29%28%3Cb%3E%252f%40x"), "{shown}");
        assert!(!shown.contains("<b>"), "{shown}");
        // In HTML these mean nothing.
        assert!(body["formatted_body"].is_string() || !shown.contains("|)("), "{shown}");
    }
}

#[test]
fn only_chosen_branches_are_told() {
    let on = |name: &str| MockEvent::push(MockPush::new().to(name).creating().commit("One"));
    let asks = |name: &str, more: Value| told(on(name), more).requests.len();
    let chosen = json!({ "branches": ["main", "release/*"], "tags": false });
    assert_eq!(asks("refs/heads/release/1", chosen.clone()), 1);
    assert_eq!(asks("refs/heads/mainly", chosen.clone()), 0);
    assert_eq!(asks("refs/tags/v1", chosen), 0);
    assert_eq!((asks("refs/tags/v1", json!({})), asks("refs/notes/x", json!({}))), (1, 0));
    assert_eq!(asks("refs/heads/main", json!({ "pushes": false })), 0);
}

#[test]
fn deletions_and_new_tags_have_their_words() {
    let gone = text(MockEvent::push(MockPush::new().to("refs/heads/old").base("One").deleting()), json!({ "server": "" }));
    assert_eq!(gone, "*ann/demo* ann deleted branch *old*");
    let tag = text(MockEvent::push(MockPush::new().to("refs/tags/v1").creating().commit("One")), json!({ "server": "", "commits": 0 }));
    assert_eq!(tag, "*ann/demo* ann made tag *v1*:\u{200b} 1 new commit");
    assert_eq!(told(MockEvent::push(MockPush::new().commit("One")).gone(), json!({})).requests.len(), 0, "nothing to look at");
}

#[test]
fn checks_are_told_by_their_states() {
    let sha = "0123456789012345678901234567890123456789";
    let status = |state| MockEvent::status(sha, state, "ci/test", "2 of 70 failed <b>", "https://ci.example/1");
    let shown = text(status("failure"), json!({}));
    let expected = "<https://git.example.org/ann/demo|ann/demo> *failure* of ci/test at \
        <https://git.example.org/ann/demo/commit/0123456789012345678901234567890123456789|0123456>:\u{200b} 2 of 70 failed &lt;b&gt;";
    assert_eq!(shown, expected);
    assert_eq!(told(status("success"), json!({})).requests.len(), 0);
    assert_eq!(told(status("success"), json!({ "statuses": ["success"] })).requests.len(), 1);
}

#[test]
fn repositories_are_told_and_unknown_events_are_not() {
    let payload = json!({
        "repository": { "id": 1, "name": "demo", "full_name": "ann/demo", "owner": { "id": 1, "login": "ann" }, "private": false,
            "archived": false, "default_branch": "main" },
        "actor": { "id": 2, "login": "bob" },
    });
    let event = |kind| MockEvent::new(kind, &payload);
    assert_eq!(text(event("repository.created"), json!({ "server": "" })), "*ann/demo* was made by bob");
    assert_eq!(text(event("repository.renamed"), json!({ "server": "" })), "*ann/demo* has this new name");
    for (kind, more) in
        [("repository.updated", json!({})), ("issue.opened", json!({})), ("repository.created", json!({ "repositories": false }))]
    {
        assert_eq!(told(event(kind), more).requests.len(), 0, "{kind}");
    }
}

#[test]
fn matrix_is_asked_by_token_and_names_the_message() {
    let handled = told(MockEvent::push(MockPush::new().commit("One")), matrix());
    let request = &handled.requests[0];
    let expected = "https://matrix.example.org/_matrix/client/v3/rooms/%21abc%3Aexample.org/send/m.room.message/hardie-1";
    assert_eq!((request.method.as_str(), request.url.as_str()), ("PUT", expected));
    assert!(request.headers.contains(&("Authorization".to_owned(), "Bearer {secret:bot}".to_owned())));
}

#[test]
fn what_a_chat_answers_decides_what_comes_next() {
    let event = MockEvent::push(MockPush::new().commit("One"));
    let ends = |status: u16| event.clone().answer(status, "the address is …").handle::<ChatNotifier>(&config(json!({}))).result;
    assert_eq!(ends(204), Ok(()));
    assert_eq!(ends(404), Err(Failure::permanent("the chat answered 404")));
    assert_eq!(ends(503), Err(Failure::retry("the chat answered 503")));
    let slow = Response { status: 429, headers: vec![("retry-after".into(), "1.5".into())], body: Vec::new() };
    let asked = event.clone().answer_with(Ok(slow)).handle::<ChatNotifier>(&config(json!({}))).result;
    assert_eq!(asked, Err(Failure::retry_after(std::time::Duration::from_secs(2), "the chat answered 429")));
    let denied = event.answer_with(Err(Error::coded("denied", "no host is granted"))).handle::<ChatNotifier>(&config(json!({}))).result;
    assert_eq!(denied, Err(Failure::permanent("no host is granted")));
}

#[test]
fn a_long_message_stays_within_discords_bound() {
    let long = "w".repeat(500);
    let push = (0..12).fold(MockPush::new(), |push, n| push.and_to(&format!("refs/heads/{n}-{long}")).commit(long.as_str()).commit("x"));
    let body = sent(&told(MockEvent::push(push.commit("y")), json!({ "format": "discord", "commits": 20 })));
    let content = body["content"].as_str().unwrap();
    assert!(content.chars().count() <= 2000 && content.ends_with('…'), "{}", content.len());
}

#[test]
fn settings_that_cannot_work_are_refused_each_by_name() {
    let fields = |more: Value| {
        let config: Config = serde_json::from_value(more).unwrap();
        ChatNotifier::validate(&config).err().unwrap_or_default().into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(json!({})), [""; 0]);
    assert_eq!(
        fields(json!({ "url": "ftp://x", "server": "https://a|b", "commits": 21, "statuses": ["bad"] })),
        ["url", "server", "commits", "statuses"]
    );
    assert_eq!(fields(json!({ "format": "matrix", "token": "" })), ["room", "token", "url"]);
    assert!(serde_json::from_value::<Config>(json!({ "urls": "" })).is_err());
}
