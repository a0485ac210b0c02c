//! Passkeys from outside: cookies, what other sites' pages may ask, and bodies that are none.

use serde_json::{Value, json};

use super::Asker;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};

async fn world(public_url: &str) -> (TestServer, TestUser) {
    let server = TestServer::start_with(Options { public_url: public_url.to_owned(), ..Options::default() }).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    (server, ann)
}

const OURS: [(&str, &str); 3] = [("content-type", "application/json"), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")];

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_asked_by_our_own_pages_and_leaves_a_cookie_that_no_script_reads() {
    let (server, ann) = world("https://git.example.org").await;
    let nobody = Asker::new(&server, None);
    let path = "/api/v1/user/sessions/challenge";
    let asked = nobody.send("POST", path, &OURS, b"{}");
    assert_eq!(
        (asked.status, &asked.json()["rpId"], &asked.json()["userVerification"]),
        (200, &json!("git.example.org"), &json!("required"))
    );
    let cookie = asked.header("set-cookie");
    for part in ["__Host-hardie_passkey=", "Path=/;", "HttpOnly", "SameSite=Strict", "Secure", "Max-Age=300"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(asked.json()["challenge"].as_str().unwrap()));
    for path in [path, "/api/v1/user/sessions/passkey"] {
        let kind = ("content-type", "application/json");
        for headers in [
            &[kind][..],
            &[kind, ("x-hardie-csrf", "1"), ("sec-fetch-site", "cross-site")],
            &[kind, ("x-hardie-csrf", "1"), ("origin", "https://evil.example")],
        ] {
            assert_eq!(nobody.send("POST", path, headers, b"{}").status, 403, "{headers:?}");
        }
    }
    let by_ann = Asker::new(&server, Some(&ann));
    let wanted = by_ann.json("POST", "/user/passkeys/challenge", &json!({ "current_password": ann.password }));
    let options = wanted.json();
    assert_eq!((&options["rp"]["id"], &options["attestation"]), (&json!("git.example.org"), &json!("none")));
    let numbers: Vec<_> = options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| one["alg"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [-8, -7, -257]);
    assert_eq!(
        by_ann.json("POST", "/user/passkeys/challenge", &json!({ "current_password": "wrong password" })).json()["field"],
        "current_password"
    );
    let scopes = json!({ "name": "narrow", "scopes": ["read:user", "write:repository"] });
    let narrow = by_ann.json("POST", "/users/ann/tokens", &scopes).json()["sha1"].as_str().unwrap().to_owned();
    let narrow = Asker::by(&server, &narrow);
    for (method, path) in [
        ("POST", "/user/passkeys/challenge"),
        ("POST", "/user/passkeys"),
        ("DELETE", "/user/passkeys/1"),
        ("POST", "/user/second-factor/code"),
    ] {
        assert_eq!(narrow.json(method, path, &json!({ "current_password": ann.password })).status, 403, "{method} {path}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none_are_refused_and_nothing_falls_over() {
    let (server, ann) = world("http://forge.test").await;
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let giant = "A".repeat(400_000);
    let bodies = [
        json!({}),
        json!({ "credential": { "id": "not base64!", "response": {} } }),
        json!({ "credential": { "id": "AAAA", "response": { "clientDataJSON": giant, "attestationObject": "", "authenticatorData": "" } } }),
        json!({ "credential": { "id": "AAAA", "response": { "clientDataJSON": "e30", "attestationObject": giant, "authenticatorData": giant, "signature": "AA" } } }),
    ];
    for body in &bodies {
        let entered = nobody.send("POST", "/api/v1/user/sessions/passkey", &OURS, body.to_string().as_bytes());
        assert!(matches!(entered.status, 401 | 422) && entered.header("set-cookie").is_empty(), "{}", entered.text());
        let added = by_ann.json("POST", "/user/passkeys", body);
        assert_eq!((added.status, &added.json()["field"]), (422, &json!("credential")), "{}", added.text());
    }
    assert_eq!(by_ann.get("/user/passkeys").json(), json!([]));
    assert_eq!(by_ann.json("POST", "/user/second-factor/challenge", &Value::Null).status, 404, "there is no passkey");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_a_number_is_told_why_and_pages_run_our_script_alone() {
    let (server, ann) = world("http://127.0.0.1:3000").await;
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    for answer in [
        nobody.send("POST", "/api/v1/user/sessions/challenge", &OURS, b"{}"),
        by_ann.json("POST", "/user/passkeys/challenge", &json!({ "current_password": ann.password })),
    ] {
        assert!(answer.status == 409 && answer.text().contains("made for a name"), "{}", answer.text());
    }
    for page in ["/login/passkey", "/login/passkeys"] {
        let page = nobody.send("GET", page, &[], b"");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'; connect-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("script-src 'unsafe") && page.text().matches("<script").count() == 1, "{}", page.text());
    }
    let script = nobody.send("GET", "/login/passkey.js", &[], b"");
    assert_eq!((script.header("content-type"), script.header("x-content-type-options")), ("text/javascript; charset=utf-8", "nosniff"));
    server.stop().await.unwrap();
}
