//! What removes packs while a backup copies them.

use std::io::{self, Write};
use std::sync::{Arc, mpsc};

use hardie_app::backup::{self, Options};
use hardie_app::{repos, upkeep};
use hardie_domain::names::RepoPath;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::{Options as Serving, people};
use hardie_testkit::{FakeClock, TestServer};

use super::{done, fed};
use crate::git::with_repo;

const DAY: i64 = 24 * 3600;

/// Stops before the first pack until it is told to go on.
struct Paused {
    bytes: Vec<u8>,
    reached: Option<tokio::sync::oneshot::Sender<()>>,
    go_on: mpsc::Receiver<()>,
}

impl Write for Paused {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.starts_with(b"packs/")
            && let Some(reached) = self.reached.take()
        {
            reached.send(()).unwrap();
            self.go_on.recv().unwrap();
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn paused(database: Option<Database>) {
    let clock = FakeClock::default();
    let mut options = Serving { database: database.as_ref().map(|d| d.url().to_owned()), ..Serving::default() };
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (app, git, url) = (&server.server.app, &alice.git, server.http_remote(&repo));
    for n in 0..44 {
        git.commit(&dir, &format!("file{n}.txt"), &format!("{n}\n"), "Change").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    }
    let gone = server.repo(&alice, "gone", true).await.unwrap();
    let other = git.init("other").unwrap();
    git.ok(&other, &["push", "--quiet", &server.http_remote(&gone), "main"]).unwrap();
    let id = app.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id;
    let tip = git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();

    let (reached, here) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let out = Paused { bytes: Vec::new(), reached: Some(reached), go_on: may_go_on };
    let hold_seconds = u32::try_from(60 * DAY).unwrap();
    let options = Options { keys: Vec::new(), hold_seconds, skip_damaged: false, version: "test".to_owned() };
    let backup = tokio::spawn({
        let app = app.clone();
        async move { backup::take(&app, out, options, Arc::new(|_| {})).await }
    });
    here.await.unwrap();
    let ctx = people::signed_in(app, &alice.token).await.unwrap();
    repos::delete_repo(app, &ctx, &RepoPath::parse(&gone).unwrap()).await.unwrap();
    assert!(upkeep::fold_packs(app).await.unwrap() >= 40);
    let left = app.store.list_repo_packs(id).await.unwrap().len();
    clock.advance(repos::RESTORABLE_SECONDS + DAY);
    upkeep::purge_repos(app).await.unwrap();
    assert_eq!(upkeep::sweep_packs(app).await.unwrap(), upkeep::Swept::default(), "the backup names them");
    // Pushes go on meanwhile.
    git.commit(&dir, "late.txt", "late\n", "Late").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    go_on.send(()).unwrap();
    let (taken, out) = backup.await.unwrap().unwrap();
    assert!(taken.files >= 46 && taken.repositories == 2, "{taken:?}");
    let swept = upkeep::sweep_packs(app).await.unwrap();
    assert!(swept.files >= 41 && swept.failed == 0, "nothing holds them any more: {swept:?}, {left} left");

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let restored = fed(&data, &["restore", "-"], &out.bytes);
    assert!(restored.ok, "{restored:?}");
    done(&data, &["verify"]);
    for (repo, expected) in [("tool", tip), ("gone", git.ok(&other, &["rev-parse", "HEAD"]).unwrap())] {
        let bare = folder.path().join(repo);
        done(&data, &["export", &format!("alice/{repo}"), bare.to_str().unwrap()]);
        git.ok(&bare, &["fsck", "--strict"]).unwrap();
        assert_eq!(git.ok(&bare, &["rev-parse", "main"]).unwrap(), expected);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn folding_and_sweeping_while_a_backup_is_paused_lose_nothing() {
    paused(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folding_and_sweeping_on_postgres_while_a_backup_is_paused_lose_nothing() {
    paused(Some(Database::new().unwrap())).await;
}
