//! Quotas: what is too much is refused by each way in, also when two come at once, and what was there stays.

use hardie_domain::quota::{PerContent, SiteQuotas};
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::git::with_repo;
use crate::lfs;

fn good(answer: &Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{}", answer.text());
    answer.json()
}

/// Commits a file that does not shrink and pushes it; what git said if it was refused.
fn push(user: &TestUser, dir: &std::path::Path, name: &str, seed: u64, bytes: usize) -> Option<String> {
    std::fs::write(dir.join(name), lfs::noise(seed, bytes)).unwrap();
    user.git.ok(dir, &["add", "."]).unwrap();
    user.git.ok(dir, &["commit", "-qm", name]).unwrap();
    user.git.ok(dir, &["push", "-q", "origin", "HEAD:refs/heads/main"]).err().map(|error| format!("{error:#}"))
}

async fn of_a_repository(options: Options) {
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let before = good(&owner.get("/repos/ann/tool/quota"));
    assert!(before["git"]["used"].as_i64().unwrap() > 0 && before["git"]["limit"].is_null(), "{before}");
    let own = json!({ "git": 100_000, "lfs": 50_000, "assets": 20_000 });
    assert_eq!(owner.json("PUT", "/admin/quotas/ann/tool", &own).status, 403);
    assert_eq!(admin.json("PUT", "/admin/quotas/ann/tool", &json!({ "git": -2 })).status, 422);
    let set = good(&admin.json("PUT", "/admin/quotas/ann/tool", &own));
    assert_eq!((&set["git"]["limit"], &set["git"]["set"]), (&json!(100_000), &json!(100_000)));

    // By git: refused with what to do, and nothing of it stays; what fits passes; so does what brings nothing.
    let refused = push(&ann, &dir, "large.bin", 1, 150_000).unwrap();
    assert!(refused.contains("over the quota: ann/tool may hold 100000 bytes of git data"), "{refused}");
    assert!(refused.contains("ask an administrator"), "{refused}");
    assert_eq!(good(&owner.get("/repos/ann/tool/quota"))["git"]["used"], before["git"]["used"]);
    ann.git.ok(&dir, &["reset", "-q", "--hard", "HEAD~1"]).unwrap();
    assert_eq!(push(&ann, &dir, "small.bin", 2, 60_000), None);
    let refused = push(&ann, &dir, "next.bin", 3, 60_000).unwrap();
    assert!(refused.contains("over the quota"), "{refused}");
    ann.git.ok(&dir, &["reset", "-q", "--hard", "HEAD~1"]).unwrap();
    good(&admin.json("PUT", "/admin/quotas/ann/tool", &json!({ "git": 10 })));
    ann.git.ok(&dir, &["push", "-q", "origin", "HEAD:refs/heads/side"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", ":refs/heads/side"]).unwrap();
    ann.git.ok(&dir, &["fetch", "-q", "origin"]).unwrap();
    // By the API, which is the same door.
    let change = json!({ "message": "More", "files": [{ "operation": "create", "path": "b.txt", "content": "b25lCg==" }] });
    let (status, text) = owner.json("POST", "/repos/ann/tool/contents", &change).refusal();
    assert!(status == 413 && text.contains("over the quota"), "{status} {text}");

    // By LFS: the batch promises room in order, and an upload without asking is refused too.
    good(&admin.json("PUT", "/admin/quotas/ann/tool", &own));
    let (first, second) = (lfs::noise(4, 40_000), lfs::noise(5, 30_000));
    let objects = json!([{ "oid": lfs::oid(&first), "size": first.len() }, { "oid": lfs::oid(&second), "size": second.len() }]);
    let body = json!({ "operation": "upload", "transfers": ["basic"], "objects": objects, "hash_algo": "sha256" });
    let answer = lfs::ask(&owner, &repo, "objects/batch", &[], &body).json();
    assert!(answer["objects"][0]["actions"]["upload"].is_object(), "{answer}");
    assert_eq!(answer["objects"][1]["error"]["code"], 413, "{answer}");
    lfs::upload(&server, &ann, &repo, &first);
    lfs::upload_refused(&server, &ann, &repo, &second, "over the quota");
    assert_eq!(good(&owner.get("/repos/ann/tool/quota"))["lfs"]["used"], 40_000);

    // By files of releases, the size of which is known when they are there.
    let release = good(&owner.json("POST", "/repos/ann/tool/releases", &json!({ "tag_name": "v1", "target_commitish": "main" })));
    let path = format!("/api/v1/repos/ann/tool/releases/{}/assets?name=", release["id"]);
    let put =
        |name: &str, bytes: &[u8]| owner.send("POST", &format!("{path}{name}"), &[("content-type", "application/octet-stream")], bytes);
    good(&put("one", &lfs::noise(6, 15_000)));
    let (status, text) = put("two", &lfs::noise(7, 15_000)).refusal();
    assert!(status == 413 && text.contains("may hold 20000 bytes of files of releases"), "{status} {text}");
    good(&put("three", &lfs::noise(8, 5_000)));
    let after = good(&owner.get("/repos/ann/tool/quota"));
    assert_eq!(after["assets"]["used"], 20_000);
    let told = good(&admin.get("/admin/audit?action=quota.set&limit=1"));
    assert!(told.to_string().contains("of ann/tool: git 100000 bytes"), "{told}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_quota_of_a_repository_is_refused_on_sqlite() {
    of_a_repository(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_quota_of_a_repository_is_refused_on_postgres() {
    let database = postgres::Database::new().unwrap();
    of_a_repository(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

async fn of_an_owner(options: Options) {
    let per_owner = PerContent { git: Some(1_000_000), lfs: Some(100_000), assets: None };
    let quotas = SiteQuotas { per_owner, ..SiteQuotas::default() };
    let server = TestServer::start_with(Options { quotas, ..options }).await.unwrap();
    let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
    let (bob, root) = (server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, forker, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&root)));
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false })));
    let repos: Vec<String> = (0..4).map(|nth| format!("r{nth}")).collect();
    for name in &repos {
        good(&owner.json("POST", "/user/repos", &json!({ "name": name })));
    }
    // Four at once, of which two fit: their sum stays under the bound.
    let pushes: Vec<_> = repos
        .iter()
        .zip(10..)
        .map(|(name, seed)| {
            let (git, remote) = (ann.git.clone(), server.http_remote(&format!("ann/{name}")));
            let dir = git.init(name).unwrap();
            std::fs::write(dir.join("a.bin"), lfs::noise(seed, 400_000)).unwrap();
            git.ok(&dir, &["add", "."]).unwrap();
            git.ok(&dir, &["commit", "-qm", "One"]).unwrap();
            std::thread::spawn(move || git.ok(&dir, &["push", "-q", &remote, "HEAD:refs/heads/main"]).is_ok())
        })
        .collect();
    let passed = pushes.into_iter().map(|push| push.join().unwrap()).filter(|passed| *passed).count();
    let mine = good(&owner.get("/user/quota"));
    assert!(passed == 2 && mine["git"]["used"].as_i64().unwrap() <= 1_000_000, "{passed} passed: {mine}");
    assert_eq!((&mine["git"]["limit"], &mine["git"]["set"], &mine["assets"]["limit"]), (&json!(1_000_000), &Value::Null, &Value::Null));
    let refused = push(&ann, &dir, "more.bin", 20, 300_000).unwrap();
    assert!(refused.contains("the repositories of ann may hold 1000000 bytes of git data together"), "{refused}");

    // A fork counts for who forks, and a repository for whom it is given to.
    good(&admin.json("PUT", "/admin/quotas/bob", &json!({ "git": 10 })));
    let (status, text) = forker.json("POST", "/repos/ann/tool/forks", &json!({})).refusal();
    assert!(status == 413 && text.contains("the repositories of bob may hold 10 bytes"), "{status} {text}");
    good(&owner.json("POST", "/orgs", &json!({ "username": "smiths" })));
    good(&admin.json("PUT", "/admin/quotas/smiths", &json!({ "git": 10 })));
    assert_eq!(owner.json("POST", "/repos/ann/tool/transfer", &json!({ "new_owner": "smiths" })).status, 413);
    assert_eq!(good(&owner.get("/orgs/smiths/quota"))["git"], json!({ "used": 0, "limit": 10, "set": 10 }));
    assert_eq!(forker.get("/orgs/smiths/quota").status, 403);
    assert_eq!(forker.get("/repos/ann/tool/quota").status, 403);
    assert_eq!(forker.get("/admin/quotas/ann").status, 403);
    good(&admin.json("PUT", "/admin/quotas/smiths", &json!({ "git": -1 })));
    good(&owner.json("POST", "/repos/ann/tool/transfer", &json!({ "new_owner": "smiths" })));
    // What is deleted counts no more.
    for name in &repos {
        assert_eq!(owner.send("DELETE", &format!("/api/v1/repos/ann/{name}"), &[], b"").status, 204);
    }
    assert_eq!(good(&owner.get("/user/quota"))["git"]["used"], 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_quota_of_an_owner_is_refused_on_sqlite() {
    of_an_owner(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_quota_of_an_owner_is_refused_on_postgres() {
    let database = postgres::Database::new().unwrap();
    of_an_owner(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}
