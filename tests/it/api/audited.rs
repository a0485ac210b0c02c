//! Every change through the API leaves a line in the audit log: the story that Gitea's clients are told and one of what they lack, with
//! a look at the log after each step that changes something.

use std::collections::BTreeSet;

use crate::clients::gitea::coverage::{described, reviewed, shape};
use crate::clients::gitea::forge::Forge;
use crate::clients::gitea::steps;

const OWN: &str = include_str!("own.json");
const UNAUDITED: &str = include_str!("unaudited.txt");

#[tokio::test(flavor = "multi_thread")]
async fn every_change_leaves_a_line_in_the_audit_log() {
    let forge = Forge::start().await;
    let asker = forge.asker();
    let mut kept = forge.given.clone();
    let newest = || asker.get("/admin/audit?limit=1").json()[0]["id"].as_i64().unwrap();
    let (mut wrong, mut driven) = (Vec::new(), BTreeSet::new());
    let (unaudited, families) = reviewed(UNAUDITED);
    for step in steps::list().into_iter().chain(steps::parse(OWN)) {
        let (method, path, body) = step.request(&kept);
        let before = newest();
        let answer = asker.json(&method, &path, &body);
        assert_eq!(answer.status, step.status, "{}: {}", step.operation(), answer.text());
        step.keep(&answer.json(), &mut kept);
        if method == "GET" {
            continue;
        }
        let operation = shape(step.operation());
        let left_a_line = newest() > before;
        if left_a_line == unaudited.contains(&operation.as_str()) {
            wrong.push(format!("{operation}: {}", if left_a_line { "unaudited.txt names it, but it is" } else { "no line" }));
        }
        driven.insert(operation);
    }
    let document = asker.send("GET", "/api/openapi.json", &[], b"").json();
    for operation in described(&document).into_iter().filter(|operation| !operation.starts_with("GET ")) {
        let path = operation.split_once(' ').map_or("", |(_, path)| path);
        let is_listed = unaudited.contains(&operation.as_str()) || families.iter().any(|family| path.starts_with(family));
        if !driven.contains(&operation) && !is_listed {
            wrong.push(format!("{operation}: no step of the story; add one, or name it in unaudited.txt with the test that looks"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    forge.server.stop().await.unwrap();
}
