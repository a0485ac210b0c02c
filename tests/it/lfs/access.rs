//! Whose an LFS object is, and who may have it.

use hardie_testkit::server::people;
use hardie_testkit::{Git, TestServer};
use serde_json::{Value, json};

use super::{act, ask, batch, download, noise, object_files, oid, only, upload};
use crate::api::{Answer, Asker};

/// What an answer tells, without what differs by chance.
fn told(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.refusal().1, answer.header("www-authenticate").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_object_of_another_repository_is_neither_served_nor_said_to_exist() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let secret = server.repo(&alice, "secret", true).await.unwrap();
    let own = server.repo(&bob, "own", true).await.unwrap();
    let bytes = noise(1, 50_000);
    upload(&server, &alice, &secret, &bytes);
    let (asker, nobody) = (Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    // Bob knows the hash; what he is told is what he would be told of bytes that nobody has.
    let known = only(&batch(&asker, &own, &[], "upload", &bytes));
    assert!(known["actions"]["upload"]["href"].is_string(), "{known}");
    assert_eq!(only(&batch(&asker, &own, &[], "download", &bytes))["error"]["code"], 404);
    assert_eq!(download(&server, Some(&bob), &own, &bytes).refusal(), (404, "LFS object not found".to_owned()));
    let name = json!({ "oid": oid(&bytes), "size": bytes.len() });
    assert_eq!(ask(&asker, &own, "objects/verify", &[], &name).status, 404);
    // Neither are other bytes under this name taken for it.
    let upload_action = &known["actions"]["upload"];
    assert_eq!(act(&nobody, "PUT", upload_action, &[], &vec![0; bytes.len()]).status, 422);
    assert_eq!(download(&server, Some(&bob), &own, &bytes).status, 404);
    // Whoever has the bytes brings them, and they are kept once.
    assert_eq!(act(&nobody, "PUT", upload_action, &[], &bytes).status, 200);
    assert_eq!(download(&server, Some(&bob), &own, &bytes).body, bytes);
    assert_eq!(object_files(server.data_dir()), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_of_an_invisible_repository_and_of_none_look_alike() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let secret = server.repo(&alice, "secret", true).await.unwrap();
    upload(&server, &alice, &secret, b"hidden");
    let hidden = oid(b"hidden");
    let ways: [(&str, String, Value); 7] = [
        ("POST", "objects/batch".into(), json!({ "operation": "download", "objects": [{ "oid": hidden, "size": 6 }] })),
        ("POST", "objects/batch".into(), json!({ "operation": "upload", "objects": [{ "oid": hidden, "size": 6 }] })),
        ("POST", "objects/verify".into(), json!({ "oid": hidden, "size": 6 })),
        ("GET", format!("objects/{hidden}"), json!({})),
        ("PUT", format!("objects/{hidden}/6"), json!({})),
        ("GET", "locks".into(), json!({})),
        ("POST", "locks".into(), json!({ "path": "a" })),
    ];
    for (who, status) in [(None, 401), (Some(&bob), 404)] {
        let asker = Asker::new(&server, who);
        for (method, path, body) in &ways {
            let body = if *method == "PUT" { b"hidden".to_vec() } else { body.to_string().into_bytes() };
            let ask =
                |repo: &str| asker.send(method, &format!("/alice/{repo}.git/info/lfs/{path}"), &[("content-type", super::MEDIA)], &body);
            let (there, absent) = (ask("secret"), ask("nothing"));
            assert_eq!(told(&there), told(&absent), "{method} {path}");
            assert_eq!(there.status, status, "{method} {path}: {}", there.text());
            let challenge = if status == 401 { "Basic realm=\"Hardie\", charset=\"UTF-8\"" } else { "" };
            assert_eq!(there.header("lfs-authenticate"), challenge, "{method} {path}");
        }
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_takes_no_more_than_a_role_a_token_and_an_archive_allow() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = server.repo(&alice, "art", true).await.unwrap();
    upload(&server, &alice, &repo, b"old");
    let owner = Asker::new(&server, Some(&alice));
    let role = |role: &str| {
        let put = owner.json("PUT", "/repos/alice/art/collaborators/bob", &json!({ "permission": role }));
        assert_eq!(put.status, 204, "{}", put.text());
    };
    let guest = Asker::new(&server, Some(&bob));
    role("read");
    assert_eq!(download(&server, Some(&bob), &repo, b"old").body, b"old");
    let refused = batch(&guest, &repo, &[], "upload", b"new").refusal();
    assert_eq!(refused, (403, "you may read this repository but not push to it".to_owned()));
    role("write");
    upload(&server, &bob, &repo, b"new");
    // A token for reading reads.
    let made = owner.send(
        "POST",
        "/api/v1/users/alice/tokens",
        &[("content-type", "application/json")],
        br#"{"name":"reader","scopes":["read:repository"]}"#,
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let reader = format!("Bearer {}", made.json()["sha1"].as_str().unwrap());
    let (nobody, reader) = (Asker::new(&server, None), [("authorization", reader.as_str())]);
    assert!(only(&batch(&nobody, &repo, &reader, "download", b"old"))["actions"].is_object());
    let refused = batch(&nobody, &repo, &reader, "upload", b"more").refusal();
    assert_eq!(refused, (403, "this token lacks the scope write:repository".to_owned()));
    // What was authorised before the archive or the demotion is refused after it.
    let pending = only(&batch(&guest, &repo, &[], "upload", b"late"));
    let late = || act(&nobody, "PUT", &pending["actions"]["upload"], &[], b"late");
    role("read");
    assert_eq!(late().status, 403);
    role("write");
    let archive = |archived: bool| assert_eq!(owner.json("PATCH", "/repos/alice/art", &json!({ "archived": archived })).status, 200);
    archive(true);
    assert!(late().status == 403 && late().text().contains("archived"), "{}", late().text());
    assert_eq!(batch(&owner, &repo, &[], "upload", b"x").status, 403);
    assert_eq!(download(&server, Some(&alice), &repo, b"old").body, b"old");
    archive(false);
    assert_eq!(late().status, 200);
    // A deleted repository is none; restored it has what it had.
    assert_eq!(owner.json("DELETE", "/repos/alice/art", &Value::Null).status, 204);
    assert_eq!(download(&server, Some(&alice), &repo, b"old").status, 404);
    let app = &server.server.app;
    let ctx = people::signed_in(app, &alice.token).await.unwrap();
    let deleted = hardie_app::repos::find_deleted_repo(app, &ctx, "alice", "art").await.unwrap();
    hardie_app::repos::restore_repo(app, &ctx, "alice", deleted.row.id).await.unwrap();
    assert_eq!(download(&server, Some(&alice), &repo, b"old").body, b"old");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_with_git_lfs_gets_nothing_of_a_private_repository() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    upload(&server, &alice, &repo, b"hidden");
    let bob = server.user("bob").await.unwrap();
    for (git, needle) in [(&bob.git, "404"), (&Git::new("nobody").unwrap(), "redentials")] {
        let dir = git.init("guess").unwrap();
        super::install(git);
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 6\n", oid(b"hidden"));
        std::fs::write(dir.join(".gitattributes"), "*.bin filter=lfs diff=lfs merge=lfs -text\n").unwrap();
        git.ok(&dir, &["remote", "add", "origin", &server.http_remote(&repo)]).unwrap();
        let blob = git.with_stdin(&dir, &["hash-object", "-w", "--stdin"], pointer.as_bytes()).unwrap();
        git.ok(&dir, &["update-index", "--add", "--cacheinfo", &format!("100644,{blob},x.bin")]).unwrap();
        git.ok(&dir, &["commit", "--quiet", "-m", "A guess"]).unwrap();
        let said = git.run(&dir, &["lfs", "fetch", "origin", "main"]).unwrap();
        let text = format!("{}{}", said.text(), said.stderr);
        assert!(!said.ok && (text.contains(needle) || text.contains("not found")), "{text}");
    }
    server.stop().await.unwrap();
}
