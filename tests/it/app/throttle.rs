//! Guessing passwords is slow, for whoever guesses and from wherever, and nobody else is kept out by it.

use std::net::IpAddr;

use hardie_app::identity::{authenticate_basic, authenticate_token};
use hardie_app::{App, Ctx, Error};
use hardie_domain::secret::Secret;

use super::{nobody, with_clock};

fn from(address: &str) -> Ctx {
    Ctx { address: Some(address.parse::<IpAddr>().unwrap()), ..nobody() }
}

async fn guess(app: &App, ctx: &Ctx, user: &str) -> Error {
    authenticate_basic(app, ctx, user, &Secret::new("a wrong guess")).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_an_account_waits_and_the_text_says_how_long() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let right = Secret::new(&alice.password);
    for n in 0..5u8 {
        assert!(matches!(guess(app, &from(&format!("192.0.2.{n}")), "alice").await, Error::Unauthenticated(_)), "{n}");
    }
    // From yet another address, and even with the right password: who waits learns nothing.
    let error = authenticate_basic(app, &from("198.51.100.1"), "alice", &right).await.unwrap_err();
    assert!(matches!(&error, Error::RateLimited { text, retry_after: 2 } if text.contains("2 seconds")), "{error:?}");
    // Whoever works by token is not kept out.
    assert!(authenticate_token(app, &Secret::new(&alice.token)).await.is_ok());
    clock.advance(2);
    assert!(matches!(guess(app, &from("192.0.2.9"), "alice").await, Error::Unauthenticated(_)));
    assert!(matches!(guess(app, &from("192.0.2.9"), "alice").await, Error::RateLimited { retry_after: 4, .. }));
    clock.advance(4);
    assert!(authenticate_basic(app, &from("198.51.100.1"), "alice", &right).await.is_ok());
    // Success forgets the account's failures.
    assert!(matches!(guess(app, &from("192.0.2.9"), "alice").await, Error::Unauthenticated(_)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_wait_alike() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    server.user("alice").await.unwrap();
    for user in ["alice", "ghost-of-nobody"] {
        for n in 0..5u8 {
            assert!(matches!(guess(app, &from(&format!("203.0.113.{n}")), user).await, Error::Unauthenticated(_)));
        }
        assert!(matches!(guess(app, &from("198.51.100.9"), user).await, Error::RateLimited { retry_after: 2, .. }), "{user}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_that_tries_many_names_waits_and_ipv6_neighbours_with_it() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    for n in 0..20u8 {
        let error = guess(app, &from(&format!("2001:db8::{n:x}")), &format!("user{n}")).await;
        assert!(matches!(error, Error::Unauthenticated(_)), "{n}: {error:?}");
    }
    let waits = guess(app, &from("2001:db8::ffff"), "fresh").await;
    assert!(matches!(&waits, Error::RateLimited { text, .. } if text.contains("network address")), "{waits:?}");
    assert!(matches!(guess(app, &from("2001:db8:0:1::1"), "fresh").await, Error::Unauthenticated(_)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_sent_all_at_once_get_no_more_tries() {
    let (server, _clock) = with_clock().await;
    let app = server.server.app.clone();
    server.user("alice").await.unwrap();
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..40u8 {
        let app = app.clone();
        guesses.spawn(async move { guess(&app, &from(&format!("203.0.113.{n}")), "alice").await });
    }
    let mut tried = 0;
    while let Some(error) = guesses.join_next().await {
        tried += usize::from(matches!(error.unwrap(), Error::Unauthenticated(_)));
    }
    // Five are free; those that held a turn when the fifth failed may end too.
    assert!((5..=12).contains(&tried), "{tried}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_waits_by_itself_so_that_no_wait_tells_whose_it_is() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let right = Secret::new(&alice.password);
    let known = "alice@example.org";
    for n in 0..5u8 {
        assert!(matches!(guess(app, &from(&format!("203.0.113.{n}")), "alice").await, Error::Unauthenticated(_)));
    }
    assert!(matches!(guess(app, &from("198.51.100.1"), "alice").await, Error::RateLimited { .. }));
    // The name waits; whether it has this address is not told by that, and its owner still has a way in.
    for address in [known, "ghost@example.org"] {
        for n in 0..5u8 {
            assert!(matches!(guess(app, &from(&format!("192.0.2.{n}")), address).await, Error::Unauthenticated(_)), "{address} {n}");
        }
        let error = guess(app, &from("198.51.100.2"), &address.to_uppercase()).await;
        assert!(matches!(&error, Error::RateLimited { text, retry_after: 2 } if text.contains("for this account")), "{address}: {error:?}");
    }
    clock.advance(2);
    assert!(authenticate_basic(app, &from("198.51.100.3"), known, &right).await.is_ok());
    // Success forgets both.
    for user in [known, "alice"] {
        assert!(matches!(guess(app, &from("198.51.100.4"), user).await, Error::Unauthenticated(_)), "{user}");
    }
    server.stop().await.unwrap();
}
