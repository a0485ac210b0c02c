//! Real pushes on their way to a handler, and what its administrators see and do. The handler itself is a script, so that it fails when
//! a test wants it to.

mod script;

use std::sync::Arc;

use hardie_testkit::postgres::Database;
use hardie_testkit::{FakeClock, Options, TestServer, TestUser};
use serde_json::{Value, json};

use super::{remote, upload};
use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;
use script::Script;

async fn server(script: &Arc<Script>, database: Option<&Database>, clock: Option<&FakeClock>) -> TestServer {
    let mut options = Options { database: database.map(|d| d.url().to_owned()), ..Options::default() };
    options.ports.sandbox = Some(script.clone());
    if let Some(clock) = clock {
        options.ports.clock = Arc::new(clock.clone());
    }
    TestServer::start_with(options).await.unwrap()
}

/// Installs a handler that does what its configuration says; the address of the installation.
fn install(asker: &Asker, place: &str, does: &str) -> String {
    let new = json!({ "digest": upload(asker, b"notify events log"), "config": { "do": does } });
    let made = asker.json("POST", place, &new);
    assert_eq!(made.status, 201, "{}", made.text());
    format!("{place}/{}", made.json()["id"])
}

fn told(asker: &Asker, plugin: &str) -> Vec<(i64, String)> {
    let list = asker.get(&format!("{plugin}/deliveries?limit=50")).json();
    let line = |one: &Value| (one["seq"].as_i64().unwrap(), one["state"].as_str().unwrap().to_owned());
    list.as_array().unwrap().iter().rev().map(line).collect()
}

async fn push_to_status(database: Option<Database>) {
    let script = Arc::new(Script::default());
    let server = server(&script, database.as_ref(), None).await;
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    eventually("the first push is in the log", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let plugin = install(&asker, &format!("/repos/{repo}/plugins"), "status");
    let second = json!({ "digest": upload(&asker, b"notify events log"), "name": "second", "config": { "do": "status" } });
    let second = format!("/repos/{repo}/plugins/{}", asker.json("POST", &format!("/repos/{repo}/plugins"), &second).json()["id"]);
    let before = server.server.app.store.last_event().await.unwrap().0;
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    let commit = ann.git.commit(&dir, "a.txt", "two\n", "Two").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main", "main:refs/heads/second"]).unwrap();
    let statuses = format!("/repos/{repo}/commits/{commit}/statuses");
    eventually("the handler's statuses are written", async || asker.get(&statuses).json().as_array().unwrap().len() == 8).await;
    let all = asker.get(&statuses).json();
    let said = all.as_array().unwrap().iter().find(|said| said["context"] == "notify/at 0").unwrap();
    assert_eq!((&said["status"], &said["creator"]), (&json!("success"), &Value::Null));
    assert_eq!(said["description"], "2 new commits in the first of 2 updates");
    // Each status is an event that the other handler answers with another one, as far as that goes.
    let all_done = |plugin: &str| told(&asker, plugin).iter().all(|(_, state)| state == "done");
    eventually("nothing waits", async || all_done(&plugin) && all_done(&second)).await;
    let events = asker.get(&format!("/repos/{repo}/events")).json();
    let mut depths: Vec<_> =
        events.as_array().unwrap().iter().filter(|e| e["kind"] == "status").map(|e| e["depth"].as_i64().unwrap()).collect();
    depths.sort_unstable();
    assert_eq!(depths, [1, 1, 2, 2, 3, 3, 4, 4], "what a handler said at the greatest depth is in the log");
    assert_eq!((told(&asker, &plugin).len(), told(&asker, &second).len()), (4, 4), "nobody is told of it, nor of what it said itself");
    let push = events.as_array().unwrap().iter().rev().find(|e| e["kind"] == "push").unwrap();
    assert_eq!(push["payload"]["actor"]["login"], "ann", "{push}");
    assert_eq!(asker.json("PATCH", &second, &json!({ "mode": "off" })).status, 200);
    assert!(told(&asker, &plugin)[0].0 > before);

    // How soon a handler begins after the commit of its push.
    script.begun();
    for round in 0..20 {
        ann.git.commit(&dir, "b.txt", &format!("{round}\n"), "Round").unwrap();
        ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    }
    let mut waits = Vec::new();
    eventually("all are told", async || {
        waits.extend(script.begun().into_iter().filter(|(kind, ..)| kind == "push").map(|(_, at, begun)| begun - at));
        waits.len() == 20
    })
    .await;
    waits.sort_unstable();
    println!("from the commit of a push to its handler: {} ms at the median, {} at most", waits[10], waits[19]);
    assert!(waits[10] < 200, "nobody was woken: {waits:?}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_reaches_a_handler_at_once_and_what_it_says_is_written_once() {
    push_to_status(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_reaches_a_handler_at_once_and_what_it_says_is_written_once_on_postgres() {
    push_to_status(Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dead_is_delivered_again_by_those_who_administer_it() {
    let (script, clock) = (Arc::new(Script::default()), FakeClock::default());
    let server = server(&script, None, Some(&clock)).await;
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let (bob, root) = (server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let asker = Asker::new(&server, Some(&ann));
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let plugin = install(&asker, &format!("/repos/{repo}/plugins"), "fail");
    assert_eq!((asker.get(&format!("{plugin}/deliveries")).json(), asker.get(&format!("{plugin}/deliveries")).status), (json!([]), 200));
    let events = asker.get(&format!("{plugin}/events")).json();
    assert_eq!((&events["state"], &events["kinds"], &events["waiting"]), (&json!("active"), &json!([]), &json!(0)));
    for (place, status) in [("/deliveries/1", 404), ("/deliveries/x", 404), ("/deliveries?state=lost", 422)] {
        assert_eq!(asker.get(&format!("{plugin}{place}")).status, status, "{place}");
    }
    for (user, status) in [(None, 401), (Some(&bob), 404)] {
        let other = Asker::new(&server, user);
        assert_eq!(other.get(&format!("{plugin}/deliveries")).status, 404);
        assert_eq!(other.json("POST", &format!("{plugin}/resume"), &json!({})).status, status);
        assert_eq!(other.json("POST", &format!("{plugin}/redeliver"), &json!({ "from": 1 })).status, status);
    }
    assert_eq!(asker.json("POST", &format!("{plugin}/redeliver"), &json!({})).status, 422);
    assert_eq!(asker.json("PATCH", &format!("{plugin}/events"), &json!({ "kinds": ["pull"] })).status, 422);
    assert_eq!(asker.json("PATCH", &format!("{plugin}/events"), &json!({ "kinds": ["push"] })).json()["kinds"], json!(["push"]));

    assert_eq!(asker.json("PATCH", &format!("/repos/{repo}"), &json!({ "description": "a tool" })).status, 200);
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("it is given up", async || told(&asker, &plugin).iter().any(|(_, state)| state == "dead")).await;
    assert_eq!(told(&asker, &plugin).len(), 1, "it is told of pushes alone");
    let dead = asker.get(&format!("{plugin}/deliveries?state=dead")).json()[0].clone();
    assert_eq!((&dead["outcome"], &dead["text"], &dead["attempt"]), (&json!("failed"), &json!("it never will"), &json!(1)));
    assert_eq!((&dead["repository"], &dead["kind"], &dead["log"][0]), (&json!(repo), &json!("push"), &json!("info: called")));

    // The command line is the same in words.
    let shown = remote(&server, &ann, &["deliveries", "notify", "--repo", &repo]);
    assert!(shown.code == Some(0) && shown.out.contains("notify is told of push: active, 0 waiting, 1 dead"), "{}{}", shown.out, shown.err);
    assert!(shown.out.lines().nth(2).unwrap().contains("dead") && shown.out.contains("it never will"), "{}", shown.out);
    assert_eq!(asker.json("PATCH", &plugin, &json!({ "config": { "do": "done" } })).status, 200);
    let id = dead["id"].to_string();
    let again = remote(&server, &ann, &["redeliver", "notify", &id, "--repo", &repo]);
    assert!(again.code == Some(0) && again.out.contains("is delivered again"), "{}{}", again.out, again.err);
    eventually("it is done", async || told(&asker, &plugin)[0].1 == "done").await;
    let done = asker.get(&format!("{plugin}/deliveries/{id}")).json();
    assert_eq!((&done["id"], &done["attempt"], &done["next_at"]), (&dead["id"], &json!(1), &Value::Null));
    let ranged = remote(&server, &ann, &["redeliver", "notify", "--since", "2029-01-01T00:00:00Z", "--repo", &repo, "--json"]);
    assert_eq!(ranged.json()["redelivered"], 1, "{}", ranged.err);
    let none = remote(&server, &ann, &["redeliver", "notify", "--from", "1000", "--repo", &repo]);
    assert!(none.out.starts_with("0 deliveries"), "{}{}", none.out, none.err);
    eventually("it is done again", async || told(&asker, &plugin)[0].1 == "done").await;

    // Switched off, it misses nothing; somebody may decide that it should.
    assert_eq!(remote(&server, &ann, &["disable", "notify", "--repo", &repo]).code, Some(0));
    ann.git.commit(&dir, "a.txt", "two\n", "Two").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("it is held", async || told(&asker, &plugin).last().unwrap().1 == "pending").await;
    let off = remote(&server, &ann, &["resume", "notify", "--repo", &repo, "--skip"]);
    assert!(off.code == Some(0) && off.out.contains("off, 0 waiting"), "{}{}", off.out, off.err);
    assert_eq!(told(&asker, &plugin).last().unwrap().1, "skipped");
    retention(&server, &clock, &asker, &root, &repo, &plugin, &id).await;
    server.stop().await.unwrap();
}

/// After the days for which events are kept.
async fn retention(server: &TestServer, clock: &FakeClock, ann: &Asker, root: &TestUser, repo: &str, plugin: &str, id: &str) {
    let app = &server.server.app;
    assert!(!ann.get(&format!("/repos/{repo}/events?since=0")).json().as_array().unwrap().is_empty());
    assert_eq!(ann.get(&format!("/repos/{repo}/events?since=-1")).status, 422);
    let last = app.store.last_event().await.unwrap().0;
    clock.advance(hardie_app::deliveries::KEPT_DAYS * 24 * 3600 + 60);
    eventually("what is old is gone", async || {
        hardie_app::deliveries::forget_old(app).await.unwrap();
        app.store.first_event().await.unwrap().0 == last + 1
    })
    .await;
    let gone = ann.get(&format!("/repos/{repo}/events?since=0"));
    assert_eq!(gone.status, 410, "{}", gone.text());
    assert!(gone.text().contains(&format!("the oldest that is left is {}", last + 1)), "{}", gone.text());
    assert_eq!(ann.get(&format!("/repos/{repo}/events")).json(), json!([]), "without a place it begins where it can");
    assert_eq!(ann.get(&format!("/repos/{repo}/events?since={last}")).json(), json!([]));
    assert_eq!(ann.get("/admin/events").status, 403);
    assert_eq!(Asker::new(server, Some(root)).get(&format!("/admin/events?since={}", last - 1)).status, 410);
    assert_eq!(ann.json("POST", &format!("{plugin}/deliveries/{id}/redeliver"), &json!({})).status, 404, "the delivery went too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_an_administrator_grants_is_not_installed_by_others() {
    let script = Arc::new(Script::default());
    let server = server(&script, None, None).await;
    let (ann, repo, _) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let (owner, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let place = format!("/repos/{repo}/plugins");
    let install = |asker: &Asker, says: &str| asker.json("POST", &place, &json!({ "digest": upload(&owner, says.as_bytes()) }));
    let refused = install(&owner, "grave events http");
    assert!(refused.status == 403 && refused.text().contains("hardie:plugin/http"), "{}", refused.text());
    let within = install(&owner, "within events status state");
    assert_eq!(within.status, 201, "what stays in the repository is its owner's to grant: {}", within.text());
    let installed = install(&admin, "grave events http");
    assert_eq!(installed.status, 201);
    // What takes an administrator to install takes one to have its events sent again.
    let grave = format!("{place}/{}", installed.json()["id"]);
    let again = |asker: &Asker| asker.json("POST", &format!("{grave}/redeliver"), &json!({ "from": 1 }));
    assert_eq!((again(&owner).status, again(&admin).status), (403, 202));
    let neither = install(&owner, "neither other log");
    assert!(neither.status == 422 && neither.text().contains("neither a policy nor a handler"), "{}", neither.text());
    let policy = install(&owner, "p policy log");
    assert_eq!(policy.status, 201, "{}", policy.text());
    let none = owner.get(&format!("{place}/{}/events", policy.json()["id"]));
    assert!(none.status == 409 && none.text().contains("handles no events"), "{}", none.text());
    let tried = owner.json("POST", &format!("{place}/dry-run"), &json!({ "digest": upload(&owner, b"q events log") }));
    assert!(tried.status == 422 && tried.text().contains("judges no pushes"), "{}", tried.text());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_begins_and_ends_the_handling_of_events() {
    let script = Arc::new(Script::default());
    let server = server(&script, None, None).await;
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    let policy = json!({ "digest": upload(&asker, b"both policy log") });
    let plugin = format!("/repos/{repo}/plugins/{}", asker.json("POST", &format!("/repos/{repo}/plugins"), &policy).json()["id"]);
    // What happened before is none of its events, once it has its place in the log.
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let upgrade = json!({ "digest": upload(&asker, b"both events log"), "config": { "do": "done" } });
    assert_eq!(asker.json("PUT", &format!("{plugin}/component"), &upgrade).status, 200);
    assert_eq!(asker.get(&format!("{plugin}/events")).json()["state"], "active");
    assert_eq!(asker.json("PATCH", &plugin, &json!({ "mode": "off" })).status, 200);
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    let held = told(&asker, &plugin).len();
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("one more is held", async || told(&asker, &plugin).len() == held + 1).await;
    assert_eq!(asker.json("POST", &format!("{plugin}/rollback"), &json!({})).status, 200);
    assert_eq!(asker.get(&format!("{plugin}/events")).status, 409);
    assert!(told(&asker, &plugin).iter().all(|(_, state)| state == "skipped"), "nobody is left to be told");
    let id = asker.get(&format!("{plugin}/deliveries")).json()[0]["id"].clone();
    assert_eq!(asker.json("POST", &format!("{plugin}/deliveries/{id}/redeliver"), &json!({})).status, 409);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_and_was_never_switched_on_holds_no_events() {
    let script = Arc::new(Script::default());
    let server = server(&script, None, None).await;
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let root = server.admin("root").await.unwrap();
    let admin = Asker::new(&server, Some(&root));
    let new = json!({ "digest": upload(&admin, b"notify events log"), "config": { "do": "done" }, "mode": "off" });
    let listed = format!("/admin/plugins/{}", admin.json("POST", "/admin/plugins", &new).json()["id"]);
    let none = admin.get(&format!("{listed}/events"));
    assert!(none.status == 409 && none.text().contains("never switched on"), "{}", none.text());
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main"]).unwrap();
    eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
    assert_eq!(admin.json("PATCH", &listed, &json!({ "mode": "enforce" })).status, 200);
    assert_eq!(told(&admin, &listed), [], "it begins here");
    // From now on what happens is held for it when it is off.
    assert_eq!(admin.json("PATCH", &listed, &json!({ "mode": "off" })).status, 200);
    let asker = Asker::new(&server, Some(&ann));
    assert_eq!(asker.json("PATCH", &format!("/repos/{repo}"), &json!({ "description": "a tool" })).status, 200);
    eventually("it is held", async || told(&admin, &listed).iter().any(|(_, state)| state == "pending")).await;
    assert_eq!(admin.json("DELETE", &listed, &json!({})).status, 204);
    assert_eq!(admin.get(&format!("{listed}/deliveries")).status, 404);
    server.stop().await.unwrap();
}
