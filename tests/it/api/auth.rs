//! Who asks: tokens in every form that clients send, and browser sessions that no other site can use.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::{TestServer, TestUser};
use serde_json::json;

use super::{Answer, Asker};

fn with(server: &TestServer, header: &str, path: &str) -> Answer {
    Asker::new(server, None).send("GET", path, &[("authorization", header)], b"")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_in_every_form_that_clients_send() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let basic = |user: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")));
    let token = &ann.token;
    let forms = [
        format!("token {token}"),
        format!("Token {token}"),
        format!("Bearer {token}"),
        format!("bearer {token}"),
        basic("ann", token),
        basic("anybody", token),
        basic(token, ""),
        basic(token, "x-oauth-basic"),
        basic("ann", &ann.password),
        basic("ann", token).replace("Basic", "basic"),
    ];
    for form in forms {
        assert_eq!(with(&server, &form, "/api/v1/user").json()["login"], "ann", "{form}");
    }
    for bad in ["token hrd_nonsense", "Bearer x", "Basic %%%", "Negotiate x", &basic("ann", "wrong"), &basic("nobody", "wrong")] {
        let refused = with(&server, bad, "/api/v1/user");
        assert_eq!(refused.status, 401, "{bad}");
        assert_eq!(refused.header("www-authenticate"), "Basic realm=\"Hardie\", charset=\"UTF-8\"");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_no_more_than_its_scopes() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", true).await.unwrap();
    let all = Asker::new(&server, Some(&ann));
    let made = all.json("POST", "/users/ann/tokens", &json!({ "name": "reader", "scopes": ["read:repository"] }));
    let reader = Asker::new(&server, Some(&TestUser { token: made.json()["sha1"].as_str().unwrap().to_owned(), ..ann.clone() }));
    assert_eq!(reader.get("/repos/ann/tool").status, 200);
    assert_eq!(reader.json("PATCH", "/repos/ann/tool", &json!({ "description": "x" })).status, 403);
    assert_eq!(reader.get("/user/keys").status, 200, "anybody may list a user's keys");
    assert_eq!(reader.json("POST", "/user/keys", &json!({ "key": "x" })).status, 403);
    assert_eq!(reader.json("POST", "/users/ann/tokens", &json!({ "name": "more", "scopes": ["all"] })).status, 403);
    server.stop().await.unwrap();
}

/// Signs in as a browser does; the cookie.
pub fn sign_in(server: &TestServer, user: &TestUser) -> String {
    let body = json!({ "username": user.name, "password": user.password }).to_string();
    let headers = [("content-type", "application/json"), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")];
    let answer = Asker::new(server, None).send("POST", "/api/v1/user/sessions", &headers, body.as_bytes());
    assert_eq!((answer.status, answer.json()["user"]["login"].as_str()), (201, Some(user.name.as_str())), "{}", answer.text());
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_changes_nothing_for_another_site() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let cookie = sign_in(&server, &ann);
    let nobody = Asker::new(&server, None);
    let post = |more: &[(&str, &str)]| {
        let headers = [&[("content-type", "application/json"), ("cookie", cookie.as_str())], more].concat();
        let name = format!("r{}", more.len() * 7 + more.iter().map(|(n, v)| n.len() * 31 + v.len()).sum::<usize>());
        nobody.send("POST", "/api/v1/user/repos", &headers, json!({ "name": name }).to_string().as_bytes()).status
    };
    let csrf = ("x-hardie-csrf", "1");
    assert_eq!(post(&[csrf, ("sec-fetch-site", "same-origin")]), 201);
    assert_eq!(post(&[csrf, ("origin", "http://forge.test")]), 201);
    for refused in [
        &[][..],
        &[csrf],
        &[("sec-fetch-site", "same-origin")],
        &[csrf, ("sec-fetch-site", "cross-site")],
        &[csrf, ("sec-fetch-site", "same-site")],
        &[csrf, ("origin", "http://evil.example")],
        &[csrf, ("origin", "null")],
        &[csrf, ("origin", "http://forge.test.evil.example")],
    ] {
        assert_eq!(post(refused), 403, "{refused:?}");
    }
    let read = nobody.send("GET", "/api/v1/user", &[("cookie", &cookie)], b"");
    assert_eq!(read.json()["login"], "ann");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_sign_a_browser_in_nor_use_its_remembered_password() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let nobody = Asker::new(&server, None);
    let body = json!({ "username": ann.name, "password": ann.password }).to_string();
    for headers in
        [&[][..], &[("x-hardie-csrf", "1"), ("sec-fetch-site", "cross-site")], &[("x-hardie-csrf", "1"), ("origin", "http://evil.example")]]
    {
        let headers = [&[("content-type", "application/json")], headers].concat();
        assert_eq!(nobody.send("POST", "/api/v1/user/sessions", &headers, body.as_bytes()).status, 403);
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("ann:{}", ann.password)));
    let headers = [("authorization", basic.as_str()), ("origin", "http://evil.example"), ("content-type", "application/json")];
    assert_eq!(nobody.send("POST", "/api/v1/user/repos", &headers, b"{\"name\":\"x\"}").status, 403);
    // A page's own script gets no challenge: the browser would put its own sign-in window over the page.
    let refused = nobody.send("GET", "/api/v1/user", &[("sec-fetch-mode", "cors")], b"");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, ""));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (one, two) = (sign_in(&server, &ann), sign_in(&server, &ann));
    let nobody = Asker::new(&server, None);
    let ask = |cookie: &str, method: &str, path: &str| {
        nobody.send(method, path, &[("cookie", cookie), ("x-hardie-csrf", "1"), ("sec-fetch-site", "same-origin")], b"")
    };
    let list = ask(&one, "GET", "/api/v1/user/sessions").json();
    let sessions = list.as_array().unwrap();
    assert_eq!((sessions.len(), sessions.iter().filter(|s| s["current"] == true).count()), (2, 1));
    let other = sessions.iter().find(|s| s["current"] == false).unwrap();
    assert_eq!(ask(&one, "DELETE", &format!("/api/v1/user/sessions/{}", other["id"])).status, 204);
    assert_eq!(ask(&two, "GET", "/api/v1/user").status, 401);
    let out = ask(&one, "DELETE", "/api/v1/user/sessions/current");
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    assert_eq!(ask(&one, "GET", "/api/v1/user").status, 401);
    assert_eq!(ask(&one, "GET", "/api/v1/version").status, 200, "an ended session is nobody, not an error");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn acting_as_another_user_is_refused_rather_than_ignored() {
    let server = TestServer::start().await.unwrap();
    let root = server.admin("root2").await.unwrap();
    let refused = Asker::new(&server, Some(&root)).send("GET", "/api/v1/user", &[("sudo", "ann")], b"");
    assert_eq!(refused.status, 403);
    server.stop().await.unwrap();
}
