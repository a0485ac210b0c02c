//! A policy that asks others while a push waits, in JavaScript and Python.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardie_testkit::Git;
use serde_json::json;

use super::{JS, Language, PYTHON, built, fixtures, tested};
use crate::plugins::online::World;
use crate::plugins::sends::{ok, room};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_javascript_asks_others_while_a_push_waits() {
    asks(&JS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_python_asks_others_while_a_push_waits() {
    asks(&PYTHON).await;
}

async fn asks(language: &Language) {
    let git = Git::new("ann").unwrap();
    let project = language.project(&git, "freeze", "policy-online");
    language.append(&project, "freeze", "check");
    language.uses(&project, &["http", "secrets", "clock"]);
    for scenario in std::fs::read_dir(fixtures().join("freeze")).unwrap() {
        let scenario = scenario.unwrap();
        std::fs::copy(scenario.path(), project.join("tests").join(scenario.file_name())).unwrap();
    }
    let said = tested(&project).out;
    assert!(said.contains("worlds: policy-online;") && said.contains("7 of 7 scenarios passed"), "{said}");

    let state = Arc::new(Mutex::new("frozen"));
    let says = Arc::clone(&state);
    let (room, heard) = room(move |_| ok(*says.lock().unwrap()));
    let world = World::new(None, std::slice::from_ref(&room)).await;
    let one = world.install("freeze", &built(&project), &[&room]);
    let config = json!({ "config": { "url": format!("{room}/state") } });
    let configured = world.admin().json("PATCH", &one, &config);
    assert_eq!(configured.status, 200, "{}", configured.text());
    let push = |branch: &str| {
        world.commit();
        let pushed = world.ann.git.run(&world.dir, &["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")]).unwrap();
        (pushed.ok, pushed.stderr)
    };

    let (through, told) = push("release/1");
    assert!(!through && told.contains("nothing is released at the moment") && told.contains(&format!("keeps {room}/state")), "{told}");
    let asked = heard.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(asked.starts_with("GET /state HTTP/1.1\r\n"), "{asked}");
    assert_eq!(world.newest(&one)["source"], "online");

    let (through, told) = push("main");
    assert!(through && heard.try_recv().is_err(), "nobody is asked who need not be: {told}");

    *state.lock().unwrap() = "open";
    let (through, told) = push("release/1");
    assert!(through, "{told}");
    heard.recv_timeout(Duration::from_secs(20)).unwrap();
    world.server.stop().await.unwrap();
}
