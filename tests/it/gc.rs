//! Collection: what no ref reaches goes, at its time or at once, and nothing else ever does.

pub mod fire;
mod leaning;

use std::path::Path;
use std::sync::Arc;

use hardie_app::upkeep::{self, How};
use hardie_domain::limits::Retention;
use hardie_domain::oid::Oid;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::Options;
use hardie_testkit::{FakeClock, Git, TestServer, process};

use crate::api::Asker;
use crate::git::{Via, remote, with_repo};

const DAY: i64 = 24 * 3600;

/// A branch `secret` with one file, not on any other branch, pushed and deleted again; the commit and the blob.
fn leak(git: &Git, dir: &Path, url: &str) -> (String, String) {
    git.ok(dir, &["checkout", "--quiet", "-b", "secret"]).unwrap();
    let commit = git.commit(dir, "secret.txt", "the secret is 42\n", "Secret").unwrap();
    let blob = git.ok(dir, &["rev-parse", "HEAD:secret.txt"]).unwrap();
    git.ok(dir, &["push", "--quiet", url, "secret"]).unwrap();
    git.ok(dir, &["push", "--quiet", url, ":secret"]).unwrap();
    git.ok(dir, &["checkout", "--quiet", "main"]).unwrap();
    (commit, blob)
}

/// Whether any pack of the repository, or any pack file at all if there is none, holds the object.
async fn is_stored(server: &TestServer, repo: &str, id: &str) -> bool {
    let (owner, name) = repo.split_once('/').unwrap();
    let store = &server.server.app.store;
    let found = store.find_repo_by_path(owner, name).await.unwrap().unwrap();
    let id: Oid = id.parse().unwrap();
    let packs = store.list_repo_packs(found.repo.id).await.unwrap();
    packs.iter().any(|p| server.server.app.packs.pack(&hardie_git::packs::PackHash(p.hash)).unwrap().contains(&id))
}

/// Pack files on disk that hold the object.
fn files_with(data: &Path, git: &Git, id: &str) -> usize {
    let folders = std::fs::read_dir(data.join("packs")).unwrap().flatten();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten()).map(|file| file.path());
    let indices = files.filter(|file| file.extension().is_some_and(|e| e == "idx"));
    let holds = |index: &std::path::PathBuf| {
        let bytes = std::fs::read(index).unwrap();
        git.with_stdin(git.home(), &["show-index", "--object-format=sha1"], &bytes).unwrap().contains(id)
    };
    indices.filter(holds).count()
}

async fn in_time(database: Option<Database>) {
    let clock = FakeClock::default();
    let mut options = Options { database: database.as_ref().map(|d| d.url().to_owned()), ..Options::default() };
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (app, git, url) = (&server.server.app, &user.git, server.http_remote(&repo));
    // The same bytes in another repository, where a branch holds them.
    let twin = server.repo(&user, "twin", true).await.unwrap();
    let (_, blob) = leak(git, &dir, &url);
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&twin), "main", "secret"]).unwrap();
    let asker = Asker::new(&server, Some(&user));
    let read = |repo: &str| asker.get(&format!("/repos/{repo}/git/blobs/{blob}")).status;
    assert_eq!(read(&repo), 200, "a deleted branch's objects are read by id until they are collected");

    assert!(!upkeep::collect_next(app).await.unwrap(), "the look is due in a day");
    clock.advance(DAY + 1);
    while upkeep::collect_next(app).await.unwrap() {}
    assert!(is_stored(&server, &repo, &blob).await, "the reflog reaches it");
    let done = upkeep::collect_one(app, &repo, How::Thorough).await.unwrap();
    assert_eq!((done.superseded, done.removed), (0, 0));
    assert_eq!(read(&repo), 200);

    let days = |d: std::time::Duration| i64::try_from(d.as_secs()).unwrap();
    let Retention { reflog, cruft, .. } = Retention::default();
    clock.advance(days(reflog));
    while upkeep::collect_next(app).await.unwrap() {}
    assert!(is_stored(&server, &repo, &blob).await, "set apart, not removed");
    assert_eq!(read(&repo), 404, "what is set apart is found by what reaches it alone");
    let names = |d: &str| {
        git.ok(git.home(), &["clone", "--quiet", &url, d]).unwrap();
        git.ok(&git.path(d), &["fsck", "--strict"]).unwrap()
    };
    names("apart");

    clock.advance(days(cruft) - 10);
    while upkeep::collect_next(app).await.unwrap() {}
    assert!(is_stored(&server, &repo, &blob).await, "its time is not over");
    clock.advance(60);
    let hold = async |seconds: i64| {
        let mut tx = app.store.begin().await.unwrap();
        let now = hardie_app::ports::Clock::now(&clock);
        tx.hold_files("backup", now, now.plus_seconds(seconds)).await.unwrap();
        tx.commit().await.unwrap();
    };
    hold(600).await;
    assert!(!upkeep::collect_next(app).await.unwrap(), "not while a backup runs");
    hold(-1).await;
    while upkeep::collect_next(app).await.unwrap() {}
    assert!(!is_stored(&server, &repo, &blob).await);
    assert_eq!((read(&repo), read(&twin)), (404, 200));
    names("removed");
    clock.advance(DAY);
    upkeep::sweep_packs(app).await.unwrap();
    if database.is_none() {
        assert_eq!(files_with(server.data_dir(), git, &blob), 1, "the other repository's");
    }
    let found = hardie_app::verify::verify(app).await.unwrap();
    assert_eq!(found.faults, []);
    assert!(app.git.collections.removed.load(std::sync::atomic::Ordering::Relaxed) >= 3);
    let metrics = asker.send("GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("hardie_gc_objects_total{fate=\"removed\"} 3\n"), "{metrics}");
    // Whoever has them pushes them again.
    git.ok(&dir, &["push", "--quiet", &url, "secret"]).unwrap();
    assert_eq!(read(&repo), 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deleted_branch_reached_goes_at_its_time_and_not_before() {
    in_time(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deleted_branch_on_postgres_reached_goes_at_its_time_and_not_before() {
    in_time(Some(Database::new().unwrap())).await;
}

async fn at_once(database: Option<Database>) {
    let url = database.as_ref().map(|d| d.url().to_owned());
    let server = TestServer::start_with(Options { database: url.clone(), ..Options::default() }).await.unwrap();
    let place: Vec<&str> = url.iter().flat_map(|url| ["--database", url]).collect();
    let admin = |arguments: &[&str]| process::admin(server.data_dir(), &[arguments, &place].concat(), "").unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, url) = (&user.git, server.http_remote(&repo));
    let (commit, blob) = leak(git, &dir, &url);
    git.ok(git.home(), &["init", "--quiet", "thief"]).unwrap();
    let thief = git.path("thief");
    let asker = Asker::new(&server, Some(&user));
    let doors = [
        format!("/repos/{repo}/git/blobs/{blob}"),
        format!("/repos/{repo}/git/commits/{commit}"),
        format!("/repos/{repo}/raw/secret.txt?ref={commit}"),
        format!("/repos/{repo}/archive/{commit}.zip"),
    ];
    assert_eq!(asker.get(&doors[0]).status, 200, "before: readable by id");
    git.ok(&thief, &["fetch", "--quiet", &url, &blob]).unwrap();
    git.ok(git.home(), &["init", "--quiet", "thief2"]).unwrap();
    let thief = git.path("thief2");

    // A conversation over SSH that begins before and asks after.
    let rest = server.ssh_remote(&repo);
    let (authority, path) = rest.strip_prefix("ssh://git@").unwrap().split_once('/').unwrap();
    let (host, port) = authority.split_once(':').unwrap();
    let mut early = git.command("sh");
    early.args(["-c", &format!("$GIT_SSH_COMMAND -p {port} git@{host} \"git-upload-pack '{path}'\"")]);
    let mut early = early.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut out = early.stdout.take().unwrap();
    let mut begun = [0; 4];
    std::io::Read::read_exact(&mut out, &mut begun).unwrap();

    let said = admin(&["gc", "--expire-now", &repo, "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["objects_removed"], &said["packs_held"]), (&3.into(), &0.into()), "{said}");

    let wants =
        [hardie_testkit::raw::packet(format!("want {blob}\n").as_bytes()), b"0000".to_vec(), hardie_testkit::raw::packet(b"done\n")];
    std::io::Write::write_all(&mut early.stdin.take().unwrap(), &wants.concat()).unwrap();
    let mut answer = Vec::new();
    std::io::Read::read_to_end(&mut out, &mut answer).unwrap();
    early.wait().unwrap();
    assert!(!answer.windows(4).any(|w| w == b"PACK"), "{}", String::from_utf8_lossy(&answer));

    for door in &doors {
        assert_eq!(asker.get(door).status, 404, "{door}");
    }
    for via in [Via::Http, Via::Ssh] {
        for id in [&blob, &commit] {
            let text = git.fails(&thief, &["fetch", &remote(&server, via, &repo), id]).unwrap();
            assert!(text.contains("not our ref"), "{via:?}: {text}");
        }
    }
    assert_eq!(files_with(server.data_dir(), git, &blob), 0, "no file of the server holds it");
    let id = server.server.app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    let filter = hardie_store::audit::AuditFilter { repo: Some(id), action: Some("repository.gc"), ..Default::default() };
    let rows = server.server.app.store.list_audit(&filter, hardie_domain::page::Page::new(None, None)).await.unwrap();
    assert_eq!(rows.total, 1);
    assert!(rows.items[0].detail.contains("at once") && rows.items[0].detail.contains('3'), "{:?}", rows.items[0]);
    // The reflog still says what was there, and harms no later look.
    admin(&["gc"]);
    let said = admin(&["verify"]);
    assert!(said.contains("1 repositories"), "{said}");
    git.ok(git.home(), &["clone", "--quiet", &url, "after"]).unwrap();
    git.ok(&git.path("after"), &["fsck", "--strict"]).unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "secret:refs/heads/again"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_secret_is_gone_at_once_from_every_door() {
    at_once(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_secret_on_postgres_is_gone_at_once_from_every_door() {
    at_once(Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_repository_holds_stays_there() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, url) = (&user.git, server.http_remote(&repo));
    let twin = server.repo(&user, "twin", true).await.unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&twin), "main"]).unwrap();
    // One pack with the secret and with what stays, by its bytes the same in both.
    git.ok(&dir, &["checkout", "--quiet", "-b", "secret"]).unwrap();
    git.commit(&dir, "secret.txt", "the secret is 42\n", "Secret").unwrap();
    let blob = git.ok(&dir, &["rev-parse", "HEAD:secret.txt"]).unwrap();
    for remote in [&url, &server.http_remote(&twin)] {
        git.ok(&dir, &["push", "--quiet", remote, "secret"]).unwrap();
    }
    git.ok(&dir, &["push", "--quiet", &url, ":secret"]).unwrap();
    let said = process::admin(server.data_dir(), &["gc", "--expire-now", &repo], "").unwrap();
    assert!(said.contains("still on disk") && said.contains("3 removed"), "{said}");
    let asker = Asker::new(&server, Some(&user));
    let read = |repo: &str| asker.get(&format!("/repos/{repo}/git/blobs/{blob}")).status;
    assert_eq!((read(&repo), read(&twin)), (404, 200));
    let text = process::admin(server.data_dir(), &["gc", "--expire-now", "alice/none"], "").unwrap_err().to_string();
    assert!(text.contains("there is no repository alice/none"), "{text}");
    let text = process::admin(server.data_dir(), &["gc", "--expire-now"], "").unwrap_err().to_string();
    assert!(text.contains("<REPO>") || text.contains("[REPO]"), "{text}");
    let said = process::admin(server.data_dir(), &["verify"], "").unwrap();
    assert!(said.contains("2 repositories"), "{said}");
    server.stop().await.unwrap();
}
