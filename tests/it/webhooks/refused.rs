//! What a receiver refuses is its verdict about that delivery: the next follows.

use hardie_testkit::{FakeClock, Options, TestServer};
use serde_json::{Value, json};

use super::receiver::{Does, Receiver};
use super::{all_sent, in_order, make, options, told};
use crate::api::Asker;
use crate::git::with_repo;
use crate::mail::server::Smtp;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_three_times_is_given_up_and_the_next_follows() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock)).await.unwrap();
    let receiver = Receiver::new(Does::Refuse("\"one\"".to_owned()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["create"], json!({}));
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/one", "main:refs/heads/two"]).unwrap();
    for attempt in 1..=3 {
        eventually("it is refused", async || receiver.heard().len() >= attempt).await;
        eventually("its end is written", async || {
            let first = asker.get(&format!("{hook}/deliveries")).json()[1].clone();
            first["outcome"] == "refused" && first["attempt"] == attempt
        })
        .await;
        assert_eq!(asker.get(&hook).json()["state"], "active", "the receiver answers");
        if attempt < 3 {
            assert_eq!(receiver.heard().len(), attempt, "the next waits behind it");
            clock.advance(75);
        }
    }
    eventually("the next is taken", async || told(&asker, &hook).iter().map(|(state, _)| state.as_str()).eq(["dead", "done"])).await;
    let dead = asker.get(&format!("{hook}/deliveries?state=dead")).json()[0].clone();
    assert_eq!((&dead["text"], &dead["about"]), (&json!("it answered 422"), &json!("create refs/heads/one")));
    // It can be had again.
    receiver.becomes(Does::Answer(200, String::new()));
    assert_eq!(asker.json("POST", &format!("{hook}/deliveries/{}/redeliver", dead["id"]), &json!({})).status, 202);
    all_sent(&asker, &hook).await;
    assert_eq!(receiver.heard().last().unwrap().body, receiver.heard()[0].body);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_switches_its_webhook_off() {
    let smtp = Smtp::plain();
    let options = Options { mail: Some(smtp.settings()), ..options(&FakeClock::default()) };
    let server = TestServer::start_with(options).await.unwrap();
    let receiver = Receiver::new(Does::Answer(410, String::new()));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    // The token's and the key's: mails overtake each other.
    smtp.nth("ann@example.org", 2).await;
    in_order(&server).await;
    let hook = make(&asker, &repo, &receiver.url, &["create"], json!({}));
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/one", "main:refs/heads/two"]).unwrap();
    eventually("it is off", async || asker.get(&hook).json()["state"] == "off").await;
    ann.git.ok(&dir, &["push", "-q", "origin", "main:refs/heads/three"]).unwrap();
    in_order(&server).await;
    assert_eq!(told(&asker, &hook).iter().map(|(state, _)| state.as_str()).collect::<Vec<_>>(), ["dead", "pending"]);
    assert_eq!(asker.json("POST", &format!("{hook}/tests"), &Value::Null).status, 409);
    let audit = asker.get(&format!("/repos/{repo}/audit?action=webhook")).text();
    assert!(audit.contains("webhook.disable") && audit.contains("410"), "{audit}");
    // Whose it is hears of it.
    let told_by_mail = smtp.nth("ann@example.org", 3).await;
    assert!(told_by_mail.body.contains("of ann/tool is not told of events") && told_by_mail.body.contains("410"), "{}", told_by_mail.body);
    // Switched on again, it gets what waited.
    receiver.becomes(Does::Answer(200, String::new()));
    assert_eq!(asker.json("PATCH", &hook, &json!({ "active": true })).json()["active"], json!(true));
    eventually("the second is sent", async || told(&asker, &hook)[1].0 == "done").await;
    assert_eq!(receiver.heard().len(), 2);
    server.stop().await.unwrap();
}
