//! E-mail addresses: added, answered, preferred, removed.

use hardie_domain::sign_up::SignUpMode;
use serde_json::json;

use super::server::Smtp;
use super::{Asker, forge, post, token};

#[tokio::test(flavor = "multi_thread")]
async fn an_address_counts_once_it_was_answered_and_for_one_account() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let (nobody, by_ann, by_bob) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    let own = by_ann.get("/user/emails").json();
    let id = by_ann.get("/user").json()["id"].clone();
    assert_eq!(own, json!([{ "email": "ann@example.org", "verified": true, "primary": true, "user_id": id, "username": "ann" }]));
    let add = |asker: &Asker, email: &str| asker.json("POST", "/user/emails", &json!({ "emails": [email] }));
    let added = add(&by_ann, "Shared@example.org");
    assert_eq!((added.status, &added.json()[0]["verified"]), (201, &json!(false)));
    assert_eq!(add(&by_bob, "shared@example.org").status, 201, "nobody owns it yet");
    let links = [smtp.nth("Shared@example.org", 1).await.token("verify"), smtp.nth("shared@example.org", 1).await.token("verify")];
    assert_eq!(post(&nobody, "/user/emails/verify", &token("nonsense")).status, 422);
    let verified = post(&nobody, "/user/emails/verify", &token(&links[0])).json();
    assert_eq!((&verified["verified"], &verified["primary"], &verified["username"]), (&json!(true), &json!(false), &json!("ann")));
    assert_eq!(post(&nobody, "/user/emails/verify", &token(&links[0])).status, 422, "it is good once");
    let (status, text) = post(&nobody, "/user/emails/verify", &token(&links[1])).refusal();
    assert!(status == 409 && !text.contains("ann"), "{text}");
    assert_eq!(add(&by_ann, "shared@example.org").status, 409, "hers already");
    // Whether an address is in use is told by a mail to it alone, which has no link.
    let (in_use, free) = (add(&by_bob, "SHARED@example.org"), add(&by_bob, "Unused@example.org"));
    assert_eq!((in_use.status, free.status), (201, 201));
    let shape = |answer: &crate::api::Answer| answer.text().to_lowercase().replace("unused@", "shared@");
    assert_eq!(shape(&in_use), shape(&free));
    let told = smtp.nth("Shared@example.org", 2).await;
    assert!(told.body.contains("another account there uses already") && !told.body.contains("token="), "{}", told.body);
    // Nobody is asked so for ever.
    let asked: Vec<u16> = (0..20).map(|_| add(&by_bob, "shared@example.org").status).collect();
    assert!(asked.contains(&201) && asked.last() == Some(&429), "{asked:?}");
    // An administrator cannot give it away either, and it signs nobody in: the primary one does.
    let root = server.admin("root").await.unwrap();
    let by_root = Asker::new(&server, Some(&root));
    assert_eq!(by_root.json("PATCH", "/admin/users/bob", &json!({ "email": "shared@example.org" })).status, 409);
    let sign_in = |user: &str| post(&nobody, "/user/sessions", &json!({ "username": user, "password": ann.password })).status;
    assert_eq!((sign_in("shared@example.org"), sign_in("ann@example.org")), (401, 201));
    assert_eq!(by_root.get("/admin/emails/search?q=shared").json().as_array().unwrap().len(), 2);
    assert_eq!((by_root.get("/admin/emails").status, by_ann.get("/admin/emails").status), (200, 403));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_primary_address_is_told_of_one_that_comes_and_of_one_that_goes() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    // The key and the token that were made for her.
    smtp.nth("ann@example.org", 2).await;
    by_ann.json("POST", "/user/emails", &json!({ "emails": ["work@example.org"] }));
    let link = smtp.nth("work@example.org", 1).await.token("verify");
    assert_eq!(post(&nobody, "/user/emails/verify", &token(&link)).status, 200);
    let told = smtp.nth("ann@example.org", 3).await;
    assert!(told.body.contains("work@example.org is one of its addresses now") && !told.body.contains("token="), "{}", told.body);
    assert!(told.header("Subject").contains("addresses"), "{}", told.header("Subject"));
    assert_eq!(by_ann.json("DELETE", "/user/emails", &json!({ "emails": ["work@example.org"] })).status, 204);
    assert!(smtp.nth("ann@example.org", 4).await.body.contains("were removed from your account: work@example.org"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_address_is_its_owners_in_commits() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    let by_ann = Asker::new(&server, Some(&ann));
    server.repo(&ann, "tool", false).await.unwrap();
    by_ann.json("POST", "/user/emails", &json!({ "emails": ["work@example.org"] }));
    let dir = ann.git.init("work").unwrap();
    ann.git.ok(&dir, &["config", "user.email", "work@example.org"]).unwrap();
    ann.git.commit(&dir, "a.txt", "hello\n", "Begin").unwrap();
    ann.git.ok(&dir, &["-c", "user.email=work@example.org", "commit", "-q", "--amend", "--reset-author", "--no-edit"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let author = || by_ann.get("/repos/ann/tool/commits?sha=main").json()[0]["author"]["login"].clone();
    assert_eq!(author(), json!(null));
    let link = smtp.nth("work@example.org", 1).await.token("verify");
    assert_eq!(post(&Asker::new(&server, None), "/user/emails/verify", &token(&link)).status, 200);
    assert_eq!(author(), json!("ann"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_address_changes_by_password_and_answer_and_the_one_before_is_told() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    smtp.nth("ann@example.org", 2).await;
    let change = |email: &str, password: &str| {
        by_ann.json("PATCH", "/user/settings", &json!({ "email": email, "current_password": password, "full_name": "Ann" }))
    };
    assert_eq!(change("new@example.org", "wrong password").status, 422);
    let changed = change("new@example.org", &ann.password).json();
    assert_eq!((&changed["email"], &changed["full_name"]), (&json!("ann@example.org"), &json!("Ann")), "it is not answered yet");
    let link = smtp.nth("new@example.org", 1).await.token("verify");
    assert_eq!(post(&nobody, "/user/emails/verify", &token(&link)).json()["primary"], true);
    assert_eq!(by_ann.get("/user").json()["email"], "new@example.org");
    let told = smtp.nth("ann@example.org", 3).await;
    assert!(told.body.contains("new@example.org is its primary address now"), "{}", told.body);
    // To one that somebody else has: as to any other, and nothing comes of it.
    server.user("bob").await.unwrap();
    smtp.nth("bob@example.org", 2).await;
    assert_eq!(change("bob@example.org", &ann.password).json()["email"], "new@example.org");
    assert!(smtp.nth("bob@example.org", 3).await.body.contains("another account there uses already"));
    let hidden = |hide: bool| by_ann.json("PATCH", "/user/settings", &json!({ "hide_email": hide }));
    assert_eq!((hidden(true).json()["hide_email"].as_bool(), hidden(false).json()["field"].as_str()), (Some(true), Some("hide_email")));
    // Back to one that was answered: at once. The primary one is not removed, another is.
    assert_eq!(change("Ann@example.org", &ann.password).json()["email"], "Ann@example.org");
    let remove = |email: &str| by_ann.json("DELETE", "/user/emails", &json!({ "emails": [email] })).status;
    assert_eq!((remove("ann@example.org"), remove("new@example.org"), remove("new@example.org")), (422, 204, 404));
    assert_eq!(remove("bob@example.org"), 204);
    assert_eq!(by_ann.get("/user/emails").json().as_array().unwrap().len(), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_worth_nothing_once_its_address_or_the_password_before_is_gone() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let verify = |link: &str| post(&nobody, "/user/emails/verify", &token(link)).status;
    by_ann.json("POST", "/user/emails", &json!({ "emails": ["one@example.org"] }));
    let link = smtp.nth("one@example.org", 1).await.token("verify");
    assert_eq!(by_ann.json("DELETE", "/user/emails", &json!({ "emails": ["one@example.org"] })).status, 204);
    assert_eq!(verify(&link), 422);
    // Somebody who knew the password asked for their own address, and then the owner changed the password.
    by_ann.json("PATCH", "/user/settings", &json!({ "email": "thief@example.org", "current_password": ann.password }));
    let link = smtp.nth("thief@example.org", 1).await.token("verify");
    let body = json!({ "current_password": ann.password, "new_password": "yet another one" });
    assert_eq!(by_ann.json("POST", "/user/password", &body).status, 204);
    assert_eq!(verify(&link), 422);
    by_ann.json("POST", "/user/emails", &json!({ "emails": ["late@example.org"] }));
    let link = smtp.nth("late@example.org", 1).await.token("verify");
    clock.advance(24 * 3600 + 1);
    assert_eq!(verify(&link), 422);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_bounded_and_need_the_scope() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let ann = server.user("ann").await.unwrap();
    let by_ann = Asker::new(&server, Some(&ann));
    let add = |emails: Vec<String>| by_ann.json("POST", "/user/emails", &json!({ "emails": emails }));
    let many = |from: usize, count: usize| (from..from + count).map(|n| format!("ann{n}@example.org")).collect::<Vec<_>>();
    assert_eq!((add(Vec::new()).status, add(many(0, 21)).status), (422, 422));
    assert_eq!(add(vec!["ok@example.org".to_owned(), "no address".to_owned()]).status, 422);
    assert_eq!(by_ann.get("/user/emails").json().as_array().unwrap().len(), 1, "all or none");
    assert_eq!(add(many(0, 19)).status, 201);
    assert_eq!(add(many(19, 2)).status, 429, "so many mails from one account");
    clock.advance(3600);
    assert_eq!(add(many(19, 1)).status, 413, "so many addresses of one account");
    let body = json!({ "name": "small", "scopes": ["read:user", "write:repository"] });
    let small = by_ann.json("POST", "/users/ann/tokens", &body).json()["sha1"].as_str().unwrap().to_owned();
    let nobody = Asker::new(&server, None);
    let with = |method: &str, body: &[u8]| {
        nobody.send(method, "/api/v1/user/emails", &[("authorization", &format!("token {small}"))], body).status
    };
    assert_eq!(
        (with("GET", b""), with("POST", br#"{"emails":["x@example.org"]}"#), with("DELETE", br#"{"emails":["ann0@example.org"]}"#)),
        (200, 403, 403)
    );
    server.stop().await.unwrap();
}
