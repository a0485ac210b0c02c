//! Topics, stars, watches and languages, in Gitea's words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};

fn ok(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap_or_else(|| panic!("{list}")).iter().map(|one| one["full_name"].as_str().unwrap().to_owned()).collect()
}

async fn topics_and_marks(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    for (name, private) in [("tool", false), ("hidden", true)] {
        server.repo(&ann, name, private).await.unwrap();
    }
    let (owner, reader, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    let topics = "/repos/ann/tool/topics";

    ok(&owner.json("PUT", topics, &json!({ "topics": ["rust", "GIT", "rust"] })), 204);
    assert_eq!(nobody.get(topics).json(), json!({ "topics": ["git", "rust"] }));
    ok(&owner.json("PUT", &format!("{topics}/forge"), &Value::Null), 204);
    ok(&owner.json("DELETE", &format!("{topics}/git"), &Value::Null), 204);
    assert_eq!(owner.json("DELETE", &format!("{topics}/git"), &Value::Null).status, 404);
    assert_eq!(owner.get("/repos/ann/tool").json()["topics"], json!(["forge", "rust"]));
    for bad in ["-x", "a b", "ä", "a_b", "", &"x".repeat(36), "a\nb"] {
        assert_eq!(owner.json("PUT", topics, &json!({ "topics": [bad] })).status, 422, "{bad:?}");
    }
    let many: Vec<String> = (0..26).map(|n| format!("t{n}")).collect();
    assert_eq!(owner.json("PUT", topics, &json!({ "topics": many })).status, 422);
    assert_eq!((reader.json("PUT", topics, &json!({ "topics": [] })).status, nobody.json("PUT", topics, &json!({})).status), (403, 401));
    ok(&owner.json("PUT", "/repos/ann/hidden/topics", &json!({ "topics": ["rust", "secret-plan", "100"] })), 204);
    let search = |asker: &Asker, q: &str| names(&asker.get(&format!("/repos/search?topic=true&q={q}")).json()["data"]);
    assert_eq!(
        (search(&owner, "rust"), search(&reader, "rust")),
        (vec!["ann/hidden".to_owned(), "ann/tool".to_owned()], vec!["ann/tool".to_owned()])
    );
    assert_eq!((search(&reader, "rus").len(), search(&reader, "nothing,forge").len(), search(&reader, "1%25").len()), (0, 1, 0));
    let found = |asker: &Asker, q: &str| {
        let list = asker.get(&format!("/topics/search?q={q}")).json()["topics"].clone();
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {}", one["topic_name"].as_str().unwrap(), one["repo_count"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&owner, ""), ["rust 2", "100 1", "forge 1", "secret-plan 1"]);
    assert_eq!(
        (found(&reader, ""), found(&reader, "plan")),
        (vec!["forge 1".to_owned(), "rust 1".to_owned()], Vec::new()),
        "what is hidden is not counted"
    );

    assert_eq!((nobody.get("/topics/search").status, nobody.get("/users/bob/starred").status), (401, 401));

    // Stars and watches count each account once, and are for what one may see.
    let (star, watch) = ("/user/starred/ann/tool", "/repos/ann/tool/subscription");
    assert_eq!((reader.get(star).status, reader.get(watch).status), (404, 404));
    for _ in 0..2 {
        ok(&reader.json("PUT", star, &Value::Null), 204);
        let watched = ok(&reader.json("PUT", watch, &Value::Null), 200);
        assert_eq!((&watched["subscribed"], &watched["ignored"]), (&json!(true), &json!(false)));
    }
    ok(&owner.json("PUT", star, &Value::Null), 204);
    assert_eq!((reader.get(star).status, reader.get(watch).status, nobody.get(star).status), (204, 200, 401));
    let shown = nobody.get("/repos/ann/tool").json();
    assert_eq!((&shown["stars_count"], &shown["watchers_count"]), (&json!(2), &json!(1)));
    let logins = |path: &str| nobody.get(path).json().as_array().unwrap().iter().map(|one| one["login"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (logins("/repos/ann/tool/stargazers"), logins("/repos/ann/tool/subscribers")),
        (vec![json!("bob"), json!("ann")], vec![json!("bob")])
    );
    for path in ["/user/starred/ann/hidden", "/user/starred/ann/nothing", "/repos/ann/hidden/subscription"] {
        assert_eq!(reader.json("PUT", path, &Value::Null).status, 404, "{path}");
    }
    ok(&owner.json("PUT", "/user/starred/ann/hidden", &Value::Null), 204);
    assert_eq!(names(&owner.get("/user/starred").json()), ["ann/hidden", "ann/tool"]);
    assert_eq!(names(&reader.get("/users/ann/starred").json()), ["ann/tool"], "what is hidden stays so");
    assert_eq!(
        (names(&reader.get("/user/subscriptions").json()), names(&owner.get("/users/bob/subscriptions").json())),
        (vec!["ann/tool".to_owned()], vec!["ann/tool".to_owned()])
    );
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": true })), 200);
    assert_eq!(
        (reader.get("/user/starred").json(), reader.get("/user/starred").header("x-total-count").to_owned()),
        (json!([]), "0".to_owned())
    );
    assert_eq!(reader.json("DELETE", star, &Value::Null).status, 404);
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false })), 200);
    ok(&reader.json("DELETE", star, &Value::Null), 204);
    ok(&reader.json("DELETE", watch, &Value::Null), 204);
    let shown = nobody.get("/repos/ann/tool").json();
    assert_eq!((&shown["stars_count"], &shown["watchers_count"], reader.get(watch).status), (&json!(1), &json!(0), 404));
    // A token for repositories alone gives no stars, and one for reading watches nothing.
    let limited = |name: &str, scopes: Value| {
        let made = ok(&reader.json("POST", "/users/bob/tokens", &json!({ "name": name, "scopes": scopes })), 201);
        let mut user = bob.clone();
        user.token = made["sha1"].as_str().unwrap().to_owned();
        Asker::new(&server, Some(&user))
    };
    assert_eq!(limited("a", json!(["write:repository"])).json("PUT", star, &Value::Null).status, 403);
    assert_eq!(limited("b", json!(["read:repository", "write:user"])).json("PUT", watch, &Value::Null).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_stars_and_watches_are_kept_and_hidden_as_the_repository_is() {
    topics_and_marks(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_stars_and_watches_on_postgres_are_kept_and_hidden_as_the_repository_is() {
    let database = postgres::Database::new().unwrap();
    topics_and_marks(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_are_those_of_the_default_branch() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", true).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    let languages = "/repos/ann/tool/languages";
    assert_eq!(ok(&asker.get(languages), 200), json!({}));
    let file = |path: &str, text: &str| json!({ "operation": "create", "path": path, "content": STANDARD.encode(text) });
    let files = json!([
        file("src/main.rs", "fn main() {}\n"),
        file("src/deep/down/lib.rs", "1234567"),
        file("Makefile", "all:\n"),
        file("README.md", "# No language\n"),
        file("vendor/other.go", "package other\n"),
    ]);
    ok(&asker.json("POST", "/repos/ann/tool/contents", &json!({ "files": files })), 201);
    assert_eq!(ok(&asker.get(languages), 200), json!({ "Rust": 20, "Makefile": 5 }));
    let more = json!({ "files": [file("a.py", "x = 1\n")], "new_branch": "other" });
    ok(&asker.json("POST", "/repos/ann/tool/contents", &more), 201);
    assert_eq!(ok(&asker.get(languages), 200), json!({ "Rust": 20, "Makefile": 5 }), "another branch counts for nothing");
    assert_eq!(Asker::new(&server, None).get(languages).status, 404);
    server.stop().await.unwrap();
}
