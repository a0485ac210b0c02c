//! Keys that sign, over their life and under another secret; and what ends by itself.

use std::sync::Arc;

use hardie_app::upkeep;
use hardie_testkit::server::Options;
use hardie_testkit::{FakeClock, TestServer};
use serde_json::Value;

use super::{Browser, bearer, exchange, refresh, text};
use crate::backup::{arg, done};

const DAY: i64 = 24 * 3600;

fn timed(clock: &FakeClock) -> Options {
    let mut options = Options::default();
    options.ports.clock = Arc::new(clock.clone());
    options
}

fn kids(browser: &Browser) -> Vec<(String, String)> {
    let keys = browser.asker.send("GET", "/login/oauth/keys", &[], b"").json();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| {
        for private in ["d", "p", "q", "k"] {
            assert_eq!(key[private], Value::Null, "{key}");
        }
        (text(key, "alg"), text(key, "kid"))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_first_one_makes_the_keys() {
    let server = TestServer::start().await.unwrap();
    let asker = crate::api::Asker::new(&server, None);
    let found: Vec<String> = std::thread::scope(|scope| {
        let ask = || asker.send("GET", "/login/oauth/keys", &[], b"").text();
        let all: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(found.iter().all(|keys| *keys == found[0]) && found[0].matches("\"kid\"").count() == 2, "{found:?}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_by_themselves_and_keys_take_turns() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(timed(&clock)).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let asker = &browser.asker;
    let late = browser.code("read:user");
    clock.advance(61);
    assert_eq!(exchange(asker, &late, &[]).json()["error"], "invalid_grant");
    let tokens = browser.tokens("read:user openid");
    let first = kids(&browser);
    assert_eq!(first.iter().map(|(alg, _)| alg.as_str()).collect::<std::collections::BTreeSet<_>>(), ["EdDSA", "RS256"].into());
    let works = |tokens: &Value| bearer(asker, &text(tokens, "access_token"), "/api/v1/user").status;
    clock.advance(3599);
    assert_eq!(works(&tokens), 200);
    clock.advance(1);
    assert_eq!(works(&tokens), 401);
    // What was never exchanged is gone; what was is not.
    upkeep::expire(&server.server.app).await.unwrap();
    let tokens = refresh(asker, &text(&tokens, "refresh_token")).json();
    assert_eq!(works(&tokens), 200);
    // A month later another key signs, and the first is shown until what it signed is over.
    clock.advance(30 * DAY - 3600 - 1800);
    let tokens = refresh(asker, &text(&tokens, "refresh_token")).json();
    clock.advance(2400);
    let next = refresh(asker, &text(&tokens, "refresh_token")).json();
    let second = kids(&browser);
    assert!(second.len() == 4 && first.iter().all(|kid| second.contains(kid)), "{first:?} {second:?}");
    assert_eq!((works(&tokens), works(&next)), (200, 200), "by the old key and the new one");
    clock.advance(2 * 3600);
    upkeep::expire(&server.server.app).await.unwrap();
    let third = kids(&browser);
    assert!(third.len() == 2 && first.iter().all(|kid| !third.contains(kid)), "{third:?}");
    // A refresh token that nobody uses ends.
    clock.advance(31 * DAY);
    assert_eq!(refresh(asker, &text(&next, "refresh_token")).json()["error"], "invalid_grant");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_sealed_and_one_that_does_not_open_is_followed_by_another() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let before = text(&browser.tokens("read:user openid"), "access_token");
    assert_eq!(kids(&browser).len(), 2);
    let data = server.stop().await.unwrap();
    let (key, old) = (data.path().join("secret.key"), data.path().join("old.key"));
    assert!(done(data.path(), &["secrets"]).contains("2 keys that sign tokens"));
    std::fs::rename(&key, &old).unwrap();
    let server = TestServer::start_in(data.clone(), Options::default()).await.unwrap();
    let browser = Browser::of(&server, &ann);
    assert_eq!(bearer(&browser.asker, &before, "/api/v1/user").status, 200, "what it signed is believed");
    let tokens = browser.tokens("read:user openid");
    assert_eq!(bearer(&browser.asker, &text(&tokens, "access_token"), "/api/v1/user").status, 200);
    assert_eq!(kids(&browser).len(), 4);
    server.stop().await.unwrap();
    let config = data.path().join("hardie.toml");
    std::fs::write(&config, format!("[secrets]\nearlier-key-files = [{:?}]\n", arg(&old))).unwrap();
    let resealed = done(data.path(), &["secrets", "--reseal", "--config", arg(&config)]);
    assert!(resealed.contains("4 keys that sign tokens, 2 sealed again"), "{resealed}");
    std::fs::remove_file(&old).unwrap();
    assert!(done(data.path(), &["secrets"]).contains("4 keys that sign tokens"));
}
