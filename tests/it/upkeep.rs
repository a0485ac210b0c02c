//! What the server does without being asked, on both databases.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hardie_app::ports::Clock;
use hardie_app::repos::{self, RESTORABLE_SECONDS};
use hardie_app::upkeep;
use hardie_domain::ids::EventSeq;
use hardie_domain::names::RepoPath;
use hardie_store::pushes::PushState;
use hardie_testkit::history::generate;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{FakeClock, TestServer};
use serde_json::json;

use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

fn options(clock: &FakeClock, database: Option<&Database>) -> Options {
    let mut options = Options { database: database.map(|d| d.url().to_owned()), ..Options::default() };
    options.ports.clock = Arc::new(clock.clone());
    options
}

/// Pack files below the data folder.
fn pack_files(data: &Path) -> usize {
    let folders = std::fs::read_dir(data.join("packs")).unwrap().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    files.filter(|file| file.path().extension().is_some_and(|e| e == "pack")).count()
}

async fn purge_and_sweep(database: Option<Database>) {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock, database.as_ref())).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let path = RepoPath::parse(&repo).unwrap();
    // The same bytes in another repository: they outlive the first one.
    let twin = server.repo(&user, "twin", true).await.unwrap();
    user.git.ok(&dir, &["push", "--quiet", &server.http_remote(&twin), "main"]).unwrap();
    let before = pack_files(server.data_dir());
    assert!(before > 0);

    let ctx = people::signed_in(app, &user.token).await.unwrap();
    for path in [path, RepoPath::parse(&twin).unwrap()] {
        let kept = pack_files(server.data_dir());
        repos::delete_repo(app, &ctx, &path).await.unwrap();
        assert_eq!(upkeep::purge_repos(app).await.unwrap(), 0);
        clock.advance(RESTORABLE_SECONDS);
        assert_eq!(upkeep::purge_repos(app).await.unwrap(), 0, "the week is not over");
        upkeep::sweep_packs(app).await.unwrap();
        assert_eq!(pack_files(server.data_dir()), kept, "it could still be restored");
        clock.advance(1);
        // The server's own round may come first.
        upkeep::purge_repos(app).await.unwrap();
        assert!(repos::list_deleted_repos(app, &ctx, "alice").await.unwrap().is_empty());
        upkeep::sweep_packs(app).await.unwrap();
    }
    assert_eq!(pack_files(server.data_dir()), 0);
    assert_eq!(app.store.total_pack_bytes().await.unwrap(), 0);
    assert_eq!(upkeep::sweep_packs(app).await.unwrap(), upkeep::Swept::default());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_purged_after_its_week_and_its_packs_when_nobody_holds_them() {
    purge_and_sweep(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_on_postgres_is_purged_after_its_week_and_its_packs_when_nobody_holds_them() {
    purge_and_sweep(Some(Database::new().unwrap())).await;
}

async fn fold(database: Option<Database>) {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock, database.as_ref())).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (app, git, url) = (&server.server.app, &user.git, server.http_remote(&repo));
    for n in 0..44 {
        git.commit(&dir, &format!("folder{}/file{n}.txt", n % 5), &format!("{n}\n"), "Change").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    }
    let id = app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    let before = app.store.list_repo_packs(id).await.unwrap();
    assert!(before.len() >= 44 && before.iter().all(|p| p.closed), "{}", before.len());
    let tip = git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    let folded = upkeep::fold_packs(app).await.unwrap();
    let after = app.store.list_repo_packs(id).await.unwrap();
    assert!(folded >= 40 && after.len() <= 3 && after.iter().all(|p| p.closed), "{folded} folded, {after:?}");
    let check = |name: &str| {
        git.ok(git.home(), &["clone", "--quiet", &url, name]).unwrap();
        assert_eq!(git.ok(&git.path(name), &["rev-parse", "HEAD"]).unwrap(), tip);
        git.ok(&git.path(name), &["fsck", "--strict"]).unwrap();
    };
    check("folded");
    upkeep::sweep_packs(app).await.unwrap();
    assert!(pack_files(server.data_dir()) > after.len(), "requests that began before may still read the old packs");
    assert_eq!(upkeep::fold_packs(app).await.unwrap(), 0, "nothing is crowded any more");
    clock.advance(24 * 3600);
    upkeep::sweep_packs(app).await.unwrap();
    assert_eq!(pack_files(server.data_dir()), after.len());
    check("swept");
    git.commit(&dir, "more.txt", "more\n", "More").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_packs_become_one_and_nothing_is_lost() {
    fold(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_packs_on_postgres_become_one_and_nothing_is_lost() {
    fold(Some(Database::new().unwrap())).await;
}

/// A burst of pushes is not to wait for the clock, which looks once a minute: each push reads all packs.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_pushes_is_folded_while_it_goes_on() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, _dir) = with_repo(&server, "alice", "tool").await;
    let (app, asker) = (&server.server.app, Asker::new(&server, Some(&user)));
    let id = app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    for n in 0..330 {
        let file = format!("/repos/{repo}/contents/burst/{n}.txt");
        let made = asker.json("POST", &file, &json!({ "content": "bW9yZQo=", "message": format!("More {n}") }));
        assert_eq!(made.status, 201, "{}", made.text());
    }
    eventually("the packs are folded", async || app.store.list_repo_packs(id).await.unwrap().len() < 100).await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_large_repository_are_right_by_its_commit_graph() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let (app, git) = (&server.server.app, &user.git);
    let repo = server.repo(&user, "large", true).await.unwrap();
    let dir = generate(git, "large.git", 6_000, 7).unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&repo), "+refs/heads/*:refs/heads/*"]).unwrap();
    let asker = Asker::new(&server, Some(&user));
    // Opened before there is a graph: it is opened anew.
    assert_eq!(asker.get(&format!("/repos/{repo}/commits?limit=1")).status, 200);
    // The server's own round may come first.
    upkeep::keep_bitmaps(app).await.unwrap();
    let files = std::fs::read_dir(server.data_dir().join("bitmaps")).unwrap().map(|file| file.unwrap().path());
    let made: BTreeSet<String> = files.map(|file| file.extension().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(made, ["bitmap", "graph", "midx"].map(str::to_owned).into());
    assert_eq!(upkeep::keep_bitmaps(app).await.unwrap(), 0, "it is there");
    let log = |args: &[&str], path: &str| git.ok(&dir, &[&["log", "--format=%H", "main"], args, &["--", path]].concat()).unwrap();
    for folder in ["dir3", "dir17/sub2", "dir0"] {
        let listed = asker.get(&format!("/repos/{repo}/tree/{folder}")).json();
        assert_eq!(listed["complete"], true, "{folder}");
        for entry in listed["entries"].as_array().unwrap() {
            let path = format!("{folder}/{}", entry["name"].as_str().unwrap());
            assert_eq!(entry["last_commit"]["sha"], log(&["-1"], &path), "{path}");
        }
        let commits = asker.get(&format!("/repos/{repo}/commits?limit=50&path={folder}")).json();
        let commits: Vec<&str> = commits.as_array().unwrap().iter().map(|commit| commit["sha"].as_str().unwrap()).collect();
        assert_eq!(commits.join("\n"), log(&["-50"], folder), "{folder}");
    }
    git.ok(git.home(), &["clone", "--quiet", "--single-branch", &server.http_remote(&repo), "back"]).unwrap();
    git.ok(&git.path("back"), &["fsck", "--strict"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_was_cut_off_is_finished_by_the_next() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock, None)).await.unwrap();
    let (user, repo, _) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let id = app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    let pack = app.store.list_repo_packs(id).await.unwrap().remove(0);
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    repos::delete_repo(app, &ctx, &RepoPath::parse(&repo).unwrap()).await.unwrap();
    clock.advance(RESTORABLE_SECONDS + 1);
    upkeep::purge_repos(app).await.unwrap();
    // As if the process had died right after the row was marked.
    let mut tx = app.store.begin().await.unwrap();
    assert!(tx.mark_pack_dead(&pack.hash, clock.now()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(pack_files(server.data_dir()), 1);
    upkeep::sweep_packs(app).await.unwrap();
    assert_eq!(pack_files(server.data_dir()), 0);
    assert_eq!(app.store.find_pack(&pack.hash).await.unwrap(), None);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_push_becomes_an_event_in_order() {
    let server = TestServer::start().await.unwrap();
    let (user, _, dir) = with_repo(&server, "alice", "tool").await;
    for n in 0..3 {
        user.git.commit(&dir, "file", &format!("{n}\n"), "Change").unwrap();
        user.git.ok(&dir, &["push", "--quiet"]).unwrap();
    }
    let store = server.server.app.store.clone();
    let repo = store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    eventually("four pushes are in the log", async || {
        store.list_repo_events_since(repo, EventSeq(0), 100).await.unwrap().iter().filter(|e| e.kind == "push").count() == 4
    })
    .await;
    let events = store.list_events_since(EventSeq(0), 100).await.unwrap();
    assert!(events.iter().map(|e| e.seq.0).eq(1..=i64::try_from(events.len()).unwrap()), "no gaps");
    assert!(!store.has_outbox().await.unwrap());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_out_of_time_is_ended() {
    let clock = FakeClock::default();
    let server = TestServer::start_with(options(&clock, None)).await.unwrap();
    let (_, _, _) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let repo = app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    // As a crash would leave it.
    let mut tx = app.store.begin().await.unwrap();
    let new = hardie_store::pushes::NewPush {
        repo,
        actor: None,
        credential: hardie_domain::access::Credential::System,
        door: hardie_domain::push::Door::System,
        address: "",
        options: &[],
        nonce: b"left behind",
        at: clock.now(),
    };
    let push = tx.insert_push(&new).await.unwrap();
    tx.add_failure("account:alice", clock.now(), clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(upkeep::expire(app).await.unwrap(), upkeep::Expired::default());
    clock.advance(24 * 3600);
    upkeep::expire(app).await.unwrap();
    assert_eq!(app.store.find_push(push).await.unwrap().unwrap().state, PushState::Abandoned);
    assert_eq!(app.store.find_failures("account:alice").await.unwrap(), None);
    server.stop().await.unwrap();
}
