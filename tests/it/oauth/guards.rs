//! What bounds every door bounds these too: rates, refusals that are counted, scripts of other sites.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::Rates;
use hardie_testkit::{Options, TestServer};
use serde_json::{Value, json};

use super::{Browser, FORM, as_client, bearer, form, register, text};
use crate::api::Asker;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_at_secrets_pays_before_anything_is_looked_at() {
    let rates = Rates { signed_in: 0, anonymous: 5, exempt: Vec::new() };
    let options = Options { rates, trusted_proxies: vec!["127.0.0.1".to_owned()], ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let asker = Asker::new(&server, None);
    // A credential in a header must not put the payment off until the work is done.
    let basic = format!("Basic {}", STANDARD.encode(["some client", "a guess"].join(":")));
    for (last, path) in ["access_token", "introspect", "revoke"].iter().enumerate() {
        let network = format!("192.0.2.{last}");
        let guess = || {
            let headers = [FORM, ("authorization", basic.as_str()), ("x-forwarded-for", network.as_str())];
            asker.send("POST", &format!("/login/oauth/{path}"), &headers, b"grant_type=refresh_token&token=x")
        };
        for _ in 0..5 {
            assert_eq!(guess().status, 401, "{path}");
        }
        let refused = guess();
        assert!(refused.status == 429 && !refused.header("retry-after").is_empty(), "{path}: {}", refused.text());
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_to_programs_and_on_pages_is_counted_and_names_no_secret() {
    let server = TestServer::start().await.unwrap();
    let (root, ann) = (server.admin("root").await.unwrap(), server.user("ann").await.unwrap());
    let browser = Browser::of(&server, &ann);
    let (id, _) = register(&server, &ann, json!({}));
    let guess = "a guess that is no secret";
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    assert_eq!(as_client(&browser.asker, "/login/oauth/access_token", (&id, guess), &fields).status, 401);
    assert_eq!(browser.post("/login/oauth/authorize", &[("csrf", guess)]).status, 403);
    let by_root = Asker::new(&server, Some(&root));
    let denied = || by_root.get("/admin/audit?action=denied&limit=50").json().as_array().unwrap().clone();
    eventually("both refusals are lines", async || denied().len() >= 2).await;
    let lines = denied();
    let of = |what: &str| lines.iter().find(|line| line["detail"].as_str().is_some_and(|detail| detail.starts_with(what))).cloned();
    let by_page = of("POST /login/oauth/authorize: this form is not of your session").unwrap();
    assert!(by_page["credential"].as_str().unwrap().starts_with("session:") && by_page["result"] == "denied", "{by_page}");
    assert!(of("POST /login/oauth/access_token: this client is unknown").is_some(), "{lines:?}");
    assert!(!Value::from(lines).to_string().contains(guess));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_that_an_application_acted_and_which() {
    let server = TestServer::start().await.unwrap();
    let (root, ann) = (server.admin("root").await.unwrap(), server.user("ann").await.unwrap());
    let token = text(&Browser::of(&server, &ann).tokens("write:repository read:user write:user"), "access_token");
    assert_eq!(Asker::by(&server, &token).json("POST", "/user/repos", &json!({ "name": "tool" })).status, 201);
    let line = Asker::new(&server, Some(&root)).get("/admin/audit?action=repository.create").json()[0].clone();
    assert!(line["credential"].as_str().unwrap().starts_with("grant:"), "{line}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_named_sites_reach_what_browser_clients_need_and_no_page() {
    let app = "https://app.example.org";
    let options = Options { cors_origins: vec![app.to_owned()], ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let browser = Browser::of(&server, &server.user("ann").await.unwrap());
    let allowed = |method: &str, path: &str, origin: &str| {
        let headers = [FORM, ("origin", origin), ("sec-fetch-site", "cross-site"), ("cookie", browser.cookie.as_str())];
        let body = if method == "POST" { form(&[("grant_type", "refresh_token")]) } else { String::new() };
        let answer = browser.asker.send(method, path, &headers, body.as_bytes());
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        answer.header("access-control-allow-origin").to_owned()
    };
    for (method, path) in [
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/login/oauth/keys"),
        ("GET", "/login/oauth/userinfo"),
        ("POST", "/login/oauth/access_token"),
        ("POST", "/login/oauth/revoke"),
    ] {
        assert_eq!(allowed(method, path, app), app, "{path}");
        assert_eq!(allowed(method, path, "https://evil.example"), "", "{path}");
    }
    for (method, path) in [
        ("GET", "/login/oauth/authorize"),
        ("POST", "/login/oauth/authorize"),
        ("POST", "/login/oauth/introspect"),
        ("GET", "/login/sign-in"),
        ("GET", "/login/applications"),
    ] {
        assert_eq!(allowed(method, path, app), "", "{path}");
    }
    let token = text(&browser.tokens("openid"), "access_token");
    assert_eq!(bearer(&browser.asker, &token, "/login/oauth/userinfo").status, 200);
    let preflight = [("origin", app), ("access-control-request-method", "GET"), ("access-control-request-headers", "authorization")];
    assert_eq!(browser.asker.send("OPTIONS", "/login/oauth/userinfo", &preflight, b"").status, 204);
    server.stop().await.unwrap();
}
