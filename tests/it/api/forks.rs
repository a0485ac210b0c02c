//! Forks: what they have, who may make and see them, and what becomes of shared packs.

use std::sync::Arc;

use hardie_app::repos::{RESTORABLE_SECONDS, delete_repo};
use hardie_app::{upkeep, verify};
use hardie_domain::hidden::HiddenRefs;
use hardie_domain::names::RepoPath;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{FakeClock, TestServer, TestUser, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};
use crate::git::with_repo;
use crate::lfs;

fn ok(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// Files of packs below a data folder.
fn packs(server: &TestServer) -> usize {
    let folders = std::fs::read_dir(server.data_dir().join("packs")).unwrap().flatten();
    let files = folders.filter(|folder| folder.path().is_dir()).flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    files.filter(|file| file.path().extension().is_some_and(|ending| ending == "pack")).count()
}

/// The refs that a clone would see.
fn refs(server: &TestServer, user: &TestUser, repo: &str) -> String {
    user.git.ok(user.git.home(), &["ls-remote", &server.http_remote(repo)]).unwrap()
}

async fn a_forks_life(mut options: Options) {
    let clock = FakeClock::default();
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let bob = server.user("bob").await.unwrap();
    let (owner, forker, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, None));
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false, "description": "It works" })), 200);
    ann.git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "HEAD:refs/heads/side", "v1"]).unwrap();
    let picture = lfs::noise(1, 20_000);
    lfs::upload(&server, &ann, &repo, &picture);
    let before = packs(&server);

    let made = ok(&forker.json("POST", "/repos/ann/tool/forks", &json!({})), 202);
    assert_eq!((&made["full_name"], &made["fork"], &made["private"]), (&json!("bob/tool"), &json!(true), &json!(false)));
    assert_eq!(
        (&made["parent"]["full_name"], &made["empty"], &made["description"]),
        (&json!("ann/tool"), &json!(false), &json!("It works"))
    );
    assert_eq!(packs(&server), before, "no byte is copied");
    assert_eq!(refs(&server, &bob, "bob/tool"), refs(&server, &ann, "ann/tool"));
    assert_eq!(
        (nobody.get("/repos/ann/tool").json()["forks_count"].clone(), nobody.get("/repos/ann/tool").json()["parent"].clone()),
        (json!(1), Value::Null)
    );
    assert_eq!(nobody.get("/repos/ann/tool/forks").json()[0]["full_name"], "bob/tool");
    assert_eq!(nobody.get("/repos/bob/tool").json()["parent"]["full_name"], "ann/tool");
    bob.git.ok(bob.git.home(), &["clone", "-q", &server.http_remote("bob/tool"), "fork"]).unwrap();
    let fork = bob.git.path("fork");
    bob.git.ok(&fork, &["fsck", "--strict", "--full"]).unwrap();
    assert!(lfs::download(&server, Some(&bob), "bob/tool", &picture).body == picture);

    // Each is its own from here on: what is pushed to one is not in the other, neither by name nor by id.
    let theirs = bob.git.commit(&fork, "b.txt", "bob\n", "Of the fork").unwrap();
    bob.git.ok(&fork, &["push", "-q", "origin", "main"]).unwrap();
    let ours = ann.git.commit(&dir, "a2.txt", "ann\n", "Of the parent").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    assert_eq!(
        (
            owner.get(&format!("/repos/ann/tool/git/commits/{theirs}")).status,
            forker.get(&format!("/repos/bob/tool/git/commits/{ours}")).status
        ),
        (404, 404)
    );
    let denied = bob.git.run(&fork, &["push", "-q", &server.http_remote("ann/tool"), "main"]).unwrap();
    assert!(!denied.ok, "{denied:?}");

    // Once for each owner, under a name that is free, and not where it lies already.
    assert_eq!(forker.json("POST", "/repos/ann/tool/forks", &json!({ "name": "other" })).status, 409);
    assert_eq!(owner.json("POST", "/repos/ann/tool/forks", &json!({ "name": "other" })).status, 422);
    assert_eq!(owner.json("POST", "/repos/bob/tool/forks", &json!({})).status, 409, "the name is taken");
    let again = ok(&owner.json("POST", "/repos/bob/tool/forks", &json!({ "name": "back", "branch": "side" })), 202);
    assert_eq!(
        (&again["full_name"], &again["parent"]["full_name"], &again["default_branch"]),
        (&json!("ann/back"), &json!("bob/tool"), &json!("side"))
    );
    let only: Vec<String> = refs(&server, &ann, "ann/back").lines().map(|line| line.split('\t').nth(1).unwrap().to_owned()).collect();
    assert_eq!(only, ["HEAD", "refs/heads/side"]);
    assert_eq!(
        owner.json("POST", "/repos/bob/tool/forks", &json!({ "name": "x", "branch": "nothing", "organization": "bob" })).status,
        403
    );
    assert_eq!(nobody.json("POST", "/repos/ann/tool/forks", &json!({})).status, 401);

    // The parent goes for good, and the fork keeps what it has.
    let app = &server.server.app;
    let ctx = people::signed_in(app, &ann.token).await.unwrap();
    for name in ["tool", "back"] {
        delete_repo(app, &ctx, &RepoPath { owner: "ann".to_owned(), name: name.to_owned() }).await.unwrap();
    }
    assert_eq!(forker.get("/repos/bob/tool").json()["parent"], Value::Null);
    assert_eq!(forker.get("/repos/bob/tool").json()["forks_count"], 0);
    clock.advance(RESTORABLE_SECONDS + 1);
    assert_eq!(upkeep::purge_repos(app).await.unwrap(), 2);
    clock.advance(3 * 24 * 3600);
    upkeep::sweep_packs(app).await.unwrap();
    upkeep::sweep_lfs(app).await.unwrap();
    assert_eq!(forker.get("/repos/bob/tool").json()["fork"], false);
    assert_eq!(verify::verify(app).await.unwrap().faults, []);
    bob.git.ok(bob.git.home(), &["clone", "-q", &server.http_remote("bob/tool"), "later"]).unwrap();
    bob.git.ok(&bob.git.path("later"), &["fsck", "--strict", "--full"]).unwrap();
    assert!(lfs::download(&server, Some(&bob), "bob/tool", &picture).body == picture);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_has_what_its_parent_had_and_outlives_it() {
    a_forks_life(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_on_postgres_has_what_its_parent_had_and_outlives_it() {
    let database = postgres::Database::new().unwrap();
    a_forks_life(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_stays_private_in_its_forks() {
    let server = TestServer::start().await.unwrap();
    let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
    let (bob, eve) = (server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    let (owner, reader, stranger) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)));
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": true })), 200);
    // A branch that was deleted: its file is still in a pack.
    let secret = ann.git.commit(&dir, "secret.txt", "nobody shall read this\n", "Secret").unwrap();
    let blob = ann.git.ok(&dir, &["rev-parse", "HEAD:secret.txt"]).unwrap().trim().to_owned();
    ann.git.ok(&dir, &["push", "-q", "origin", "HEAD:refs/heads/gone"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", ":refs/heads/gone"]).unwrap();
    for (asker, status) in [(&stranger, 404), (&reader, 404)] {
        assert_eq!(asker.json("POST", "/repos/ann/tool/forks", &json!({})).status, status);
    }
    ok(&owner.json("PUT", "/repos/ann/tool/collaborators/bob", &json!({ "permission": "read" })), 204);
    let made = ok(&reader.json("POST", "/repos/ann/tool/forks", &json!({})), 202);
    assert_eq!((&made["private"], &made["permissions"]["admin"]), (&json!(true), &json!(true)));
    assert_eq!((stranger.get("/repos/bob/tool").status, owner.get("/repos/bob/tool").status), (404, 404));
    assert_eq!(
        (owner.get("/repos/ann/tool/forks").json(), owner.get("/repos/ann/tool").json()["forks_count"].clone()),
        (json!([]), json!(1))
    );
    for id in [format!("commits/{secret}"), format!("blobs/{blob}")] {
        assert_eq!(reader.get(&format!("/repos/bob/tool/git/{id}")).status, 404, "no ref of the fork reaches {id}");
    }
    let shown = reader.json("PATCH", "/repos/bob/tool", &json!({ "private": false }));
    assert!(shown.status == 403 && shown.refusal().1.contains("stays private"), "{}", shown.text());
    // Who is no reader of the parent any more keeps the fork and learns nothing of the parent.
    ok(&owner.json("DELETE", "/repos/ann/tool/collaborators/bob", &Value::Null), 204);
    let left = ok(&reader.get("/repos/bob/tool"), 200);
    assert_eq!((&left["fork"], &left["parent"]), (&json!(true), &Value::Null));
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false })), 200);
    ok(&reader.json("PATCH", "/repos/bob/tool", &json!({ "private": false })), 200);
    // A token that may not write makes none.
    let token = ok(&stranger.json("POST", "/users/eve/tokens", &json!({ "name": "r", "scopes": ["read:repository"] })), 201);
    let mut limited = eve.clone();
    limited.token = token["sha1"].as_str().unwrap().to_owned();
    assert_eq!(Asker::new(&server, Some(&limited)).json("POST", "/repos/ann/tool/forks", &json!({})).status, 403);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_never_more_public_than_what_it_was_forked_from() {
    let server = TestServer::start().await.unwrap();
    let (ann, bob, eve) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap(), server.user("eve").await.unwrap());
    let (owner, member, stranger) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&eve)));
    let nobody = Asker::new(&server, None);
    for (org, visibility) in [("wide", "public"), ("inner", "limited"), ("closed", "private"), ("secret", "private")] {
        ok(&owner.json("POST", "/orgs", &json!({ "username": org, "visibility": visibility })), 201);
        ok(&owner.json("POST", &format!("/orgs/{org}/repos"), &json!({ "name": "tool", "private": false })), 201);
    }
    ok(&owner.json("PUT", "/orgs/closed/members/bob", &json!({ "role": "read" })), 204);
    let fork = |asker: &Asker, of: &str, body: Value| ok(&asker.json("POST", &format!("/repos/{of}/forks"), &body), 202)["private"].clone();
    let seen = |repo: &str| [&owner, &member, &stranger, &nobody].map(|asker| asker.get(&format!("/repos/{repo}")).status);
    let make = |asker: &Asker, repo: &str, private: bool| asker.json("PATCH", &format!("/repos/{repo}"), &json!({ "private": private }));

    // Users are public, and so is one organisation: there it is private, and stays so.
    assert_eq!(fork(&member, "inner/tool", json!({})), true);
    assert_eq!(fork(&member, "closed/tool", json!({ "name": "shut" })), true);
    assert_eq!(fork(&owner, "inner/tool", json!({ "organization": "wide", "name": "inner" })), true);
    assert_eq!(fork(&owner, "closed/tool", json!({ "organization": "secret", "name": "shut" })), true, "their members differ");
    assert_eq!(fork(&member, "wide/tool", json!({ "name": "open" })), false);
    assert_eq!(seen("bob/tool"), [404, 200, 404, 404]);
    for (asker, repo) in [(&member, "bob/tool"), (&member, "bob/shut"), (&owner, "wide/inner"), (&owner, "secret/shut")] {
        let refused = make(asker, repo, false);
        assert!(refused.status == 403 && refused.refusal().1.contains("stays private"), "{repo}: {}", refused.text());
    }
    assert_eq!(stranger.json("POST", "/repos/closed/tool/forks", &json!({})).status, 404);
    // Fewer people see it: it is as public as its owner is, and no more.
    assert_eq!(fork(&owner, "inner/tool", json!({ "organization": "closed", "name": "inner" })), false);
    assert_eq!(seen("closed/inner"), [200, 200, 404, 404]);
    let show = |visibility: &str| owner.json("PATCH", "/orgs/closed", &json!({ "visibility": visibility }));
    ok(&show("limited"), 200);
    assert_eq!(seen("closed/inner"), [200, 200, 200, 404]);
    let refused = show("public").refusal();
    assert!(refused.0 == 403 && refused.1.contains("more people would see inner"), "{refused:?}");
    let transfer = || owner.json("POST", "/repos/closed/inner/transfer", &json!({ "new_owner": "ann" }));
    assert_eq!((transfer().status, seen("closed/inner")), (403, [200, 200, 200, 404]));
    ok(&make(&owner, "closed/inner", true), 200);
    ok(&show("public"), 200);
    ok(&transfer(), 202);
    assert_eq!(seen("ann/inner"), [200, 404, 404, 404]);
    // What was forked from is seen by everybody now.
    ok(&make(&member, "bob/shut", false), 200);
    assert_eq!(seen("bob/shut"), [200; 4]);
    // An organisation that the asker may not know of is as one that is not there.
    let into = |org: &str| stranger.json("POST", "/repos/wide/tool/forks", &json!({ "organization": org })).refusal();
    assert_eq!((into("secret").0, into("secret")), (404, into("none")));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refs_that_are_hidden_are_in_no_fork() {
    let (ann, data) = {
        let server = TestServer::start().await.unwrap();
        let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
        ann.git.ok(&dir, &["push", "-q", "origin", "HEAD:refs/heads/secret/plan", "HEAD:refs/heads/seen", "HEAD:refs/odd/x"]).unwrap();
        (ann, server.stop().await.unwrap())
    };
    let mut options = Options::default();
    options.git_rules.hidden_refs = HiddenRefs::parse(&["refs/heads/secret"]).unwrap();
    let server = TestServer::start_in(data, options).await.unwrap();
    let bob = server.user("bob").await.unwrap();
    let (owner, forker) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)));
    ok(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false })), 200);
    ok(&forker.json("POST", "/repos/ann/tool/forks", &json!({})), 202);
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options::default()).await.unwrap();
    let names: Vec<String> = refs(&server, &bob, "bob/tool").lines().map(|line| line.split('\t').nth(1).unwrap().to_owned()).collect();
    assert_eq!(names, ["HEAD", "refs/heads/main", "refs/heads/seen"]);
    server.stop().await.unwrap();
}
