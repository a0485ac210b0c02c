//! Addresses that lead where nobody should get, and receivers that point there.

use hardie_testkit::server::{Options, Outbound};
use hardie_testkit::{FakeClock, TestServer};
use serde_json::json;

use super::receiver::{Does, Receiver};
use super::{in_order, make, options, told};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed_and_nothing_it_says_is_shown() {
    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let inner = Receiver::ok();
    let location = format!("Location: {}/inner-secret-path\r\n", inner.url);
    let receiver = Receiver::new(Does::Answer(302, location));
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let authorization = format!("Bearer {}", "of-a-receiver");
    let hook = make(&asker, &repo, &receiver.url, &["push"], json!({ "authorization_header": authorization }));
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("it is refused", async || told(&asker, &hook).first().is_some_and(|(state, _)| state == "failed")).await;
    let shown = asker.get(&format!("{hook}/deliveries")).text();
    assert!(shown.contains("it answered 302") && !shown.contains("inner-secret-path"), "{shown}");
    assert_eq!(receiver.heard()[0].header("authorization"), authorization);
    assert!(inner.heard().is_empty(), "{:?}", inner.heard());
    assert!(!asker.get(&hook).text().contains("of-a-receiver"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_are_closed_unless_an_administrator_opens_them_and_this_server_is_even_then() {
    let inner = Receiver::ok();
    // No network is opened to webhooks.
    let closed = Options { webhooks: Outbound::default(), ..options(&FakeClock::default()) };
    let server = TestServer::start_with(closed).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let port = inner.url.rsplit(':').next().unwrap().to_owned();
    let ways = [
        inner.url.clone(),
        format!("http://localhost:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://2130706433:{port}"),
    ];
    let hooks: Vec<String> = ways.iter().map(|url| make(&asker, &repo, url, &["push"], json!({}))).collect();
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    for hook in &hooks {
        eventually("it is not sent", async || asker.get(hook).json()["state"] == "paused").await;
        assert_eq!(told(&asker, hook)[0].0, "failed", "it waits: whoever administers the server may open the network");
    }
    assert!(inner.heard().is_empty());
    server.stop().await.unwrap();

    let server = TestServer::start_with(options(&FakeClock::default())).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    let named = json!({ "type": "gitea", "config": { "url": "http://forge.test/api/v1/user", "content_type": "json" } });
    let refused = asker.json("POST", &format!("/repos/{repo}/hooks"), &named);
    assert!(refused.status == 422 && refused.text().contains("this server itself"), "{}", refused.text());
    let own = make(&asker, &repo, &format!("{}/api/v1/user", server.url()), &["push"], json!({}));
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("it is not sent", async || asker.get(&own).json()["state"] == "paused").await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_may_name_the_only_hosts_that_there_are() {
    let (listed, other) = (Receiver::ok(), Receiver::ok());
    let webhooks = Outbound { hosts: vec![format!("POST {}", listed.url).parse().unwrap()], permit: vec!["127.0.0.1".parse().unwrap()] };
    let server = TestServer::start_with(Options { webhooks, ..options(&FakeClock::default()) }).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    in_order(&server).await;
    make(&asker, &repo, &listed.url, &["push"], json!({}));
    let refused = make(&asker, &repo, &other.url, &["push"], json!({}));
    ann.git.commit(&dir, "a.txt", "1\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("the listed one is told", async || listed.heard().len() == 1).await;
    eventually("the other is not", async || asker.get(&refused).json()["state"] == "paused").await;
    assert!(asker.get(&refused).json()["reason"].as_str().unwrap().contains("[webhooks] hosts"));
    assert!(other.heard().is_empty());
    server.stop().await.unwrap();
}
