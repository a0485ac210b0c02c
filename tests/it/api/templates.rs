//! Repositories that begin as a template does.

use hardie_testkit::TestServer;
use hardie_testkit::postgres;
use hardie_testkit::server::Options;
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::git::with_repo;

const GENERATE: &str = "/repos/ann/tool/generate";

fn good(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

async fn a_template_gives_what_is_asked_for(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
    let bob = server.user("bob").await.unwrap();
    let (owner, maker) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    ann.git.script("tool/run", "exit 0").unwrap();
    ann.git.commit(&dir, "src/deep/a.txt", "deep\n", "Go deep").unwrap();
    ann.git.commit(&dir, "src/deep/same.txt", "deep\n", "The same again").unwrap();
    std::os::unix::fs::symlink("src/deep/a.txt", dir.join("link")).unwrap();
    ann.git.ok(&dir, &["add", "--all"]).unwrap();
    ann.git.ok(&dir, &["commit", "--quiet", "-m", "Link"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let tree = ann.git.ok(&dir, &["rev-parse", "main^{tree}"]).unwrap();
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false })), 200);
    good(&owner.json("PUT", "/repos/ann/tool/topics", &json!({ "topics": ["smithy"] })), 204);
    good(&owner.json("POST", "/repos/ann/tool/labels", &json!({ "name": "bug", "color": "f00", "exclusive": true })), 201);
    good(&owner.json("POST", "/repos/ann/tool/branch_protections", &json!({ "rule_name": "release/*" })), 201);
    let all =
        json!({ "name": "made", "git_content": true, "topics": true, "labels": true, "protected_branch": true, "description": "Mine" });
    let early = maker.json("POST", GENERATE, &all);
    assert!(early.status == 422 && early.refusal().1.contains("no template"), "{}", early.text());
    assert_eq!(maker.json("PATCH", "/repos/ann/tool", &json!({ "template": true })).status, 403);
    assert_eq!(good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "template": true })), 200)["template"], true);

    let made = good(&maker.json("POST", GENERATE, &all), 201);
    assert_eq!(
        (&made["full_name"], &made["description"], &made["empty"], &made["fork"], &made["template"], &made["private"]),
        (&json!("bob/made"), &json!("Mine"), &json!(false), &json!(false), &json!(false), &json!(false))
    );
    assert_eq!(made["topics"], json!(["smithy"]));
    let label = &maker.get("/repos/bob/made/labels").json()[0];
    assert_eq!((&label["name"], &label["color"], &label["exclusive"]), (&json!("bug"), &json!("ff0000"), &json!(true)));
    assert_eq!(maker.get("/repos/bob/made/branch_protections").json()[0]["rule_name"], "release/*");
    bob.git.ok(bob.git.home(), &["clone", "-q", &server.http_remote("bob/made"), "made"]).unwrap();
    let clone = bob.git.path("made");
    bob.git.ok(&clone, &["fsck", "--strict", "--full"]).unwrap();
    assert_eq!(bob.git.ok(&clone, &["rev-parse", "main^{tree}"]).unwrap(), tree, "file by file");
    let log = bob.git.ok(&clone, &["log", "--all", "--format=%an %s %P"]).unwrap();
    assert_eq!(log.trim(), "bob Initial commit", "one commit, and none of the template's");

    // Another branch, privately, and nothing else.
    let other = json!({ "name": "quiet", "private": true, "default_branch": "trunk", "git_content": true });
    let other = good(&maker.json("POST", GENERATE, &other), 201);
    assert_eq!((&other["default_branch"], &other["private"], &other["topics"]), (&json!("trunk"), &json!(true), &json!([])));
    assert_eq!(maker.get("/repos/bob/quiet/labels").json(), json!([]));
    assert_eq!(maker.get("/repos/bob/quiet/branches/trunk").status, 200);
    let bare = good(&maker.json("POST", GENERATE, &json!({ "name": "bare", "topics": true })), 201);
    assert_eq!((&bare["empty"], &bare["topics"]), (&json!(true), &json!(["smithy"])));

    // What cannot be leaves nothing behind.
    for (body, status) in [
        (json!({ "name": "x" }), 422),
        (json!({ "name": "x", "git_content": true, "webhooks": true }), 422),
        (json!({ "name": "x", "git_content": true, "avatar": true }), 422),
        (json!({ "name": "x", "git_content": true, "default_branch": "../x" }), 422),
        (json!({ "name": "x", "git_content": true, "owner": "ann" }), 403),
        (json!({ "name": "a b", "git_content": true }), 422),
        (json!({ "name": "made", "git_content": true }), 409),
    ] {
        assert_eq!(maker.json("POST", GENERATE, &body).status, status, "{body}");
    }
    assert_eq!(maker.get("/repos/bob/x").status, 404);

    // Names that would have to be filled in are not passed over in silence.
    ann.git.commit(&dir, ".gitea/template", "*.md\n", "Fill in").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    let expanding = maker.json("POST", GENERATE, &json!({ "name": "filled", "git_content": true }));
    assert!(expanding.status == 422 && expanding.refusal().1.contains(".gitea/template"), "{}", expanding.text());
    assert_eq!(maker.get("/repos/bob/filled").status, 404);

    // What is private is absent for who may not see it, a template or not.
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": true })), 200);
    assert_eq!(maker.json("POST", GENERATE, &json!({ "name": "x", "topics": true })).status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_gives_its_files_and_what_else_is_asked_for() {
    a_template_gives_what_is_asked_for(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_on_postgres_gives_its_files_and_what_else_is_asked_for() {
    let database = postgres::Database::new().unwrap();
    a_template_gives_what_is_asked_for(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_let_in_take_the_new_repository_back() {
    let server = TestServer::start().await.unwrap();
    let (ann, _, _) = with_repo(&server, "ann", "tool").await;
    let owner = Asker::new(&server, Some(&ann));
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "template": true })), 200);
    let data = server.stop().await.unwrap();
    let mut options = Options::default();
    options.limits.pack_bytes = 64;
    let server = TestServer::start_in(data, options).await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    let refused = owner.json("POST", GENERATE, &json!({ "name": "made", "git_content": true }));
    assert_eq!(refused.status, 413, "{}", refused.text());
    assert_eq!(owner.get("/repos/ann/made").status, 404);
    // Its name is free at once.
    assert_eq!(owner.json("POST", "/user/repos", &json!({ "name": "made" })).status, 201);
    server.stop().await.unwrap();
}
