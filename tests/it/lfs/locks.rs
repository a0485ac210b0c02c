//! Locks, with the stock client and by hand.

use hardie_testkit::{Git, TestServer};
use serde_json::{Value, json};

use super::{ask, install, track};
use crate::api::Asker;
use crate::git::with_repo;

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_lock_is_seen_by_all_and_keeps_others_from_pushing() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "art").await;
    let bob = server.user("bob").await.unwrap();
    let owner = Asker::new(&server, Some(&alice));
    assert_eq!(owner.json("PUT", "/repos/alice/art/collaborators/bob", &json!({ "permission": "write" })).status, 204);
    install(&alice.git);
    track(&alice.git, &dir, "cover.bin", b"one");
    alice.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    install(&bob.git);
    bob.git.ok(bob.git.home(), &["clone", "--quiet", &server.http_remote(&repo), "copy"]).unwrap();
    let copy = bob.git.path("copy");
    bob.git.ok(&copy, &["lfs", "install", "--local"]).unwrap();
    let lfs = |git: &Git, dir: &std::path::Path, words: &[&str]| {
        let said = git.run(dir, &[&["lfs"], words].concat()).unwrap();
        (said.ok, format!("{}{}", said.text(), said.stderr))
    };
    let locked = lfs(&alice.git, &dir, &["lock", "cover.bin"]);
    assert!(locked.0 && locked.1.contains("Locked cover.bin"), "{}", locked.1);
    for git in [(&alice.git, &dir), (&bob.git, &copy)] {
        let list = lfs(git.0, git.1, &["locks"]);
        assert!(list.0 && list.1.contains("cover.bin") && list.1.contains("alice"), "{}", list.1);
    }
    let taken = lfs(&bob.git, &copy, &["lock", "cover.bin"]);
    assert!(!taken.0 && taken.1.contains("locked by alice already"), "{}", taken.1);
    std::fs::write(copy.join("cover.bin"), b"bob's").unwrap();
    bob.git.ok(&copy, &["commit", "--quiet", "-am", "Bob's"]).unwrap();
    let verify = format!("lfs.{}/info/lfs.locksverify=true", server.http_remote(&repo));
    let push = bob.git.run(&copy, &["-c", &verify, "push", "origin", "main"]).unwrap();
    let said = format!("{}{}", push.text(), push.stderr);
    assert!(!push.ok && said.contains("cover.bin - alice") && said.contains("Cannot update locked files"), "{said}");
    // Only by force, and only for whoever administers the repository.
    let refused = lfs(&bob.git, &copy, &["unlock", "--force", "cover.bin"]);
    assert!(!refused.0 && refused.1.contains("only administrators"), "{}", refused.1);
    let freed = lfs(&alice.git, &dir, &["unlock", "cover.bin"]);
    assert!(freed.0, "{}", freed.1);
    bob.git.ok(&copy, &["push", "--quiet", "origin", "main"]).unwrap();
    let locked = lfs(&bob.git, &copy, &["lock", "cover.bin"]);
    assert!(locked.0, "{}", locked.1);
    let held = lfs(&alice.git, &dir, &["unlock", "cover.bin"]);
    assert!(!held.0, "{}", held.1);
    let forced = lfs(&alice.git, &dir, &["unlock", "--force", "cover.bin"]);
    assert!(forced.0, "{}", forced.1);
    assert!(!lfs(&bob.git, &copy, &["locks"]).1.contains("cover.bin"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_locks_are_listed_in_pages_and_told_apart_by_holder() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = server.repo(&alice, "art", false).await.unwrap();
    let (owner, guest) = (Asker::new(&server, Some(&alice)), Asker::new(&server, Some(&bob)));
    assert_eq!(owner.json("PUT", "/repos/alice/art/collaborators/bob", &json!({ "permission": "write" })).status, 204);
    let post = |asker: &Asker, path: &str, body: Value| ask(asker, &repo, path, &[], &body);
    for n in 0..7 {
        let by = if n % 2 == 0 { &owner } else { &guest };
        let made = post(by, "locks", json!({ "path": format!("art/{n}.psd"), "ref": { "name": "refs/heads/main" } }));
        assert_eq!(made.status, 201, "{}", made.text());
        let lock = &made.json()["lock"];
        assert!(lock["id"].is_string() && lock["owner"]["name"] == if n % 2 == 0 { "alice" } else { "bob" }, "{lock}");
        assert!(lock["locked_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{lock}");
    }
    let again = post(&owner, "locks", json!({ "path": "art/1.psd" }));
    assert_eq!((again.status, &again.json()["lock"]["owner"]["name"]), (409, &json!("bob")));
    let get = |query: &str| owner.send("GET", &format!("/{repo}.git/info/lfs/locks{query}"), &[], b"").json();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&format!("?limit=3&cursor={cursor}"));
        let locks = page["locks"].as_array().unwrap().clone();
        assert!(locks.len() <= 3);
        seen.extend(locks.iter().map(|lock| lock["path"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (0..7).map(|n| format!("art/{n}.psd")).collect::<Vec<_>>());
    let one = get("?path=art%2F3.psd");
    let id = one["locks"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((one["locks"].as_array().unwrap().len(), get(&format!("?id={id}"))), (1, one.clone()));
    assert_eq!(get("?id=nonsense")["locks"], json!([]));
    let verified = post(&guest, "locks/verify", json!({ "limit": 4 })).json();
    let count = |list: &str| verified[list].as_array().unwrap().len();
    assert_eq!((count("ours"), count("theirs"), verified["next_cursor"].is_string()), (2, 2, true));
    let rest = post(&guest, "locks/verify", json!({ "cursor": verified["next_cursor"] })).json();
    assert_eq!((rest["ours"].as_array().unwrap().len(), rest["theirs"].as_array().unwrap().len()), (1, 2));
    assert!(rest["next_cursor"].is_null());

    for path in ["", "/etc/passwd", "../x", "a//b", "a\u{1b}[31m", "a\nb", &"x".repeat(1025)] {
        assert_eq!(post(&owner, "locks", json!({ "path": path })).status, 422, "{path:?}");
    }
    assert_eq!(post(&owner, "locks/verify", json!({ "cursor": "x" })).status, 422);
    // A lock of another repository is not found by its number.
    let other = server.repo(&bob, "other", true).await.unwrap();
    assert_eq!(ask(&guest, &other, &format!("locks/{id}/unlock"), &[], &json!({ "force": true })).status, 404);
    let held = post(&owner, &format!("locks/{id}/unlock"), json!({}));
    assert!(held.status == 403 && held.refusal().1.contains("held by bob"), "{}", held.text());
    let forced = post(&owner, &format!("locks/{id}/unlock"), json!({ "force": true }));
    assert_eq!((forced.status, &forced.json()["lock"]["path"]), (200, &json!("art/3.psd")));
    assert_eq!(post(&owner, &format!("locks/{id}/unlock"), json!({})).status, 404);
    // Anybody sees the locks of a public repository; only who may push asks whose they are.
    let nobody = Asker::new(&server, None);
    assert_eq!(nobody.send("GET", &format!("/{repo}.git/info/lfs/locks"), &[], b"").status, 200);
    assert_eq!(post(&nobody, "locks/verify", json!({})).status, 401);
    server.stop().await.unwrap();
}
