//! LFS objects when the process dies, the disk is full, a repository goes, or a file is damaged.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hardie_app::repos::{self, RESTORABLE_SECONDS};
use hardie_app::upkeep::{self, Swept};
use hardie_app::verify;
use hardie_domain::lfs::{LfsObject, LfsOid};
use hardie_domain::names::RepoPath;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{FakeClock, Git, ServerProcess, TestServer, process, raw};
use serde_json::json;

use super::{act, batch, download, noise, object_files, oid, only, upload, uploaded, uploads};
use crate::api::Asker;
use crate::durability::{WatchedFiles, create_repo};

#[test]
fn kill_in_the_middle_of_an_lfs_upload_leaves_nothing_wrong_and_the_next_try_works() {
    let data = tempfile::tempdir().unwrap();
    let user = ["user", "create", "alice", "--email", "a@example.org", "--password-stdin"];
    process::admin(data.path(), &user, "correct horse battery\n").unwrap();
    let token = process::admin(data.path(), &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = Git::new("alice").unwrap().with_password("alice", &token).unwrap();
    let bytes = noise(1, 4 << 20);
    let mut server = ServerProcess::serve(data.path(), &[]).unwrap();
    create_repo(&git, server.url(), "art");
    let head = |server: &ServerProcess| {
        let host = server.url().trim_start_matches("http://").to_owned();
        let path = format!("/alice/art.git/info/lfs/objects/{}/{}", oid(&bytes), bytes.len());
        let basic = git.basic_auth().unwrap();
        let length = bytes.len();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        (host, head.into_bytes())
    };
    for sent in [0, 1000, 3 << 20, (4 << 20) - 1] {
        let (host, request) = head(&server);
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all(&[&request, &bytes[..sent]].concat()).unwrap();
        stream.flush().unwrap();
        let began = Instant::now();
        while sent > 1000 && uploaded(data.path()) < (sent as u64) / 2 {
            assert!(began.elapsed() < Duration::from_secs(30), "{} bytes arrived", uploaded(data.path()));
            std::thread::yield_now();
        }
        server.kill().unwrap();
        server = ServerProcess::serve(data.path(), &[]).unwrap();
        assert_eq!((uploads(data.path()), object_files(data.path())), (0, 0), "{sent} bytes sent");
        let said = process::admin(data.path(), &["verify"], "").unwrap();
        assert!(said.contains("0 LFS objects"), "{said}");
    }
    let (host, request) = head(&server);
    let answer = raw::exchange(&host, &[&request[..], &bytes].concat()).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    server.kill().unwrap();
    let server = ServerProcess::serve(data.path(), &[]).unwrap();
    let said = process::admin(data.path(), &["verify"], "").unwrap();
    assert!(said.contains("1 LFS objects"), "{said}");
    server.terminate().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_the_middle_of_an_lfs_upload_leaves_nothing() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let bytes = noise(1, 1 << 20);
    let host = server.server.http.to_string();
    let head = format!(
        "PUT /{repo}.git/info/lfs/objects/{}/{} HTTP/1.1\r\nHost: {host}\r\nAuthorization: token {}\r\nContent-Length: {}\r\n\r\n",
        oid(&bytes),
        bytes.len(),
        alice.token,
        bytes.len()
    );
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.write_all(&[head.as_bytes(), &bytes[..600_000]].concat()).unwrap();
    crate::support::eventually("it arrives", async || uploads(server.data_dir()) == 1).await;
    drop(stream);
    crate::support::eventually("it is removed", async || uploads(server.data_dir()) == 0).await;
    assert_eq!(object_files(server.data_dir()), 0);
    upload(&server, &alice, &repo, &bytes);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_each_step_refuses_an_lfs_object_and_mends_itself() {
    let files = WatchedFiles::new();
    let left = files.left.clone();
    let mut options = Options::default();
    options.ports.files = Arc::new(files);
    let server = TestServer::start_with(options).await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let (asker, nobody) = (Asker::new(&server, Some(&alice)), Asker::new(&server, None));
    for steps in 0..=3 {
        let bytes = noise(steps + 1, 10_000);
        let action = only(&batch(&asker, &repo, &[], "upload", &bytes))["actions"]["upload"].clone();
        left.store(i64::try_from(steps).unwrap(), Ordering::SeqCst);
        let put = act(&nobody, "PUT", &action, &[], &bytes);
        left.store(-1, Ordering::SeqCst);
        if steps < 3 {
            let (status, text) = put.refusal();
            assert!(status == 507 && text.contains("disk is full"), "after {steps} steps: {status} {text}");
            assert_eq!(download(&server, Some(&alice), &repo, &bytes).status, 404);
            assert_eq!(act(&nobody, "PUT", &action, &[], &bytes).status, 200);
        }
        assert_eq!(download(&server, Some(&alice), &repo, &bytes).body, bytes);
        assert_eq!(uploads(server.data_dir()), 0);
    }
    // More than the disk has: refused before a byte is written.
    let huge = json!({ "oid": oid(b"x"), "size": 5_368_709_120_i64 });
    assert_eq!(super::ask(&asker, &repo, "objects/batch", &[], &json!({ "operation": "upload", "objects": [huge] })).status, 200);
    server.stop().await.unwrap();
}

async fn purge_and_sweep(database: Option<Database>) {
    let clock = FakeClock::default();
    let mut options = Options { database: database.as_ref().map(|d| d.url().to_owned()), ..Options::default() };
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let app = &server.server.app;
    let (art, twin) = (server.repo(&alice, "art", true).await.unwrap(), server.repo(&alice, "twin", true).await.unwrap());
    let bytes = noise(1, 10_000);
    upload(&server, &alice, &art, &bytes);
    upload(&server, &alice, &twin, &bytes);
    assert_eq!(object_files(server.data_dir()), 1);
    let ctx = people::signed_in(app, &alice.token).await.unwrap();
    for (repo, kept) in [(&art, 1), (&twin, 0)] {
        repos::delete_repo(app, &ctx, &RepoPath::parse(repo).unwrap()).await.unwrap();
        upkeep::sweep_lfs(app).await.unwrap();
        assert_eq!(object_files(server.data_dir()), 1, "it could still be restored");
        clock.advance(RESTORABLE_SECONDS + 1);
        upkeep::purge_repos(app).await.unwrap();
        upkeep::sweep_lfs(app).await.unwrap();
        assert_eq!(object_files(server.data_dir()), kept);
    }
    assert_eq!(app.store.total_lfs_bytes().await.unwrap(), 0);
    assert_eq!(upkeep::sweep_lfs(app).await.unwrap(), Swept::default());
    // Staged by somebody who died: kept for as long as an upload may last, then swept.
    let object = LfsObject { oid: LfsOid::from_hex(&oid(b"staged")).unwrap(), size: 6 };
    let mut tx = app.store.begin().await.unwrap();
    tx.stage_lfs(&object, hardie_app::ports::Clock::now(&clock), hardie_app::ports::Clock::now(&clock).plus_seconds(60)).await.unwrap();
    tx.commit().await.unwrap();
    let received = app.lfs.receive(&mut &b"staged"[..], object, 0).unwrap();
    app.lfs.publish(&received).unwrap();
    drop(received);
    upkeep::sweep_lfs(app).await.unwrap();
    assert_eq!(object_files(server.data_dir()), 1);
    clock.advance(61);
    upkeep::sweep_lfs(app).await.unwrap();
    assert_eq!(object_files(server.data_dir()), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_objects_go_when_no_repository_has_them_any_more() {
    purge_and_sweep(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_objects_on_postgres_go_when_no_repository_has_them_any_more() {
    purge_and_sweep(Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_missing_lfs_objects_are_named_with_their_repository() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let (whole, bent, short, lost) = (noise(1, 9000), noise(2, 9000), noise(3, 9000), noise(4, 9000));
    for bytes in [&whole, &bent, &short, &lost] {
        upload(&server, &alice, &repo, bytes);
    }
    let app = &server.server.app;
    assert_eq!(verify::verify(app).await.unwrap().faults, []);
    let path = |bytes: &[u8]| server.data_dir().join("lfs").join(&oid(bytes)[..2]).join(oid(bytes));
    let mut damaged = bent.clone();
    damaged[4000] ^= 1;
    std::fs::write(path(&bent), damaged).unwrap();
    std::fs::write(path(&short), &short[..8999]).unwrap();
    std::fs::remove_file(path(&lost)).unwrap();
    let found = verify::verify(app).await.unwrap();
    assert_eq!((found.lfs_objects, found.faults.len()), (4, 3));
    for (bytes, needle) in [(&bent, "not those of its name"), (&short, "8999 bytes instead of 9000"), (&lost, "No such file")] {
        let fault = found.faults.iter().find(|fault| fault.text.contains(&oid(bytes))).unwrap();
        assert!(fault.repo == repo && fault.text.contains(needle), "{fault:?}");
    }
    // The server goes on: what is lost is a failure of its own, and the rest is served.
    assert_eq!(download(&server, Some(&alice), &repo, &lost).status, 500);
    assert_eq!(download(&server, Some(&alice), &repo, &whole).body, whole);
    server.stop().await.unwrap();
}
