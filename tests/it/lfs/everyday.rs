//! The stock `git-lfs`: push, clone, pull, a clone that was cut off.

use hardie_testkit::postgres::Database;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{ServerProcess, TestServer};

use super::{install, noise, object_files, oid, track};
use crate::api::Asker;
use crate::git::{Via, remote, with_repo};

/// Pushes large files and clones them back.
async fn push_and_clone(via: Via, database: Option<Database>) {
    let options = Options { database: database.as_ref().map(|d| d.url().to_owned()), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (mut user, repo, dir) = with_repo(&server, "alice", "art").await;
    if matches!(via, Via::Ssh) {
        // Over SSH a client is told the public address; here it leads to the server as a proxy would.
        user.git = user.git.with_env("http_proxy", server.url());
    }
    let git = &user.git;
    install(git);
    let url = remote(&server, via, &repo);
    git.ok(&dir, &["remote", "set-url", "origin", &url]).unwrap();
    let first = noise(1, 3 << 20);
    track(git, &dir, "cover.bin", &first);
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    for n in 0..12 {
        std::fs::write(dir.join(format!("part{n}.bin")), noise(n + 10, 20_000)).unwrap();
    }
    git.ok(&dir, &["add", "."]).unwrap();
    git.ok(&dir, &["commit", "--quiet", "-m", "Parts"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    assert_eq!(object_files(server.data_dir()), 13);
    let raw = git.ok(&dir, &["cat-file", "-p", "HEAD:cover.bin"]).unwrap();
    assert!(raw.contains(&oid(&first)), "the repository holds a pointer: {raw}");

    git.ok(git.home(), &["clone", "--quiet", &url, "copy"]).unwrap();
    let copy = git.path("copy");
    assert!(std::fs::read(copy.join("cover.bin")).unwrap() == first);
    assert!((0..12).all(|n| std::fs::read(copy.join(format!("part{n}.bin"))).unwrap() == noise(n + 10, 20_000)));
    git.ok(&copy, &["lfs", "fsck"]).unwrap();

    // Nothing to do the second time, and a change comes through by pull.
    git.ok(&dir, &["lfs", "push", "--all", "origin"]).unwrap();
    std::fs::write(dir.join("cover.bin"), b"small now").unwrap();
    git.ok(&dir, &["commit", "--quiet", "-am", "Smaller"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    git.ok(&copy, &["pull", "--quiet"]).unwrap();
    assert_eq!(std::fs::read(copy.join("cover.bin")).unwrap(), b"small now");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_files_pushed_over_http_come_back_byte_for_byte() {
    push_and_clone(Via::Http, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_files_pushed_over_ssh_come_back_byte_for_byte() {
    push_and_clone(Via::Ssh, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_files_on_postgres_come_back_byte_for_byte() {
    push_and_clone(Via::Http, Some(Database::new().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_files_of_a_public_repository_are_cloned_by_anybody_and_pushed_by_nobody() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = server.repo(&alice, "open", false).await.unwrap();
    let dir = alice.git.init("open").unwrap();
    install(&alice.git);
    alice.git.ok(&dir, &["remote", "add", "origin", &server.http_remote(&repo)]).unwrap();
    let bytes = noise(2, 200_000);
    track(&alice.git, &dir, "a.bin", &bytes);
    alice.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();

    let nobody = hardie_testkit::Git::new("nobody").unwrap();
    install(&nobody);
    nobody.ok(nobody.home(), &["clone", "--quiet", &server.http_remote(&repo), "copy"]).unwrap();
    assert!(std::fs::read(nobody.path("copy").join("a.bin")).unwrap() == bytes);

    install(&bob.git);
    bob.git.ok(bob.git.home(), &["clone", "--quiet", &server.http_remote(&repo), "copy"]).unwrap();
    let copy = bob.git.path("copy");
    track(&bob.git, &copy, "b.bin", b"bob's");
    let said = bob.git.fails(&copy, &["push", "origin", "main"]).unwrap();
    assert!(said.contains("you may read this repository but not push to it"), "{said}");
    assert_eq!(object_files(server.data_dir()), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_clone_that_was_cut_off_goes_on_where_it_stopped() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "art").await;
    let git = &user.git;
    install(git);
    let bytes = noise(3, 2 << 20);
    track(git, &dir, "cover.bin", &bytes);
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    let skip = git.clone().with_env("GIT_LFS_SKIP_SMUDGE", "1");
    skip.ok(git.home(), &["clone", "--quiet", &server.http_remote(&repo), "copy"]).unwrap();
    let copy = git.path("copy");
    assert!(std::fs::read(copy.join("cover.bin")).unwrap().starts_with(b"version https://git-lfs"));
    // What git-lfs leaves when it is ended in the middle.
    let incomplete = copy.join(".git/lfs/incomplete");
    std::fs::create_dir_all(&incomplete).unwrap();
    std::fs::write(incomplete.join(format!("{}.part", oid(&bytes))), &bytes[..1_000_000]).unwrap();
    let trace = git.clone().with_env("GIT_CURL_VERBOSE", "1").with_env("GIT_TRACE", "1");
    let said = trace.run(&copy, &["lfs", "pull"]).unwrap();
    assert!(said.ok, "{}", said.stderr);
    assert!(std::fs::read(copy.join("cover.bin")).unwrap() == bytes);
    assert!(said.stderr.contains("bytes=1000000-") && said.stderr.contains("206 Partial Content"), "{}", said.stderr);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_goes_through_the_front() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "art").await;
    let git = &user.git;
    install(git);
    let dist = git.path("dist");
    std::fs::create_dir(&dist).unwrap();
    std::fs::write(dist.join("index.html"), "<html><head></head><body></body></html>").unwrap();
    let front = ServerProcess::web(&server.url(), &dist).unwrap();
    let url = format!("{}/{repo}.git", front.url());
    git.ok(&dir, &["remote", "set-url", "origin", &url]).unwrap();
    let bytes = noise(4, 5 << 20);
    track(git, &dir, "cover.bin", &bytes);
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    git.ok(git.home(), &["clone", "--quiet", &url, "copy"]).unwrap();
    assert!(std::fs::read(git.path("copy").join("cover.bin")).unwrap() == bytes);
    front.terminate().unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_pointers_are_followed_by_the_media_address_and_exported_whole() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "art").await;
    let git = &user.git;
    install(git);
    let bytes = noise(5, 100_000);
    track(git, &dir, "cover.bin", &bytes);
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    let asker = Asker::new(&server, Some(&user));
    let media = asker.get(&format!("/repos/{repo}/media/cover.bin"));
    assert!(media.status == 200 && media.body == bytes);
    assert!(media.header("content-disposition").starts_with("attachment; filename*=UTF-8''cover.bin"));
    assert_eq!((media.header("x-content-type-options"), media.header("etag")), ("nosniff", format!("\"{}\"", oid(&bytes)).as_str()));
    assert_eq!(media.header("content-security-policy"), "default-src 'none'; sandbox");
    let part = asker.send("GET", &format!("/api/v1/repos/{repo}/media/cover.bin"), &[("range", "bytes=5-9")], b"");
    assert!(part.status == 206 && part.body == bytes[5..10]);
    let raw = asker.get(&format!("/repos/{repo}/raw/cover.bin"));
    assert!(raw.text().starts_with("version https://git-lfs"));
    assert_eq!(asker.get(&format!("/repos/{repo}/media/README.md")).text(), "# Hello\n");
    let view = asker.get(&format!("/repos/{repo}/file/cover.bin")).json();
    assert_eq!((&view["lfs"]["oid"], &view["lfs"]["size"]), (&serde_json::json!(oid(&bytes)), &serde_json::json!(100_000)));
    let media_url = view["lfs"]["media_url"].as_str().unwrap().strip_prefix("http://forge.test").unwrap();
    assert!(asker.send("GET", media_url, &[], b"").body == bytes);
    assert!(asker.get(&format!("/repos/{repo}/file/README.md")).json()["lfs"].is_null());
    // A pointer at what the repository does not have is the file that it is.
    let stray = raw.text().replace(&oid(&bytes), &oid(b"elsewhere"));
    let plain = git.path("plain");
    git.clone().with_env("GIT_LFS_SKIP_SMUDGE", "1").ok(git.home(), &["clone", "--quiet", &server.http_remote(&repo), "plain"]).unwrap();
    git.commit(&plain, "stray.txt", &stray, "A pointer at nothing").unwrap();
    git.ok(&plain, &["push", "--quiet", "--no-verify", "origin", "main"]).unwrap();
    assert_eq!(asker.get(&format!("/repos/{repo}/media/stray.txt")).text(), stray);
    let nobody = Asker::new(&server, None);
    assert_eq!(nobody.get(&format!("/repos/{repo}/media/cover.bin")).status, 404);

    let bare = git.path("export.git");
    hardie_app::export::export(&server.server.app, &repo, &bare).await.unwrap();
    let hex = oid(&bytes);
    assert!(std::fs::read(bare.join("lfs/objects").join(&hex[..2]).join(&hex[2..4]).join(&hex)).unwrap() == bytes);
    let app = &server.server.app;
    let ctx = people::signed_in(app, &user.token).await.unwrap();
    assert!(
        hardie_app::audit::list_audit(app, &ctx, &audit_of(&repo), hardie_domain::page::Page::new(None, None)).await.unwrap().total >= 1
    );
    server.stop().await.unwrap();
}

fn audit_of(repo: &str) -> hardie_app::audit::AuditQuery {
    hardie_app::audit::AuditQuery {
        repo: hardie_domain::names::RepoPath::parse(repo),
        action: Some("lfs".to_owned()),
        ..hardie_app::audit::AuditQuery::default()
    }
}
