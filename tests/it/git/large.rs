//! A repository of many commits, there and back, byte for byte.

use std::path::PathBuf;
use std::time::Instant;

use hardie_testkit::TestServer;
use hardie_testkit::history::{generate, inventory};

use super::{Via, remote};
use crate::support::soak;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_history_is_pushed_and_cloned_back_equal() {
    let server = TestServer::start().await.unwrap();
    let user = server.user("alice").await.unwrap();
    let git = &user.git;
    // `--repo PATH` of the soak command names a real repository instead of a generated one.
    let source: PathBuf = match std::env::var_os("HARDIE_SOAK_REPO") {
        Some(path) => {
            git.ok(git.home(), &["clone", "--quiet", "--bare", &path.to_string_lossy(), "large.git"]).unwrap();
            git.path("large.git")
        }
        None => generate(git, "large.git", if soak() { 60_000 } else { 20_500 }, 42).unwrap(),
    };
    git.ok(&source, &["repack", "--quiet", "-a", "-d"]).unwrap();
    let whole = inventory(git, &source).unwrap();
    println!("{} refs, {} objects", whole.0.lines().count(), whole.1.len());
    for (number, via) in [Via::Http, Via::Ssh].into_iter().enumerate() {
        let repo = server.repo(&user, &format!("large{number}"), true).await.unwrap();
        let url = remote(&server, via, &repo);
        let begun = Instant::now();
        git.ok(&source, &["push", "--quiet", &url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).unwrap();
        let pushed = begun.elapsed();
        let clone = format!("back{number}.git");
        git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, &clone]).unwrap();
        println!("{via:?}: pushed in {pushed:.1?}, pushed and cloned in {:.1?}", begun.elapsed());
        let clone = git.path(clone);
        git.ok(&clone, &["fsck", "--strict", "--no-dangling"]).unwrap();
        assert!(inventory(git, &clone).unwrap() == whole, "{via:?}: the clone differs");
        std::fs::remove_dir_all(clone).unwrap();
    }
    server.stop().await.unwrap();
}
