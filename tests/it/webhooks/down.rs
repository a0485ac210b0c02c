//! A receiver that does not answer holds all that waits: nothing is lost, and the order stays.

use hardie_app::ports::Clock as _;
use hardie_testkit::{FakeClock, TestServer};
use serde_json::{Value, json};

use super::receiver::{Does, Receiver, SIGNED, verified};
use super::{all_sent, in_order, make, options, told};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

/// Moves the clock to the next attempt and waits until its end; how many seconds passed, `None` if the webhook is not paused any more.
async fn next_attempt(asker: &Asker, hook: &str, clock: &FakeClock, receiver: &Receiver) -> Option<i64> {
    let (sent, shown) = (receiver.heard().len(), asker.get(hook).json());
    if shown["state"] != "paused" {
        return None;
    }
    let until = hardie_api_types::Time(shown["paused_until"].as_str().unwrap().to_owned()).timestamp().unwrap();
    let passed = (until.0 - clock.now().0) / 1000 + 1;
    clock.advance(passed);
    // While an attempt is under way the clock stands: its lease would run out.
    eventually("another attempt was made, and its end is written", async || {
        receiver.heard().len() > sent && told(asker, hook).iter().all(|(state, _)| state != "running")
    })
    .await;
    Some(passed)
}

async fn paused(asker: &Asker, hook: &str) {
    eventually("the webhook is paused", async || asker.get(hook).json()["state"] == "paused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_misses_in_a_day_of_errors_comes_afterwards_in_order() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock)).await.unwrap();
    let receiver = Receiver::new(Does::Answer(500, String::new()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let secret = format!("a secret for {}", "a day");
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({ "secret": secret }));
    let push = |n: usize| {
        let id = ann.git.commit(&dir, "a.txt", &format!("{n}\n"), "Change").unwrap();
        ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
        id
    };
    let mut pushed = vec![push(0)];
    paused(&asker, &hook).await;
    // All ways of not answering, one after the other.
    let ways = [
        Does::Answer(503, "Retry-After: 90\r\n".to_owned()),
        Does::Answer(429, String::new()),
        Does::Bytes(Vec::new()),
        Does::Bytes(b"ssh-2.0 hello\r\n".to_vec()),
        Does::Hang,
        Does::Answer(500, String::new()),
    ];
    let (mut passed, mut attempts) = (0, 1);
    while passed < 86_400 {
        receiver.becomes(ways[attempts.min(ways.len()) - 1].clone());
        passed += next_attempt(&asker, &hook, &clock, &receiver).await.unwrap();
        attempts += 1;
        if attempts % 3 == 0 {
            pushed.push(push(attempts));
        }
    }
    in_order(&server).await;
    let shown = asker.get(&hook).json();
    assert_eq!((shown["waiting"].as_u64().unwrap() as usize, &shown["dead"]), (pushed.len(), &json!(0)), "{shown}");
    assert!(shown["reason"].as_str().unwrap().contains("does not answer") && attempts < 20, "{attempts} attempts: {shown}");
    let failed = receiver.heard();
    assert!(failed.iter().all(|one| one.body == failed[0].body && one.header("webhook-id") == failed[0].header("webhook-id")));
    let numbers: Vec<usize> = failed.iter().map(|one| one.header("x-hardie-attempt").parse().unwrap()).collect();
    assert_eq!(numbers, (1..=attempts).collect::<Vec<_>>());
    receiver.becomes(Does::Answer(204, String::new()));
    next_attempt(&asker, &hook, &clock, &receiver).await.unwrap();
    all_sent(&asker, &hook).await;
    let taken: Vec<_> = receiver.heard().split_off(failed.len());
    let order: Vec<String> = taken.iter().map(|one| one.json()["after"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, pushed, "nothing is lost, nothing comes twice, and the order is kept");
    assert!(taken.iter().all(|one| verified(one, &secret) == SIGNED));
    assert_eq!((&asker.get(&hook).json()["state"], &asker.get(&hook).json()["reason"]), (&json!("active"), &json!("")));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_an_answer_even_if_what_follows_it_is_cut_off() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::new(Does::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({}));
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    all_sent(&asker, &hook).await;
    assert_eq!(receiver.heard().len(), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_did_not_answer_says_nothing_about_the_next() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let (before, after) = (Receiver::new(Does::Hang), Receiver::ok());
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &before.url, &["push"], json!({}));
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("the first address is asked", async || before.heard().len() == 1).await;
    let change = json!({ "config": { "url": after.url } });
    assert_eq!(asker.json("PATCH", &hook, &change).status, 200);
    // The clock stands: after a pause nothing would come.
    all_sent(&asker, &hook).await;
    assert_eq!((after.heard().len(), after.heard()[0].header("x-hardie-attempt")), (1, "2"));
    assert_eq!(after.heard()[0].body, before.heard()[0].body);
    assert_eq!(asker.get(&hook).json()["state"], "active");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_branch_that_was_merged_before_it_could_be_told_says_that_commits_are_missing() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock)).await.unwrap();
    let receiver = Receiver::new(Does::Answer(500, String::new()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({}));
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/same"]).unwrap();
    paused(&asker, &hook).await;
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/topic"]).unwrap();
    let last = ann.git.commit(&dir, "a.txt", "2\n", "Two").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    in_order(&server).await;
    receiver.becomes(Does::Answer(200, String::new()));
    next_attempt(&asker, &hook, &clock, &receiver).await.unwrap();
    all_sent(&asker, &hook).await;
    let told: Vec<Value> = receiver.heard().iter().skip(1).map(super::receiver::Heard::json).collect();
    let of = |one: &Value| (one["ref"].clone(), one["commits"].as_array().unwrap().len(), one["truncated"].clone());
    let branch = |name: &str| json!(format!("refs/heads/{name}"));
    assert_eq!(of(&told[0]), (branch("same"), 0, json!(false)), "it brought nothing, and nothing is missing");
    assert_eq!(of(&told[1]), (branch("topic"), 0, json!(true)), "which were its own nobody can tell any more");
    assert_eq!((of(&told[2]), &told[2]["after"]), ((branch("main"), 2, json!(false)), &json!(last)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_days_what_waits_is_parked_and_told_until_somebody_resumes_it() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock)).await.unwrap();
    let receiver = Receiver::new(Does::Answer(502, String::new()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({}));
    let first = ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    paused(&asker, &hook).await;
    let mut passed = 0;
    while let Some(more) = next_attempt(&asker, &hook, &clock, &receiver).await {
        passed += more;
    }
    let parked = asker.get(&hook).json();
    assert_eq!((&parked["state"], &parked["waiting"], &parked["paused_until"]), (&json!("parked"), &json!(1), &Value::Null));
    assert!((60..=72).contains(&(passed / 3600)), "after {} hours", passed / 3600);
    assert!(parked["reason"].as_str().unwrap().contains("three days"), "{parked}");
    let root = server.admin("root").await.unwrap();
    let audit = Asker::new(&server, Some(&root)).get("/admin/audit?action=webhook").text();
    assert!(
        audit.contains("webhook.park") && audit.contains("webhook.create") && !audit.contains(&format!("{}/", receiver.url)),
        "{audit}"
    );

    // What happens meanwhile is held, and nobody asks the receiver.
    let sent = receiver.heard().len();
    let second = ann.git.commit(&dir, "a.txt", "2\n", "Two").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    clock.advance(7 * 86_400);
    in_order(&server).await;
    eventually("it waits", async || asker.get(&hook).json()["waiting"] == 2).await;
    receiver.becomes(Does::Answer(200, String::new()));
    assert_eq!(receiver.heard().len(), sent);
    assert_eq!(asker.json("POST", &format!("{hook}/resume"), &json!({})).json()["state"], "active");
    all_sent(&asker, &hook).await;
    let taken: Vec<_> = receiver.heard().split_off(sent).iter().map(|one| one.json()["after"].clone()).collect();
    assert_eq!(taken, [json!(first), json!(second)]);
    server.stop().await.unwrap();
}
