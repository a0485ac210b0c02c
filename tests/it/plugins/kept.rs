//! Answers that are kept, through real pushes: a push that is sent again or judged again does not run what would say the same.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_testkit::raw;
use serde_json::{Value, json};

use super::online::{World, asks};
use super::sends::{ok, room};
use super::{file, remote, upload};
use crate::api::Asker;
use crate::support::component;

fn sources(world: &World, one: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = world.admin().get(&format!("{one}/verdicts")).json();
    list.as_array().unwrap().iter().map(|said| (text(&said["outcome"]), text(&said["source"]))).collect()
}

fn pair(outcome: &str, source: &str) -> (String, String) {
    (outcome.to_owned(), source.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_push_after_a_refusal_is_answered_as_before_and_any_change_runs_again() {
    let world = World::new(None, &[]).await;
    let one = world.install("strict", &component("refuse"), &[]);
    world.commit();
    let ((first, said), (second, again)) = (world.push(), world.push());
    assert!(!first && !second && said.contains("nothing may be pushed here"), "{said}");
    assert_eq!(said, again, "the pusher sees the same");
    assert_eq!(sources(&world, &one), [pair("rejected", "cached"), pair("rejected", "run")]);
    let said = world.newest(&one);
    assert_eq!((&said["fuel"], &said["log"]), (&json!(0), &json!([])), "nothing ran: {said}");
    assert!(said["lines"].to_string().contains("nothing may be pushed here"), "{said}");
    let metrics = raw::exchange(&world.server.server.http.to_string(), b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    assert!(metrics.contains("hardie_policy_answers_total{source=\"cached\"} 1\n"), "{metrics}");

    // A dry run over the same push runs, and is no push.
    let policy = file(&world.root, "strict", &component("refuse"));
    let run = remote(&world.server, &world.root, &["replay", &policy, "--repo", &world.repo, "--json"]).json();
    assert!(run["findings"][0]["fuel"].as_i64() > Some(0), "{run}");

    let other = |arguments: &[&str]| {
        let pushed = world.ann.git.run(&world.dir, &[&["push", "-q"], arguments].concat()).unwrap();
        assert!(!pushed.ok, "{}", pushed.stderr);
        let (_, source) = sources(&world, &one).remove(0);
        source
    };
    let ssh = world.server.ssh_remote(&world.repo);
    assert_eq!(other(&["-o", "skip", "origin", "main"]), "run", "another option");
    assert_eq!(other(&["-o", "skip", "origin", "main"]), "cached");
    assert_eq!(other(&["origin", "main:next"]), "run", "another name");
    assert_eq!(other(&[&ssh, "main"]), "run", "another door");
    assert_eq!(other(&["origin", "main"]), "cached");
    let timed = || world.ann.git.fails(&world.dir, &["push", "-o", "plugin-times", "origin", "main"]).unwrap();
    assert!(
        !again.contains("took") && timed().contains("[strict] took ") && timed().contains("answered the same push before"),
        "{}",
        timed()
    );
    assert_eq!(world.admin().json("PATCH", &one, &json!({ "config": { "a": 1 } })).status, 200);
    assert_eq!(other(&["origin", "main"]), "run", "another configuration");
    assert_eq!(world.admin().json("PATCH", &one, &json!({ "mode": "monitor" })).status, 200);
    let (through, said) = world.push();
    assert!(through && said.contains("would be refused"), "the mode is that of now: {said}");
    world.commit();
    assert!(world.push().0);
    assert_eq!(sources(&world, &one).remove(0).1, "run", "another commit, onto another");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_runs_again_and_spares_those_that_had_judged() {
    let world = World::new(None, &[]).await;
    let (good, bad) = (world.install("good", &component("accept"), &[]), world.install("bad", &component("trap"), &[]));
    world.commit();
    for _ in 0..2 {
        assert!(!world.push().0);
    }
    assert_eq!(sources(&world, &good), [pair("accepted", "cached"), pair("accepted", "run")]);
    assert_eq!(sources(&world, &bad), [pair("trap", "run"), pair("trap", "run")]);
    assert_eq!(world.admin().json("PATCH", &bad, &json!({ "mode": "monitor" })).status, 200);
    assert!(world.push().0);
    assert_eq!(sources(&world, &bad).remove(0), pair("trap", "run"));
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_judged_again_since_other_rules_changed_asks_again_only_whom_it_has_to() {
    // The rules of the whole site change while the push waits for its answer.
    let change: Arc<Mutex<Option<(Asker, Value)>>> = Arc::default();
    let changes = change.clone();
    let (room, heard) = room(move |_| {
        let changed = changes.lock().unwrap().take().map(|(admin, new)| admin.json("POST", "/admin/plugins", &new).status);
        assert!(changed.is_none_or(|status| status == 201), "{changed:?}");
        ok("go on")
    });
    let world = World::new(None, std::slice::from_ref(&room)).await;
    let good = world.install("good", &component("accept"), &[]);
    let asking = world.install("asking", &asks(&format!("{room}/state"), "", false), &[&room]);
    let watch = json!({ "digest": upload(&world.admin(), &component("accept")), "name": "watch", "mode": "monitor" });
    *change.lock().unwrap() = Some((world.admin(), watch));
    world.commit();
    let (through, said) = world.push();
    assert!(through, "{said}");
    let asked = || heard.recv_timeout(Duration::from_secs(5)).is_ok();
    assert!(asked() && asked(), "once for each judgement");
    assert_eq!(sources(&world, &good), [pair("accepted", "cached")], "one row for the judgement that counted");
    assert_eq!(sources(&world, &asking), [pair("accepted", "online")]);
    world.server.stop().await.unwrap();
}
