//! Passwords that were forgotten.

use hardie_domain::mail::{ASKED_FOR, FROM_NETWORK};
use hardie_domain::sign_up::SignUpMode;
use hardie_testkit::TestServer;
use serde_json::json;

use super::server::Smtp;
use super::{Asker, forge, post};
use crate::support::eventually;

fn reset(token: &str, password: &str) -> serde_json::Value {
    json!({ "token": token, "new_password": password })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_new_password_once_ends_sessions_and_leaves_tokens() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    // The key and the token that were made for her.
    let before = 2;
    smtp.nth("ann@example.org", before).await;
    let nobody = Asker::new(&server, None);
    let sign_in = |password: &str| post(&nobody, "/user/sessions", &json!({ "username": "ann", "password": password }));
    let session = sign_in(&ann.password);
    assert_eq!(session.status, 201, "{}", session.text());
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let signed_in = || nobody.send("GET", "/api/v1/user", &[("cookie", &cookie)], b"").status;
    assert_eq!(signed_in(), 200);
    assert_eq!(post(&nobody, "/user/password/forgot", &json!({ "email": "ANN@example.org" })).status, 202);
    let mail = smtp.nth("ann@example.org", before + 1).await;
    assert_eq!(mail.header("Subject"), "Choose a new password for forge.test");
    assert!(mail.header("Message-ID").ends_with("@forge.test>") && mail.header("Auto-Submitted") == "auto-generated", "{}", mail.head);
    let token = mail.token("reset");
    assert_eq!(post(&nobody, "/user/password/reset", &reset(&token, "short")).status, 422);
    assert_eq!(post(&nobody, "/user/password/reset", &reset("wrong", "another long one")).status, 422);
    assert_eq!(signed_in(), 200, "nothing happened yet");
    assert_eq!(post(&nobody, "/user/password/reset", &reset(&token, "another long one")).status, 204);
    assert_eq!(post(&nobody, "/user/password/reset", &reset(&token, "a third long one")).refusal().0, 422, "it is good once");
    assert_eq!(signed_in(), 401);
    assert_eq!((sign_in(&ann.password).status, sign_in("another long one").status), (401, 201));
    assert_eq!(Asker::new(&server, Some(&ann)).get("/user").status, 200, "tokens stay");
    let told = smtp.nth("ann@example.org", before + 2).await;
    assert_eq!(told.header("Subject"), "Your password at forge.test was changed");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_address_has_an_account_is_not_told() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    server.user("ann").await.unwrap();
    smtp.nth("ann@example.org", 2).await;
    let nobody = Asker::new(&server, None);
    let ask = |email: &str| post(&nobody, "/user/password/forgot", &json!({ "email": email }));
    let (known, unknown) = (ask("ann@example.org"), ask("eve@example.org"));
    assert_eq!((known.status, known.text()), (unknown.status, unknown.text()));
    smtp.nth("ann@example.org", 3).await;
    eventually("nothing waits", async || server.server.app.store.count_waiting_mails().await.unwrap() == 0).await;
    assert!(smtp.to("eve@example.org").is_empty());
    // Without the header that no form of another site can set, and from another site.
    let body = br#"{"email":"ann@example.org"}"#;
    assert_eq!(nobody.send("POST", "/api/v1/user/password/forgot", &[], body).status, 403);
    let from = [("x-hardie-csrf", "1"), ("origin", "https://evil.example")];
    assert_eq!(nobody.send("POST", "/api/v1/user/password/forgot", &from, body).status, 403);
    assert_eq!(ask("not an address").status, 422);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_gets_few_mails_in_an_hour_and_one_asker_causes_few() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    server.user("ann").await.unwrap();
    smtp.nth("ann@example.org", 2).await;
    let nobody = Asker::new(&server, None);
    let ask = |email: &str| post(&nobody, "/user/password/forgot", &json!({ "email": email })).status;
    for _ in 0..ASKED_FOR + 3 {
        assert_eq!(ask("ann@example.org"), 202);
    }
    let most = 2 + ASKED_FOR as usize;
    smtp.nth("ann@example.org", most).await;
    eventually("nothing waits", async || server.server.app.store.count_waiting_mails().await.unwrap() == 0).await;
    assert_eq!(smtp.to("ann@example.org").len(), most);
    for n in 0..FROM_NETWORK - ASKED_FOR - 3 {
        assert_eq!(ask(&format!("nobody{n}@example.org")), 202);
    }
    let refused = post(&nobody, "/user/password/forgot", &json!({ "email": "one.more@example.org" }));
    assert_eq!(refused.status, 429);
    assert!((1..=3600).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    clock.advance(3600);
    assert_eq!(ask("ann@example.org"), 202);
    smtp.nth("ann@example.org", most + 1).await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_its_hour_with_another_password_and_with_the_account() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let (nobody, root) = (Asker::new(&server, None), Asker::new(&server, Some(&root)));
    let mut mails = 2;
    smtp.nth("ann@example.org", mails).await;
    let mut links = Vec::new();
    for _ in 0..3 {
        assert_eq!(post(&nobody, "/user/password/forgot", &json!({ "email": "ann@example.org" })).status, 202);
        mails += 1;
        links.push(smtp.nth("ann@example.org", mails).await.token("reset"));
    }
    let used = |link: &str| post(&nobody, "/user/password/reset", &reset(link, "another long one")).status;
    let body = json!({ "current_password": ann.password, "new_password": "yet another one" });
    assert_eq!(Asker::new(&server, Some(&ann)).json("POST", "/user/password", &body).status, 204);
    assert_eq!(used(&links[0]), 422, "the password was changed meanwhile");
    mails += 1;
    smtp.nth("ann@example.org", mails).await;
    let mut fresh = async || {
        assert_eq!(post(&nobody, "/user/password/forgot", &json!({ "email": "ann@example.org" })).status, 202);
        mails += 1;
        smtp.nth("ann@example.org", mails).await.token("reset")
    };
    let link = fresh().await;
    clock.advance(3601);
    assert_eq!(used(&link), 422, "its hour is over");
    let link = fresh().await;
    assert_eq!(root.json("PATCH", "/admin/users/ann", &json!({ "email": "other@example.org" })).status, 200);
    assert_eq!(used(&link), 422, "it went to an address that is not hers any more");
    assert_eq!(root.json("PATCH", "/admin/users/ann", &json!({ "email": "ann@example.org" })).status, 200);
    let link = fresh().await;
    assert_eq!(root.json("PATCH", "/admin/users/ann", &json!({ "active": false })).status, 200);
    assert_eq!(used(&link), 422, "the account is disabled");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_mail_says_so() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (nobody, own) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let forgot = post(&nobody, "/user/password/forgot", &json!({ "email": "ann@example.org" }));
    let added = own.json("POST", "/user/emails", &json!({ "emails": ["other@example.org"] }));
    for (status, text) in [forgot.refusal(), added.refusal()] {
        assert!(status == 422 && text.contains("sends no mail"), "{status} {text}");
    }
    assert_eq!(nobody.get("/settings/accounts").json()["mail"], false);
    let settings = nobody.get("/settings/hardie").json();
    assert_eq!((&settings["mail"], &settings["sign_up"]), (&json!(false), &json!(false)));
    let page = nobody.send("GET", "/login/forgot", &[], b"").text();
    assert!(page.contains("sends no mail") && !page.contains("<form"), "{page}");
    let led = nobody.send("GET", "/login", &[("host", "evil.example")], b"");
    assert_eq!((led.status, led.header("location")), (303, "user/login"));
    assert_eq!(server.server.app.store.count_waiting_mails().await.unwrap(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_do_the_same_without_a_script() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    server.user("ann").await.unwrap();
    smtp.nth("ann@example.org", 2).await;
    let nobody = Asker::new(&server, None);
    let page = nobody.send("GET", "/login/forgot", &[], b"");
    assert!(page.status == 200 && page.header("content-security-policy").contains("default-src 'none'"), "{page:?}");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(nobody.send("POST", "/login/forgot", &[("origin", "https://evil.example")], b"email=ann%40example.org").status, 403);
    assert_eq!(nobody.send("POST", "/login/forgot", &form, b"email=ann%40example.org").status, 200);
    let token = smtp.nth("ann@example.org", 3).await.token("reset");
    let page = nobody.send("GET", &format!("/login/reset?token={token}"), &[], b"");
    assert!(page.text().contains(&token) && page.header("referrer-policy") == "same-origin", "{}", page.text());
    let evil = nobody.send("GET", "/login/reset?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", &[], b"");
    assert!(!evil.text().contains("<script"), "{}", evil.text());
    assert_eq!(nobody.get("/settings/hardie").json()["mail"], true);
    // What another try can mend is shown with the form, without what was typed as a password.
    let short = nobody.send("POST", "/login/reset", &form, format!("token={token}&new_password=tiny1").as_bytes());
    let text = short.text();
    assert!(short.status == 422 && text.contains("role=\"alert\"") && text.contains(&token) && !text.contains("tiny1"), "{text}");
    let set = nobody.send("POST", "/login/reset", &form, format!("token={token}&new_password=another+long+one").as_bytes());
    assert!(set.status == 200 && set.text().contains("The password is set"), "{}", set.text());
    let again = nobody.send("POST", "/login/reset", &form, format!("token={token}&new_password=another+long+one").as_bytes());
    assert!(again.status == 422 && again.text().contains("has been used"), "{}", again.text());
    assert_eq!(post(&nobody, "/user/sessions", &json!({ "username": "ann", "password": "another long one" })).status, 201);
    server.stop().await.unwrap();
}
