//! Webhooks from the command line, and what was sent to them.

use hardie_testkit::{FakeClock, TestServer};
use serde_json::json;

use super::Machine;
use crate::git::with_repo;
use crate::support::eventually;
use crate::webhooks::receiver::{Receiver, SIGNED, verified};
use crate::webhooks::{in_order, options};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_tried_looked_at_and_removed() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let receiver = Receiver::ok();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    in_order(&server).await;
    let machine = Machine::of(&server, &ann);
    let url = format!("{}/hook", receiver.url);
    let secret = format!("sign-{}", "with-this");
    let create = ["webhook", "create", &url, "--event", "push,create", "--secret-stdin", "--json"];
    let made = machine.told(&dir, &create, &format!("{secret}\n")).fine();
    assert!(!made.out.contains(&secret) && made.json()["events"] == json!(["push", "create"]), "{made:?}");
    let id = made.json()["id"].to_string();
    machine.run(&["webhook", "test", &id, "--repo", &repo]).fine();
    let deliveries = ["webhook", "deliveries", &id, "--repo", &repo, "--state", "done", "--json"];
    eventually("it is sent", async || machine.run(&deliveries).fine().json().as_array().unwrap().len() == 1).await;
    assert_eq!(verified(&receiver.heard()[0], &secret), SIGNED);
    let delivery = machine.run(&deliveries).fine().json()[0]["id"].to_string();
    machine.within(&dir, &["webhook", "redeliver", &id, &delivery]).fine();
    eventually("it is sent again", async || receiver.heard().len() == 2).await;
    assert!(machine.within(&dir, &["webhook", "list"]).fine().out.contains(&url));
    assert!(machine.within(&dir, &["webhook", "deliveries", &id]).fine().out.contains("ann/tool"));
    machine.run(&["webhook", "list", "--site"]).refused("status 403");
    machine.run(&["webhook", "list"]).refused("say which repository");
    assert_eq!(machine.run(&["webhook", "list", "--site", "--repo", &repo]).code, Some(2));
    machine.within(&dir, &["webhook", "delete", &id]).fine();
    machine.within(&dir, &["webhook", "delete", &id]).refused("status 404");
    server.stop().await.unwrap();
}
