//! Releases and their files, as tea, curl and Renovate use them.

mod files;
mod hostile;

use hardie_app::Ctx;
use hardie_app::audit::{AuditQuery, list_audit};
use hardie_domain::page::Page;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::support::eventually;

/// Where releases of the repository are.
const RELEASES: &str = "/repos/ann/tool/releases";

/// A public repository with one commit on `main`; its owner, and somebody who only reads.
async fn start(options: Options) -> (TestServer, TestUser, Asker, Asker) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, bob) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&ann, "tool", false).await.unwrap();
    let (owner, reader) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    let first = json!({ "message": "Begin", "files": [{ "operation": "create", "path": "a.txt", "content": "b25lCg==" }] });
    good(&owner.json("POST", "/repos/ann/tool/contents", &first), 201);
    (server, ann, owner, reader)
}

/// The body of an answer that must be good.
fn good(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// Makes a release; its address in the API.
fn release(asker: &Asker, body: &Value) -> (String, Value) {
    let made = good(&asker.json("POST", RELEASES, body), 201);
    (format!("{RELEASES}/{}", made["id"]), made)
}

/// The path of a public address.
fn path_of(url: &Value) -> String {
    url.as_str().and_then(|url| url.strip_prefix("http://forge.test")).unwrap_or_else(|| panic!("{url} is no address here")).to_owned()
}

/// Kinds of the events of the repository that are about releases.
async fn told(server: &TestServer, asker: &Asker) -> Vec<String> {
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let events = asker.get("/repos/ann/tool/events?limit=100").json();
    let kinds = events.as_array().unwrap_or_else(|| panic!("{events}")).iter().map(|event| event["kind"].as_str().unwrap().to_owned());
    kinds.filter(|kind| kind.starts_with("release.")).collect()
}

async fn a_releases_life(options: Options) {
    let (server, ann, owner, reader) = start(options).await;
    let nobody = Asker::new(&server, None);
    let body = json!({ "tag_name": "release/1.0", "target_commitish": "main", "name": "One", "body": "It *works*" });
    let (address, made) = release(&owner, &body);
    assert_eq!((&made["tag_name"], &made["name"], &made["body"]), (&json!("release/1.0"), &json!("One"), &json!("It *works*")));
    assert_eq!((&made["draft"], &made["prerelease"], &made["assets"]), (&json!(false), &json!(false), &json!([])));
    assert_eq!((&made["author"]["login"], &made["author"]["email"]), (&json!("ann"), &json!("ann@example.org")));
    assert!(made["published_at"].as_str().is_some() && made["created_at"] == made["published_at"], "{made}");
    assert_eq!(made["html_url"], "http://forge.test/ann/tool/releases/tag/release%2F1.0");
    // The tag is there for git, where the release said.
    let head = ann.git.ok(ann.git.home(), &["ls-remote", &server.http_remote("ann/tool"), "HEAD", "refs/tags/release/1.0"]).unwrap();
    let ids: Vec<&str> = head.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{head}");
    for field in ["tarball_url", "zipball_url"] {
        let archive = nobody.send("GET", &path_of(&made[field]), &[], b"");
        assert!(archive.status == 200 && !archive.body.is_empty(), "{field}: {}", archive.status);
    }
    // Read in every way, by everybody.
    for asker in [&owner, &reader, &nobody] {
        for way in [address.as_str(), &format!("{RELEASES}/latest"), &format!("{RELEASES}/tags/release%2F1.0")] {
            assert_eq!(good(&asker.get(way), 200)["id"], made["id"], "{way}");
        }
    }
    assert_eq!(reader.get(&format!("{RELEASES}/tags/release/1.0")).json()["id"], made["id"]);

    // A draft is nobody's business, and makes no tag before it is out.
    let (draft, _) = release(&owner, &json!({ "tag_name": "v2", "draft": true, "name": "Two" }));
    assert_eq!(owner.get("/repos/ann/tool/tags/v2").status, 404);
    for asker in [&reader, &nobody] {
        assert_eq!((asker.get(&draft).status, asker.get(&format!("{RELEASES}/tags/v2")).status), (404, 404));
        assert_eq!(asker.get(RELEASES).header("x-total-count"), "1");
        assert_eq!(asker.get(&format!("{RELEASES}?draft=true")).json(), json!([]));
    }
    let listed = owner.get(RELEASES).json();
    assert_eq!((&listed[0]["tag_name"], &listed[1]["tag_name"]), (&json!("v2"), &json!("release/1.0")));
    assert_eq!(
        (&listed[0]["published_at"], owner.get(&format!("{RELEASES}?draft=false")).json()[0]["tag_name"].as_str()),
        (&Value::Null, Some("release/1.0"))
    );
    let out = good(&owner.json("PATCH", &draft, &json!({ "draft": false, "prerelease": true, "body": "Try it" })), 200);
    assert!(out["published_at"].is_string() && out["name"] == "Two" && out["body"] == "Try it", "{out}");
    assert_eq!(reader.get("/repos/ann/tool/tags/v2").status, 200);
    assert_eq!(reader.get(&format!("{RELEASES}/latest")).json()["tag_name"], "release/1.0", "a prerelease is not the latest");
    assert_eq!(reader.get(&format!("{RELEASES}?pre-release=true")).json().as_array().unwrap().len(), 1);
    assert_eq!(owner.json("PATCH", &draft, &json!({ "prerelease": false })).status, 200);
    assert_eq!(reader.get(&format!("{RELEASES}/latest")).json()["tag_name"], "v2");

    // What cannot be.
    let again = owner.json("POST", RELEASES, &json!({ "tag_name": "v2" }));
    assert!(again.status == 409 && again.refusal().1.contains("v2"), "{}", again.text());
    assert_eq!(owner.json("PATCH", &draft, &json!({ "tag_name": "release/1.0" })).status, 409);
    for (body, status) in [
        (json!({ "tag_name": "" }), 422),
        (json!({ "tag_name": "a b" }), 422),
        (json!({ "tag_name": "refs/tags/x" }), 422),
        (json!({ "tag_name": "v3", "target_commitish": "nowhere" }), 404),
        (json!({ "tag_name": "v3", "body": "x".repeat(200_000) }), 413),
    ] {
        assert_eq!(owner.json("POST", RELEASES, &body).status, status, "{}", body["tag_name"]);
    }
    assert_eq!(owner.get("/repos/ann/tool/tags/v3").status, 404);

    // A deleted release leaves its tag.
    assert_eq!(owner.json("DELETE", &format!("{RELEASES}/tags/v2"), &Value::Null).status, 204);
    assert_eq!(owner.json("DELETE", &address, &Value::Null).status, 204);
    assert_eq!((owner.get(RELEASES).json(), owner.get(&format!("{RELEASES}/latest")).status), (json!([]), 404));
    assert_eq!(owner.get("/repos/ann/tool/tags/v2").status, 200);
    let kinds = told(&server, &owner).await;
    assert_eq!(kinds, ["release.published", "release.published", "release.updated", "release.deleted", "release.deleted"]);
    let query = AuditQuery { action: Some("release".to_owned()), ..AuditQuery::default() };
    let lines = list_audit(&server.server.app, &Ctx::system(), &query, Page::new(None, None)).await.unwrap();
    assert_eq!(lines.total, 6, "two made, two changed, two deleted");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_lives_from_draft_to_deletion() {
    a_releases_life(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_on_postgres_lives_from_draft_to_deletion() {
    let database = postgres::Database::new().unwrap();
    a_releases_life(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}
