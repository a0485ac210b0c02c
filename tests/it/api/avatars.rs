//! Pictures: who sets them, who sees them, and what is taken for one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::{Options, TestServer};
use serde_json::{Value, json};

use super::{Answer, Asker};

/// Four by four pixels of red: PNG, with a comment after the header.
const RED: &str = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAFXRFWHRDb21tZW50AHRha2VuIGF0IGhvbWV2YxoJAAAAEElEQVR4\
    nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==";

fn picture(asker: &Asker, path: &str) -> Answer {
    asker.send("GET", path, &[], b"")
}

/// Where the picture of something is, below the server.
fn address(shown: &Value) -> String {
    shown["avatar_url"].as_str().unwrap().strip_prefix("http://forge.test").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_chose_none_has_a_picture_that_stays_and_another_takes_its_place() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let (nobody, by_ann, by_bob) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    let (at, of_bob) = (address(&by_ann.get("/user").json()), address(&by_bob.get("/user").json()));
    assert_eq!(at, format!("/avatars/{}", by_ann.get("/user").json()["id"]));
    let first = picture(&nobody, &at);
    assert_eq!((first.status, first.header("content-type"), first.header("x-content-type-options")), (200, "image/png", "nosniff"));
    assert!(first.header("content-security-policy").contains("sandbox"), "{}", first.header("content-security-policy"));
    assert_eq!(picture(&nobody, &at).body, first.body);
    assert_ne!(picture(&nobody, &of_bob).body, first.body);
    let tag = first.header("etag").to_owned();
    let again = |tag: &str| nobody.send("GET", &at, &[("if-none-match", tag)], b"").status;
    assert_eq!(again(&tag), 304);

    let sent = by_ann.json("POST", "/user/avatar", &json!({ "image": RED }));
    assert_eq!(sent.status, 204, "{}", sent.text());
    assert_eq!(again(&tag), 200, "it is another now, at the same address");
    let chosen = picture(&nobody, &at);
    assert!(chosen.body.starts_with(b"\x89PNG") && chosen.body != STANDARD.decode(RED).unwrap());
    assert!(!chosen.body.windows(4).any(|part| part == b"tEXt"), "what is not seen is not kept");
    assert_eq!((by_ann.json("DELETE", "/user/avatar", &Value::Null).status, again(&tag)), (204, 304), "the one from before is back");
    let audit = Asker::new(&server, Some(&server.admin("root").await.unwrap())).get("/admin/audit?action=avatar.edit").json();
    let told: Vec<_> = audit.as_array().unwrap().iter().map(|line| line["detail"].as_str().unwrap()).collect();
    assert_eq!(told, ["removed", "set"]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_it_sees_no_picture_of_it_and_who_may_not_change_it_sets_none() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    let (nobody, by_ann, by_bob) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    server.repo(&ann, "tool", true).await.unwrap();
    server.repo(&ann, "open", false).await.unwrap();
    assert_eq!(by_ann.json("POST", "/orgs", &json!({ "username": "smiths", "visibility": "private" })).status, 201);
    let tool = address(&by_ann.get("/repos/ann/tool").json());
    let open = address(&by_ann.get("/repos/ann/open").json());
    let smiths = address(&by_ann.get("/orgs/smiths").json());
    for hidden in [&tool, &smiths] {
        assert_eq!(
            (picture(&by_ann, hidden).status, picture(&by_bob, hidden).status, picture(&nobody, hidden).status),
            (200, 404, 404),
            "{hidden}"
        );
    }
    let absent = picture(&nobody, "/avatars/repos/999999");
    let hidden = picture(&nobody, &tool);
    assert_eq!((absent.status, absent.refusal().1), (hidden.status, hidden.refusal().1), "nor is it told whether it is there");
    assert_eq!((picture(&nobody, &open).status, picture(&nobody, "/avatars/none").status), (200, 404));
    let body = json!({ "image": RED });
    for (path, by_others) in [("/repos/ann/tool/avatar", 404), ("/repos/ann/open/avatar", 403), ("/orgs/smiths/avatar", 404)] {
        for (method, body) in [("POST", &body), ("DELETE", &Value::Null)] {
            assert_eq!(by_bob.json(method, path, body).status, by_others, "{method} {path}");
            assert_eq!(by_ann.json(method, path, body).status, 204, "{method} {path}");
        }
        assert!(matches!(nobody.json("POST", path, &body).status, 401 | 404), "{path}");
    }
    assert_eq!(nobody.json("POST", "/user/avatar", &body).status, 401);
    // As gitea-js calls it, and as a page elsewhere would have a browser send it.
    let plain = [("content-type", "text/plain;charset=UTF-8")];
    let text = body.to_string();
    assert_eq!(by_ann.send("POST", "/api/v1/user/avatar", &plain, text.as_bytes()).status, 204);
    let basic = format!("Basic {}", STANDARD.encode(format!("ann:{}", ann.password)));
    let elsewhere = [plain[0], ("authorization", basic.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(nobody.send("POST", "/api/v1/user/avatar", &elsewhere, text.as_bytes()).status, 403);
    let read = by_ann.json("POST", "/users/ann/tokens", &json!({ "name": "read", "scopes": ["read:user", "write:repository"] }));
    let read = Asker::by(&server, read.json()["sha1"].as_str().unwrap());
    assert_eq!((read.json("POST", "/user/avatar", &body).status, read.json("POST", "/repos/ann/open/avatar", &body).status), (403, 204));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_and_a_closed_site_shows_none_to_strangers() {
    let server = TestServer::start_with(Options { require_sign_in: true, ..Options::default() }).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let (nobody, by_ann) = (Asker::new(&server, None), Asker::new(&server, Some(&ann)));
    let at = address(&by_ann.get("/user").json());
    assert_eq!((picture(&nobody, &at).status, picture(&by_ann, &at).status), (401, 200));
    let svg = STANDARD.encode("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>");
    let mut huge = STANDARD.decode(RED).unwrap();
    // A header that claims 65,536 pixels on each side; its checksum is not looked at before the size.
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    for image in [String::new(), "no base64!".to_owned(), svg, STANDARD.encode(&huge), RED[..RED.len() / 2].to_owned()] {
        let refused = by_ann.json("POST", "/user/avatar", &json!({ "image": image }));
        assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("image")), "{}", refused.text());
    }
    assert_eq!(by_ann.json("POST", "/user/avatar", &json!({ "image": "A".repeat(2 << 20) })).status, 413);
    server.stop().await.unwrap();
}
