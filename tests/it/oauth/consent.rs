//! What the browser is shown, and where it is sent.

use serde_json::json;

use super::{Browser, FORM, GIT, HERE, form, git_asks, hidden, query, register};
use crate::api::Asker;
use hardie_testkit::TestServer;
use hardie_testkit::server::Options;

/// The request of git-credential-oauth with other fields; an empty value leaves one out.
fn with<'a>(other: &[(&'a str, &'a str)]) -> String {
    let kept = git_asks("read:repository").into_iter().filter(|(name, _)| !other.iter().any(|(given, _)| given == name));
    let fields: Vec<(&str, &str)> = kept.chain(other.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
    format!("/login/oauth/authorize?{}", form(&fields))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_is_asked_and_the_application_hears_what_they_say() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let nobody = Asker::new(&server, None);
    let away = nobody.send("GET", &with(&[]), &[], b"");
    assert_eq!((away.status, away.header("location").starts_with("../sign-in?to=oauth%2Fauthorize%3F")), (303, true), "{away:?}");
    let to = query(away.header("location"), "to");
    let page = nobody.send("GET", &format!("/login/sign-in?{}", form(&[("to", &to)])), &[], b"");
    assert_eq!((page.status, hidden(&page.text(), "to")), (200, to.replace('&', "&amp;")));
    let wrong = form(&[("to", to.as_str()), ("username", "ann"), ("password", "wrong")]);
    let wrong = nobody.send("POST", "/login/sign-in", &[FORM], wrong.as_bytes());
    assert!(wrong.status == 401 && wrong.header("set-cookie").is_empty() && wrong.text().contains("wrong user name"), "{wrong:?}");
    let right = form(&[("to", to.as_str()), ("username", "ann"), ("password", &ann.password)]);
    assert_eq!(nobody.send("POST", "/login/sign-in", &[FORM, ("origin", "https://evil.example")], right.as_bytes()).status, 403);
    let right = nobody.send("POST", "/login/sign-in", &[FORM], right.as_bytes());
    assert_eq!((right.status, right.header("location")), (303, to.as_str()));

    let browser = Browser::of(&server, &ann);
    let page = browser.get(&with(&[("scope", "write:repository openid email")]));
    let text = page.text();
    for said in ["git-credential-oauth", "<b>ann</b>", "push, change settings, delete", "your e-mail address", "your own machine"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self' http://127.0.0.1:43210;"), "{policy}");
    assert_eq!((page.header("x-frame-options"), page.header("cache-control")), ("DENY", "no-store"));

    let denied = browser.answer(&git_asks("read:user"), "deny");
    assert!(denied.starts_with(&format!("{HERE}?error=access_denied&")), "{denied}");
    let allowed = browser.answer(&git_asks("read:user"), "allow");
    assert!(allowed.starts_with(&format!("{HERE}?code=")), "{allowed}");
    assert_eq!((query(&allowed, "state").as_str(), query(&allowed, "iss").as_str()), ("some state/&=", "http://forge.test"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_application_and_address_belong_together_nobody_is_sent_anywhere() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let (id, _) = register(&server, &ann, json!({}));
    for other in [
        &[("client_id", "")][..],
        &[("client_id", "nobody")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/")],
        &[("redirect_uri", "http://127.0.0.1:1@evil.example/")],
        &[("redirect_uri", "http://127.0.0.1.evil.example/")],
        &[("redirect_uri", "//evil.example")],
        &[("client_id", &id), ("redirect_uri", "https://ci.example/done/")],
        &[("client_id", &id), ("redirect_uri", "https://ci.example/done?x=y")],
        &[("client_id", &id), ("redirect_uri", "https://ci.example/done/../evil")],
        &[("client_id", &id), ("redirect_uri", HERE)],
    ] {
        for answer in [browser.get(&with(other)), browser.asker.send("GET", &with(other), &[], b"")] {
            assert_eq!((answer.status, answer.header("location")), (422, ""), "{other:?}: {}", answer.text());
        }
    }
    let twice = browser.get(&format!("{}&redirect_uri=https://evil.example/", with(&[])));
    assert_eq!((twice.status, twice.header("location")), (400, ""));
    let evil = browser.get(&with(&[("client_id", "\"><script>alert(1)</script>")]));
    assert!(!evil.text().contains("<script"), "{}", evil.text());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_is_wrong_is_told_to_the_application() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let long = "x".repeat(2001);
    for (other, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("scope", "read:repository sudo")], "invalid_scope"),
        (&[("prompt", "none")], "consent_required"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("state", &long)], "invalid_request"),
    ] {
        let answer = browser.get(&with(other));
        let to = answer.header("location");
        assert!(answer.status == 303 && to.starts_with(&format!("{HERE}?error={error}&")), "{other:?}: {to} {}", answer.text());
        assert_eq!(query(to, "iss"), "http://forge.test", "{to}");
    }
    let nobody = Asker::new(&server, None).send("GET", &with(&[("prompt", "none")]), &[], b"");
    assert!(nobody.header("location").contains("error=login_required"), "{nobody:?}");
    let again = browser.get(&with(&[("prompt", "login")]));
    let to = query(again.header("location"), "to");
    assert!(again.header("location").starts_with("../sign-in?") && to.contains("client_id") && !to.contains("prompt"), "{to}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_and_no_token_lets_anything_in() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (browser, eve) = (Browser::of(&server, &ann), Browser::of(&server, &server.user("eve").await.unwrap()));
    let fields = git_asks("all");
    let csrf = |browser: &Browser| hidden(&browser.get(&format!("/login/oauth/authorize?{}", form(&fields))).text(), "csrf");
    let (own, foreign) = (csrf(&browser), csrf(&eve));
    assert_ne!(own, foreign);
    for (csrf, from) in [("", "same-origin"), (foreign.as_str(), "same-origin"), (own.as_str(), "cross-site"), (own.as_str(), "same-site")]
    {
        let body = form(&[fields.as_slice(), &[("csrf", csrf), ("answer", "allow")]].concat());
        let headers = [FORM, ("cookie", browser.cookie.as_str()), ("sec-fetch-site", from)];
        let answer = browser.asker.send("POST", "/login/oauth/authorize", &headers, body.as_bytes());
        assert_eq!((answer.status, answer.header("location")), (403, ""), "{csrf} {from}");
    }
    // A token is no browser: it would make itself a token that is good for more.
    let body = form(&[fields.as_slice(), &[("csrf", &own), ("answer", "allow")]].concat());
    let asker = Asker::new(&server, Some(&ann));
    assert_eq!(asker.send("POST", "/login/oauth/authorize", &[FORM], body.as_bytes()).status, 403);
    let shown = asker.send("GET", &format!("/login/oauth/authorize?{}", form(&fields)), &[], b"");
    assert!(shown.header("location").starts_with("../sign-in"), "{shown:?}");
    // What the form carries is looked at again.
    let changed: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| if *name == "redirect_uri" { (*name, "https://evil.example/") } else { (*name, *value) })
        .collect();
    let answer = browser.post("/login/oauth/authorize", &[changed.as_slice(), &[("csrf", &own), ("answer", "allow")]].concat());
    assert_eq!((answer.status, answer.header("location")), (422, ""));
    // A session that ended lets nothing in.
    let out = [("cookie", browser.cookie.as_str()), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.asker.send("DELETE", "/api/v1/user/sessions/current", &out, b"").status, 204);
    let answer = browser.post("/login/oauth/authorize", &[fields.as_slice(), &[("csrf", &own), ("answer", "allow")]].concat());
    assert_eq!(answer.status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_confidential_client_that_was_let_in_for_as_much_is_not_asked_about_again() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let browser = Browser::of(&server, &ann);
    let (id, secret) = register(&server, &ann, json!({ "skip_secondary_authorization": true }));
    let asks = |scope: &str, prompt: &str| {
        let fields = [("client_id", id.as_str()), ("redirect_uri", "https://ci.example/done"), ("response_type", "code")];
        let more = [("scope", scope), ("prompt", prompt)];
        browser.get(&format!("/login/oauth/authorize?{}", form(&[fields.as_slice(), &more].concat())))
    };
    assert_eq!(asks("read:user", "").status, 200);
    let fields =
        [("client_id", id.as_str()), ("redirect_uri", "https://ci.example/done"), ("response_type", "code"), ("scope", "read:user")];
    let code = query(&browser.answer(&fields, "allow"), "code");
    assert_eq!(asks("read:user", "").status, 200, "a code is no sign-in yet");
    let brought = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://ci.example/done")];
    assert_eq!(super::as_client(&browser.asker, "/login/oauth/access_token", (&id, &secret), &brought).status, 200);
    for prompt in ["", "none"] {
        let answer = asks("read:user", prompt);
        assert!(answer.status == 303 && answer.header("location").starts_with("https://ci.example/done?code="), "{answer:?}");
    }
    assert_eq!((asks("read:user", "consent").status, asks("write:user", "").status), (200, 200));
    // Anybody's program may say that it is this one.
    browser.tokens("read:user");
    assert_eq!(browser.get(&with(&[("scope", "read:user")])).status, 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_turned_off_or_whose_owner_is_disabled_is_gone_with_its_tokens() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let browser = Browser::of(&server, &ann);
    let tokens = browser.tokens("read:user");
    let (id, secret) = register(&server, &bob, json!({}));
    let fields =
        [("client_id", id.as_str()), ("redirect_uri", "https://ci.example/done"), ("response_type", "code"), ("scope", "read:user")];
    let code = query(&browser.answer(&fields, "allow"), "code");
    let brought = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://ci.example/done")];
    let builder = super::as_client(&browser.asker, "/login/oauth/access_token", (&id, &secret), &brought).json();
    let works = |tokens: &serde_json::Value| super::bearer(&browser.asker, tokens["access_token"].as_str().unwrap(), "/api/v1/user").status;
    assert_eq!((works(&tokens), works(&builder)), (200, 200));
    assert_eq!(root.json("PATCH", "/admin/users/bob", &json!({ "active": false })).status, 200);
    assert_eq!((works(&tokens), works(&builder)), (200, 401));
    assert_eq!(browser.get(&format!("/login/oauth/authorize?{}", form(&fields))).status, 422);
    let next = [("grant_type", "refresh_token"), ("refresh_token", builder["refresh_token"].as_str().unwrap())];
    assert_eq!(super::as_client(&browser.asker, "/login/oauth/access_token", (&id, &secret), &next).status, 401);
    assert_eq!(root.json("PATCH", "/admin/users/bob", &json!({ "active": true })).status, 200);
    assert_eq!(works(&builder), 200);
    assert_eq!(root.json("PATCH", "/admin/users/ann", &json!({ "active": false })).status, 200);
    assert_eq!((works(&tokens), works(&builder)), (401, 401));
    assert_eq!(super::refresh(&browser.asker, tokens["refresh_token"].as_str().unwrap()).status, 400);
    assert_eq!(root.json("PATCH", "/admin/users/ann", &json!({ "active": true })).status, 200);

    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options { oauth_clients: vec!["tea"], ..Options::default() }).await.unwrap();
    let asker = Asker::new(&server, None);
    assert_eq!(super::bearer(&asker, tokens["access_token"].as_str().unwrap(), "/api/v1/user").status, 401, "turned off");
    assert_eq!(super::bearer(&asker, builder["access_token"].as_str().unwrap(), "/api/v1/user").status, 200, "keys outlive a start");
    assert_eq!(super::refresh(&asker, tokens["refresh_token"].as_str().unwrap()).json()["error"], "invalid_client");
    let shown = asker.send("GET", &with(&[("client_id", GIT)]), &[], b"");
    assert_eq!((shown.status, shown.header("location")), (422, ""));
    server.stop().await.unwrap();
}
