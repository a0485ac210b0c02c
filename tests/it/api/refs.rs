//! Branches and tags made, renamed and deleted through the API.

use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::Asker;
use crate::git::shipped::guard;

async fn start() -> (TestServer, TestUser, Asker) {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    for name in ["one", "two"] {
        let made = asker.json("POST", &format!("/repos/ann/tool/contents/{name}"), &json!({ "content": "" }));
        assert_eq!(made.status, 201, "{}", made.text());
    }
    (server, ann, asker)
}

fn commit(asker: &Asker, branch: &str) -> Value {
    asker.get(&format!("/repos/ann/tool/branches/{branch}")).json()["commit"]["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_made_renamed_and_deleted_under_the_rules_of_a_push() {
    let (server, ann, asker) = start().await;
    let make = |body: Value| asker.json("POST", "/repos/ann/tool/branches", &body);
    let made = make(json!({ "new_branch_name": "topic/a" }));
    assert_eq!((made.status, &made.json()["name"], &made.json()["commit"]["id"]), (201, &json!("topic/a"), &commit(&asker, "main")));
    let parent = asker.get("/repos/ann/tool/commits?sha=main").json()[1]["sha"].clone();
    for (field, from) in
        [("old_ref_name", parent.clone()), ("old_branch_name", json!("topic/a")), ("old_ref_name", json!("refs/heads/main"))]
    {
        let made = make(json!({ "new_branch_name": format!("from-{}", from.as_str().unwrap().len()), field: from }));
        assert_eq!(made.status, 201, "{field} {from}: {}", made.text());
    }
    assert_eq!(commit(&asker, "from-40"), parent);
    for (body, status) in [
        (json!({ "new_branch_name": "topic/a" }), 409),
        (json!({ "new_branch_name": "topic" }), 403),
        (json!({ "new_branch_name": "topic/a/b" }), 403),
        (json!({ "new_branch_name": "a..b" }), 422),
        (json!({ "new_branch_name": "" }), 422),
        (json!({ "new_branch_name": "refs/heads/x" }), 422),
        (json!({ "new_branch_name": "x", "old_ref_name": "none" }), 404),
        (json!({ "new_branch_name": "x", "old_ref_name": "0123456789012345678901234567890123456789" }), 404),
    ] {
        assert_eq!(make(body.clone()).status, status, "{body}");
    }
    let rename = |from: &str, to: &str| asker.json("PATCH", &format!("/repos/ann/tool/branches/{from}"), &json!({ "name": to }));
    assert_eq!(rename("topic%2Fa", "topic/a/b").status, 204, "its old name makes room");
    assert_eq!((commit(&asker, "topic/a"), commit(&asker, "topic/a/b")), (Value::Null, commit(&asker, "main")));
    for (from, to, status, text) in [
        ("none", "x", 404, "branch not found"),
        ("from-40", "from-40", 422, "the name that it has"),
        ("from-40", "topic/a/b", 409, "exists already"),
        ("from-40", "b..d", 422, "name"),
        ("from-40", "refs/heads/b", 422, "begins with refs/"),
        ("main", "trunk", 403, "default branch cannot be deleted"),
    ] {
        let (told, why) = rename(from, to).refusal();
        assert!(told == status && why.contains(text), "{from} {to}: {told} {why}");
    }
    assert!(commit(&asker, "trunk").is_null() && !commit(&asker, "main").is_null(), "both or none");
    // A rule about a branch stands against its being renamed away.
    assert_eq!(asker.json("POST", "/repos/ann/tool/branch_protections", &json!({ "rule_name": "from-*" })).status, 201);
    assert_eq!(rename("from-40", "free").status, 403);
    let (bob, nobody) = (server.user("bob").await.unwrap(), Asker::new(&server, None));
    let bob = Asker::new(&server, Some(&bob));
    let body = json!({ "new_branch_name": "theirs" });
    assert_eq!(nobody.json("POST", "/repos/ann/tool/branches", &body).status, 401);
    assert_eq!(bob.json("POST", "/repos/ann/tool/branches", &body).status, 403);
    guard(&server, &ann, "ann/tool", "ref-names", r#"{"branches": ["main", "topic/*"]}"#).await;
    let refused = make(json!({ "new_branch_name": "My-Branch" })).refusal();
    assert!(refused.0 == 403 && refused.1.contains("[ref-names]") && refused.1.contains("My-Branch is not called like"), "{refused:?}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_names_or_say_something_and_go_again() {
    let (server, ann, asker) = start().await;
    let make = |body: Value| asker.json("POST", "/repos/ann/tool/tags", &body);
    let light = make(json!({ "tag_name": "v1" })).json();
    assert_eq!((&light["name"], &light["id"], &light["message"]), (&json!("v1"), &commit(&asker, "main"), &json!("")), "{light}");
    let parent = asker.get("/repos/ann/tool/commits?sha=main").json()[1]["sha"].clone();
    let annotated = make(json!({ "tag_name": "rel/v2", "target": parent, "message": "Second\n\nWith more.\n\n" }));
    assert_eq!(annotated.status, 201, "{}", annotated.text());
    let annotated = annotated.json();
    assert_eq!((&annotated["commit"]["sha"], &annotated["message"]), (&parent, &json!("Second\n\nWith more.\n")), "{annotated}");
    assert_ne!(annotated["id"], parent);
    assert_eq!(asker.get("/repos/ann/tool/tags/rel/v2").json(), annotated);
    for (body, status) in [
        (json!({ "tag_name": "v1" }), 409),
        (json!({ "tag_name": "v1", "message": "other" }), 409),
        (json!({ "tag_name": "v1/x" }), 403),
        (json!({ "tag_name": "a b" }), 422),
        (json!({ "tag_name": "refs/tags/v3" }), 422),
        (json!({}), 422),
        (json!({ "tag_name": "x", "target": "none" }), 404),
        (json!({ "tag_name": "x", "message": "x".repeat(70_000) }), 422),
    ] {
        assert_eq!(make(body.clone()).status, status, "{body}");
    }
    let dir = ann.git.path("clone");
    ann.git.ok(ann.git.home(), &["clone", "--quiet", &server.http_remote("ann/tool"), "clone"]).unwrap();
    ann.git.ok(&dir, &["fsck", "--strict", "--full"]).unwrap();
    let tags = ann.git.ok(&dir, &["tag", "-l", "--format=%(objecttype) %(taggername)%(taggeremail) %(refname:short)"]).unwrap();
    assert_eq!(tags.trim(), "tag ann<ann@noreply.forge.test> rel/v2\ncommit  v1");
    let delete = |tag: &str| asker.json("DELETE", &format!("/repos/ann/tool/tags/{tag}"), &Value::Null).status;
    assert_eq!([delete("v1"), delete("v1"), delete("rel%2Fv2"), delete("none")], [204, 404, 204, 404]);
    assert_eq!(Asker::new(&server, None).json("POST", "/repos/ann/tool/tags", &json!({ "tag_name": "x" })).status, 401);
    guard(&server, &ann, "ann/tool", "ref-names", r#"{"annotated-tags": true}"#).await;
    let refused = make(json!({ "tag_name": "light" })).refusal();
    assert!(refused.0 == 403 && refused.1.contains("only a name"), "{refused:?}");
    assert_eq!(make(json!({ "tag_name": "said", "message": "Said" })).status, 201);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn annotated_tags_and_notes_are_shown_as_git_has_them() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = crate::git::with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    let head = ann.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned();
    let notes = format!("/repos/{repo}/git/notes");
    assert_eq!(asker.get(&format!("{notes}/{head}")).status, 404, "there are none");
    ann.git.ok(&dir, &["tag", "-a", "v1", "-m", "The first"]).unwrap();
    ann.git.ok(&dir, &["notes", "add", "-m", "It was good"]).unwrap();
    let later = ann.git.commit(&dir, "b.txt", "b\n", "Later").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main", "v1", "refs/notes/commits"]).unwrap();
    let tag = ann.git.ok(&dir, &["rev-parse", "v1"]).unwrap().trim().to_owned();
    let shown = asker.get(&format!("/repos/{repo}/git/tags/{tag}")).json();
    assert_eq!((&shown["tag"], &shown["sha"], &shown["message"]), (&json!("v1"), &json!(tag), &json!("The first\n")), "{shown}");
    assert_eq!(
        (&shown["object"]["sha"], &shown["object"]["type"], &shown["tagger"]["name"]),
        (&json!(head), &json!("commit"), &json!("ann"))
    );
    assert_eq!(asker.get(&format!("/repos/{repo}/git/tags/{head}")).status, 404, "a commit is no tag");
    for rev in [head.as_str(), "v1"] {
        let note = asker.get(&format!("{notes}/{rev}")).json();
        assert_eq!((&note["message"], &note["commit"]["sha"]), (&json!("It was good\n"), &json!(head)), "{note}");
    }
    assert_eq!(asker.get(&format!("{notes}/{later}")).status, 404);
    // As git lays them out when there are many.
    let blob = ann.git.ok(&dir, &["rev-parse", "refs/notes/commits^{tree}"]).unwrap().trim().to_owned();
    let file = ann.git.ok(&dir, &["ls-tree", &blob]).unwrap().split_whitespace().nth(2).unwrap().to_owned();
    let mut tree = ann.git.with_stdin(&dir, &["mktree"], format!("100644 blob {file}\t{}\n", &later[4..]).as_bytes()).unwrap();
    for folder in [&later[2..4], &later[..2]] {
        tree = ann.git.with_stdin(&dir, &["mktree"], format!("040000 tree {}\t{folder}\n", tree.trim()).as_bytes()).unwrap();
    }
    let commit = ann.git.ok(&dir, &["commit-tree", "-m", "Notes", tree.trim()]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "-f", "origin", &format!("{}:refs/notes/commits", commit.trim())]).unwrap();
    assert_eq!(asker.get(&format!("{notes}/{later}")).json()["message"], "It was good\n");
    assert_eq!(asker.get(&format!("{notes}/{head}")).status, 404);
    assert_eq!(Asker::new(&server, None).get(&format!("{notes}/{later}")).status, 404);
    server.stop().await.unwrap();
}
