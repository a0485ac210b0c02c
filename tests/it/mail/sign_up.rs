//! Accounts that people make for themselves.

use hardie_domain::mail::ASKED_FOR;
use hardie_domain::sign_up::SignUpMode;
use serde_json::{Value, json};

use super::server::Smtp;
use super::{Asker, forge, post};
use crate::support::eventually;

fn wish(name: &str, email: &str) -> Value {
    json!({ "username": name, "email": email, "password": "a long enough one" })
}

fn confirm(link: &str) -> Value {
    json!({ "token": link, "password": "a long enough one" })
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_may_an_answered_mail_makes_the_account() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Open, &["example.org"]).await;
    let nobody = Asker::new(&server, None);
    assert_eq!(nobody.get("/settings/accounts").json()["sign_up"], "open");
    assert_eq!(post(&nobody, "/user/sign_up", &wish("zoe", "zoe@example.org")).status, 202);
    let mail = smtp.nth("zoe@example.org", 1).await;
    assert_eq!(nobody.get("/users/zoe").status, 404, "not before the answer");
    let link = mail.token("sign-up");
    // Somebody else's click makes no account with the password of whoever typed this address.
    for wrong in ["", "another long one"] {
        let refused = post(&nobody, "/user/sign_up/confirm", &json!({ "token": link, "password": wrong }));
        assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("password")), "{}", refused.text());
    }
    let made = post(&nobody, "/user/sign_up/confirm", &confirm(&link));
    assert_eq!(made.json(), json!({ "state": "created", "username": "zoe" }));
    assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm(&link)).status, 422, "it is good once");
    let session = post(&nobody, "/user/sessions", &json!({ "username": "zoe", "password": "a long enough one" }));
    assert_eq!((session.status, &session.json()["user"]["is_admin"]), (201, &json!(false)));
    for (body, status) in [
        (wish("zoe", "other@example.org"), 409),
        (wish("api", "other@example.org"), 422),
        (wish("yan", "yan@evil.example"), 422),
        (wish("yan", "no address"), 422),
        (json!({ "username": "yan", "email": "yan@example.org", "password": "short" }), 422),
        (json!({ "username": "yan", "email": "yan@example.org", "password": "a long enough one", "invitation": "x" }), 422),
    ] {
        assert_eq!(post(&nobody, "/user/sign_up", &body).status, status, "{body}");
    }
    // An address in use gets the same answer, and another mail.
    assert_eq!(post(&nobody, "/user/sign_up", &wish("yan", "ZOE@example.org")).status, 202);
    let told = smtp.nth("zoe@example.org", 2).await;
    assert!(told.body.contains("is in use there already") && !told.body.contains("sign-up?token"), "{}", told.body);
    // A link ends with its day.
    assert_eq!(post(&nobody, "/user/sign_up", &wish("xia", "xia@example.org")).status, 202);
    let link = smtp.nth("xia@example.org", 1).await.token("sign-up");
    clock.advance(24 * 3600 + 1);
    assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm(&link)).status, 422);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_good_for_as_many_as_it_says_and_until_it_ends() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Invitation, &[]).await;
    let (root, ann) = (server.admin("root").await.unwrap(), server.user("ann").await.unwrap());
    let (nobody, by_root) = (Asker::new(&server, None), Asker::new(&server, Some(&root)));
    assert_eq!(Asker::new(&server, Some(&ann)).json("POST", "/admin/invitations", &json!({})).status, 403);
    for bad in [json!({ "uses": 0 }), json!({ "uses": 1001 }), json!({ "expires_at": "2001-01-01T00:00:00Z" })] {
        assert_eq!(by_root.json("POST", "/admin/invitations", &bad).status, 422, "{bad}");
    }
    let made = by_root.json("POST", "/admin/invitations", &json!({ "note": "for friends", "uses": 2 })).json();
    let code = made["code"].as_str().unwrap().to_owned();
    assert!(code.len() > 20, "{made}");
    assert_eq!(by_root.get("/admin/invitations").json()[0]["code"], "", "shown once");
    let with = |name: &str, code: &str| {
        let mut body = wish(name, &format!("{name}@example.org"));
        body["invitation"] = json!(code);
        post(&nobody, "/user/sign_up", &body).status
    };
    assert_eq!((with("a1", ""), with("a1", "wrong")), (422, 422));
    let mut links = Vec::new();
    for name in ["a1", "a2", "a3"] {
        assert_eq!(with(name, &code), 202);
        links.push(smtp.nth(&format!("{name}@example.org"), 1).await.token("sign-up"));
    }
    let statuses: Vec<u16> = links.iter().map(|link| post(&nobody, "/user/sign_up/confirm", &confirm(link)).status).collect();
    assert_eq!(statuses, [200, 200, 409], "three came with a code for two");
    assert_eq!(nobody.get("/users/a3").status, 404);
    assert_eq!(with("a4", &code), 422, "it is used up");
    let made = by_root.json("POST", "/admin/invitations", &json!({})).json();
    let code = made["code"].as_str().unwrap().to_owned();
    assert_eq!(with("a5", &code), 202);
    let link = smtp.nth("a5@example.org", 1).await.token("sign-up");
    assert_eq!(by_root.json("DELETE", &format!("/admin/invitations/{}", made["id"]), &Value::Null).status, 204);
    assert_eq!((with("a6", &code), post(&nobody, "/user/sign_up/confirm", &confirm(&link)).status), (422, 422), "it was withdrawn");
    let code = by_root.json("POST", "/admin/invitations", &json!({})).json()["code"].as_str().unwrap().to_owned();
    clock.advance(8 * 24 * 3600);
    assert_eq!(with("a7", &code), 422, "it has expired");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_administrators_approve_nobody_is_let_in_before() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Approval, &[]).await;
    let (root, ann) = (server.admin("root").await.unwrap(), server.user("ann").await.unwrap());
    let (nobody, by_root, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&root)), Asker::new(&server, Some(&ann)));
    let mut ids = Vec::new();
    for name in ["zoe", "yan"] {
        assert_eq!(post(&nobody, "/user/sign_up", &wish(name, &format!("{name}@example.org"))).status, 202);
        let link = smtp.nth(&format!("{name}@example.org"), 1).await.token("sign-up");
        assert_eq!(by_root.get("/admin/sign_ups").json().as_array().unwrap().len(), ids.len(), "not before the answer");
        assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm(&link)).json()["state"], "waiting");
        ids.push(by_root.get("/admin/sign_ups").json().as_array().unwrap().last().unwrap()["id"].clone());
    }
    assert_eq!(nobody.get("/users/zoe").status, 404);
    assert!(!by_root.get("/admin/sign_ups").text().contains("argon2"));
    let approve = |asker: &Asker, id: &Value| asker.json("POST", &format!("/admin/sign_ups/{id}/approve"), &json!({})).status;
    assert_eq!((approve(&by_ann, &ids[0]), by_ann.get("/admin/sign_ups").status), (403, 403));
    assert_eq!((approve(&by_root, &ids[0]), approve(&by_root, &ids[0])), (201, 404));
    assert!(smtp.nth("zoe@example.org", 2).await.body.contains("was approved"));
    let sign_in = |name: &str| post(&nobody, "/user/sessions", &json!({ "username": name, "password": "a long enough one" })).status;
    assert_eq!((sign_in("zoe"), sign_in("yan")), (201, 401));
    assert_eq!(by_root.json("DELETE", &format!("/admin/sign_ups/{}", ids[1]), &Value::Null).status, 204);
    assert_eq!((approve(&by_root, &ids[1]), by_root.get("/admin/sign_ups").json()), (404, json!([])));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_up_where_it_is_closed_and_one_address_gets_few_mails() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let nobody = Asker::new(&server, None);
    assert_eq!(post(&nobody, "/user/sign_up", &wish("zoe", "zoe@example.org")).status, 403);
    assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm("x")).status, 403);
    server.stop().await.unwrap();
    let (server, _clock) = forge(&smtp, SignUpMode::Open, &[]).await;
    let nobody = Asker::new(&server, None);
    for n in 0..ASKED_FOR {
        assert_eq!(post(&nobody, "/user/sign_up", &wish(&format!("zoe{n}"), "zoe@example.org")).status, 202);
    }
    assert_eq!(post(&nobody, "/user/sign_up", &wish("zoe", "Zoe@example.org")).status, 429);
    smtp.nth("zoe@example.org", ASKED_FOR as usize).await;
    // All of these links are good, and the first that is opened takes the address.
    let links: Vec<String> = smtp.to("zoe@example.org").iter().map(|mail| mail.token("sign-up")).collect();
    assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm(&links[1])).status, 200);
    assert_eq!(post(&nobody, "/user/sign_up/confirm", &confirm(&links[2])).status, 409);
    eventually("nothing waits", async || server.server.app.store.count_waiting_mails().await.unwrap() == 0).await;
    server.stop().await.unwrap();
}
