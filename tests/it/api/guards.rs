//! What keeps one client from taking what is there for all: rates, idempotency keys, other sites' scripts.

use hardie_testkit::server::Rates;
use hardie_testkit::{FakeClock, Options, TestServer, TestUser};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Answer, Asker};
use crate::support::eventually;

fn limited(signed_in: u32, anonymous: u32) -> Options {
    let rates = Rates { signed_in, anonymous, exempt: Vec::new() };
    Options { rates, trusted_proxies: vec!["127.0.0.1".to_owned()], ..Options::default() }
}

fn from(asker: &Asker, address: &str) -> Answer {
    asker.send("GET", "/api/v1/version", &[("x-forwarded-for", address)], b"")
}

/// What only somebody who is proven gets.
fn own(asker: &Asker, address: &str) -> Answer {
    asker.send("GET", "/api/v1/user", &[("x-forwarded-for", address)], b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_too_much_waits_and_no_other_does() {
    let server = TestServer::start_with(limited(0, 5)).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let anyone = Asker::new(&server, None);
    for left in (0..5).rev() {
        let answer = from(&anyone, "192.0.2.1");
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (200, left.to_string().as_str()));
    }
    let refused = from(&anyone, "192.0.2.1");
    assert_eq!((refused.status, refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), (429, "5", "0"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.refusal().1.contains("from your network"), "{}", refused.text());
    assert!(!refused.header("x-request-id").is_empty());
    // What lies left of the proxy's own entry is made up by the client, and a /64 is one network.
    assert_eq!(from(&anyone, "203.0.113.9, 192.0.2.1").status, 429);
    assert_eq!(from(&anyone, "192.0.2.2").status, 200);
    for last in 1..=5 {
        assert_eq!(from(&anyone, &format!("2001:db8:0:1::{last}")).status, 200);
    }
    assert_eq!(from(&anyone, "2001:db8:0:1:ffff::1").status, 429);
    assert_eq!(from(&anyone, "2001:db8:0:2::1").status, 200);
    // Who signed in does not pay for the neighbours, and probes of the operator cost nothing.
    assert_eq!(own(&Asker::new(&server, Some(&ann)), "192.0.2.1").status, 200);
    for _ in 0..10 {
        assert_eq!(anyone.send("GET", "/healthz", &[("x-forwarded-for", "192.0.2.1")], b"").status, 200);
    }
    // A credential that proves nobody is paid for by the network.
    let forged = TestUser { token: "nothing".to_owned(), ..ann.clone() };
    let forger = Asker::new(&server, Some(&forged));
    for _ in 0..5 {
        assert_eq!(own(&forger, "192.0.2.3").status, 401);
    }
    assert_eq!(from(&anyone, "192.0.2.3").status, 429);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_one_share_wherever_they_ask_from() {
    let server = TestServer::start_with(limited(5, 0)).await.unwrap();
    let (ann, eve) = (server.user("ann").await.unwrap(), server.user("eve").await.unwrap());
    let by_ann = Asker::new(&server, Some(&ann));
    for last in 1..=5 {
        assert_eq!(own(&by_ann, &format!("192.0.2.{last}")).status, 200);
    }
    let refused = own(&by_ann, "192.0.2.6");
    assert!(refused.status == 429 && refused.refusal().1.contains("ann asked too much"), "{}", refused.text());
    assert_eq!(own(&Asker::new(&server, Some(&eve)), "192.0.2.6").status, 200);
    let anyone = Asker::new(&server, None);
    for _ in 0..20 {
        assert_eq!(from(&anyone, "192.0.2.6").status, 200, "0 is no bound");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_past_a_bound_by_naming_another_address() {
    let options = Options { trusted_proxies: Vec::new(), ..limited(0, 5) };
    let server = TestServer::start_with(options).await.unwrap();
    let anyone = Asker::new(&server, None);
    let answers: Vec<u16> = (0..10).map(|n| from(&anyone, &format!("198.51.100.{n}")).status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 5, "{answers:?}");
    // Walking through history costs ten times as much.
    server.stop().await.unwrap();
    let server = TestServer::start_with(limited(0, 25)).await.unwrap();
    let anyone = Asker::new(&server, None);
    let dear = || anyone.send("GET", "/api/v1/repos/ann/tool/compare/a...b", &[("x-forwarded-for", "192.0.2.1")], b"");
    assert_eq!([dear().status, dear().status, dear().status], [404, 404, 429]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_makes_a_thing_once() {
    let server = TestServer::start().await.unwrap();
    let (ann, eve) = (server.user("ann").await.unwrap(), server.user("eve").await.unwrap());
    let (by_ann, by_eve) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&eve)));
    let post = |asker: &Asker, path: &str, key: &str, body: &serde_json::Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        asker.send("POST", &format!("/api/v1{path}"), &headers, body.to_string().as_bytes())
    };
    let body = json!({ "name": "tool" });
    let first = post(&by_ann, "/user/repos", "k1", &body);
    let again = post(&by_ann, "/user/repos", "k1", &body);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""), "{}", first.text());
    assert_eq!((again.status, again.header("idempotency-replayed"), again.text()), (201, "true", first.text()));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    // Another body, address or credential is another request; another user has keys of their own.
    assert_eq!(post(&by_ann, "/user/repos", "k1", &json!({ "name": "other" })).status, 422);
    assert_eq!(post(&by_ann, "/orgs", "k1", &body).status, 422);
    let made = by_ann.json("POST", "/users/ann/tokens", &json!({ "name": "narrow", "scopes": ["write:repository"] })).json();
    let narrow = TestUser { token: made["sha1"].as_str().unwrap().to_owned(), ..ann.clone() };
    assert_eq!(post(&Asker::new(&server, Some(&narrow)), "/user/repos", "k1", &body).status, 422);
    assert_eq!(post(&by_eve, "/user/repos", "k1", &body).status, 201);
    // What was refused was not done: the key is free again.
    assert_eq!(post(&by_ann, "/user/repos", "k2", &body).status, 409);
    assert_eq!(post(&by_ann, "/user/repos", "k2", &json!({ "name": "next" })).status, 201);
    // Where the answer holds a secret no key is taken, and nobody is told who has not signed in.
    let token = json!({ "name": "t", "scopes": ["all"] });
    assert_eq!(post(&by_ann, "/users/ann/tokens", "k3", &token).status, 400);
    assert_eq!(post(&Asker::new(&server, None), "/user/repos", "k1", &body).status, 401);
    for key in ["", &"x".repeat(256)] {
        assert_eq!(post(&by_ann, "/user/repos", key, &json!({ "name": "never" })).status, 422, "{key}");
    }
    // Many at once: one does it, the others are told so or wait their turn.
    let hook =
        json!({ "type": "gitea", "config": { "url": "https://example.org/", "content_type": "json" }, "events": ["push"], "active": true });
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..8).map(|_| scope.spawn(|| post(&by_ann, "/repos/ann/tool/hooks", "k4", &hook).status)).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|status| [201, 409].contains(status)) && answers.contains(&201), "{answers:?}");
    assert_eq!(by_ann.get("/repos/ann/tool/hooks").json().as_array().unwrap().len(), 1);
    // Answers are not in the database as they were given.
    let data = server.stop().await.unwrap();
    let bytes = std::fs::read(data.path().join("hardie.db")).unwrap();
    let clone_url = b"\"clone_url\"";
    assert!(!bytes.windows(clone_url.len()).any(|window| window == clone_url));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_named_sites_use_the_api_with_a_token_and_never_with_a_session() {
    let app = "https://app.example.org";
    let options = Options { cors_origins: vec![app.to_owned()], public_url: "https://forge.test".to_owned(), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (anyone, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let asks = |origin: &str| {
        let asked = [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
        anyone.send("OPTIONS", "/api/v1/user/repos", &asked, b"")
    };
    let preflight = asks(app);
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, app));
    assert!(preflight.header("access-control-allow-headers").contains("Authorization"));
    for header in &preflight.headers {
        assert!(header.0 != "access-control-allow-credentials" && !header.1.to_lowercase().contains("csrf"), "{header:?}");
    }
    for other in ["https://evil.example", "null", "https://app.example.org.evil.example"] {
        assert_eq!(asks(other).header("access-control-allow-origin"), "", "{other}");
    }
    let made = by_ann.send(
        "POST",
        "/api/v1/user/repos",
        &[("origin", app), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")],
        br#"{"name":"tool"}"#,
    );
    assert_eq!((made.status, made.header("access-control-allow-origin")), (201, app), "{}", made.text());
    assert!(made.header("access-control-expose-headers").contains("X-Request-Id"));
    // Refusals can be read as well.
    let refused = anyone.send("GET", "/api/v1/user", &[("origin", app)], b"");
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, app));
    // A session that a browser sends along counts for nothing there.
    let signed_in = anyone.send(
        "POST",
        "/api/v1/user/sessions",
        &[("content-type", "application/json"), ("x-hardie-csrf", "1")],
        json!({ "username": "ann", "password": ann.password }).to_string().as_bytes(),
    );
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(anyone.send("GET", "/api/v1/user", &[("cookie", &cookie)], b"").status, 200, "{}", signed_in.text());
    assert_eq!(anyone.send("GET", "/api/v1/user", &[("cookie", &cookie), ("origin", app)], b"").status, 401);
    // Under https browsers are told to stay there, at each door.
    for path in ["/api/v1/version", "/healthz", "/", "/ann/tool.git/info/refs?service=git-upload-pack", "/absent"] {
        let answer = anyone.send("GET", path, &[], b"");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("content-security-policy").is_empty() && !answer.header("referrer-policy").is_empty(), "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    server.stop().await.unwrap();
    let server = TestServer::start().await.unwrap();
    assert_eq!(Asker::new(&server, None).get("/version").header("strict-transport-security"), "");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowded_server_answers_what_is_dear_to_those_who_signed_in() {
    // The clock stands: a token whose use was noted is not noted again.
    let mut options = limited(0, 0);
    options.ports.clock = std::sync::Arc::new(FakeClock::default());
    let server = TestServer::start_with(options).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let (anyone, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let dear = "/repos/ann/tool/commits";
    assert_eq!((anyone.get(dear).status, by_ann.get(dear).status), (200, 200));
    // Nobody else writes now, so whoever marks a repository waits, and more come than half of the places.
    let writing = server.server.app.store.begin().await.unwrap();
    let mut waiting = Vec::new();
    eventually("the server is crowded", async || {
        for client in 0..64 {
            let mut stream = TcpStream::connect(server.server.http).await.unwrap();
            let head = format!(
                "PUT /api/v1/user/starred/ann/tool HTTP/1.1\r\nhost: {}\r\nauthorization: token {}\r\n\
                 x-forwarded-for: 192.0.2.{client}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                server.server.http, ann.token
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            waiting.push(stream);
        }
        anyone.get(dear).status == 503
    })
    .await;
    let refused = anyone.get(dear);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "10"), "{}", refused.text());
    assert!(refused.refusal().1.contains("those who signed in"), "{}", refused.text());
    assert_eq!(by_ann.get(dear).status, 200, "who signed in gets it");
    assert_eq!(anyone.get("/repos/ann/tool").status, 200, "what is cheap is for all");
    drop(writing);
    drop(waiting);
    eventually("the crowd is gone", async || anyone.get(dear).status == 200).await;
    server.stop().await.unwrap();
}
